"""Which model is trained (``conf/model``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from real.errors import UsageError
from real.policy.placement import PlacementCfg


@dataclass
class LoraCfg:
    """Low-rank adapters, used where a model is too large for full fine-tuning on one device."""

    enabled: bool = False
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0


@dataclass
class TinyCfg:
    """Architecture of the embedded miniature: Qwen2, random initial weights, byte-level BPE trained on the corpus."""

    hidden: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    intermediate: int = 256
    vocab: int = 1024


@dataclass
class WarmStartCfg:
    """SFT of the miniature on a mixture of safe, unsafe and wrong solutions: its stand-in for pre-training."""

    epochs: int = 10
    batch: int = 8
    lr: float = 3e-3
    warmup_ratio: float = 0.05
    samples_per_task: int = 2
    prompt_weight: float = 0.5  # of a prompt token in the loss: prompts are full of copying, which has to be learnt


class ModelKind(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    tiny = "tiny"  # the embedded miniature, built and warm-started here
    hf = "hf"  # a model of the hub, or a folder that from_pretrained reads


class Dtype(StrEnum):
    """In what a model computes; the names are torch's."""

    float32 = "float32"
    bfloat16 = "bfloat16"


@dataclass
class ModelCfg:
    """``kind=tiny`` builds the embedded model; ``kind=hf`` loads ``path``, a hub id or a local folder."""

    name: str = "tiny"
    kind: ModelKind = ModelKind.tiny
    path: str | None = None
    params: str = "0.7M"  # as printed in tables
    dtype: Dtype = Dtype.float32
    max_prompt_tokens: int = 512
    max_response_tokens: int = 224  # conf/generation refers to it
    tiny: TinyCfg = field(default_factory=TinyCfg)
    warm_start: WarmStartCfg = field(default_factory=WarmStartCfg)
    lora: LoraCfg = field(default_factory=LoraCfg)
    placement: PlacementCfg = field(default_factory=PlacementCfg)  # cluster trainer only
    min_gpu_gb: int = 0  # device memory the local trainer is advised to have; less is allowed, with a note

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.kind is ModelKind.hf and not self.path:
            raise UsageError("model.kind=hf needs model.path: a hub id or the path of a local folder")
        if self.tiny.hidden % self.tiny.heads or self.tiny.heads % self.tiny.kv_heads:
            raise UsageError("model.tiny: hidden must be a multiple of heads, and heads a multiple of kv_heads")
        self.placement.check()
        if self.warm_start.epochs < 1 or self.warm_start.batch < 1:
            raise UsageError("model.warm_start: epochs and batch must be at least 1")
        if not 0 <= self.warm_start.prompt_weight <= 1:
            raise UsageError(
                f"model.warm_start.prompt_weight is {self.warm_start.prompt_weight:g}, but it must lie in [0, 1]"
            )
