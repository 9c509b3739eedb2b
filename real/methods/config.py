"""What is done with the model before, or while, it answers (``conf/method``); a section a method, used by it alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from real.errors import UsageError


@dataclass
class SftCfg:
    """Supervised fine-tuning; defaults are those of the released SecCodePLT+ baseline.

    ``targets`` is a file of ``python -m real.datasets targets``, or a folder with such files, ``DATASET.jsonl``; where
    the data set has none, the references are learned.
    """

    targets: str | None = None
    epochs: int = 4
    batch: int = 8
    lr: float = 1e-5
    warmup_ratio: float = 0.1


@dataclass
class PromptEngCfg:
    """``text`` is a file with the instruction; without one, that of ``real/methods/prompt_eng/prompts`` by check."""

    text: str | None = None


class Selection(StrEnum):
    """What chooses among samples; members are named as their values, because OmegaConf reads an Enum by its names."""

    reward = "reward"  # our reward, which runs the task's tests: for whoever has them
    findings = "findings"  # detector and type checker only: the fewest findings, the first of equal ones


@dataclass
class RejectionSamplingCfg:
    """Best of ``samples`` answers, drawn with ``generation.temperature`` and ``generation.top_p``."""

    samples: int = 8
    select: Selection = Selection.reward


@dataclass
class SelfRepairCfg:
    """The model is shown the findings of detector and type checker, up to ``rounds`` times."""

    rounds: int = 3
    text: str | None = None  # a file with the request; it must hold the field {findings}


class AdapterForm(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    prefix = "prefix"  # keys and values in front of every layer (Li and Liang, 2021)
    lora = "lora"  # low-rank matrices beside every linear layer (Hu et al., 2022)


@dataclass
class SvenCfg:
    """SVEN (He and Vechev, CCS 2023, section 4); ``pairs`` is a folder with ``train`` and ``val`` of its JSONL files.

    ``adapter`` is the folder of an adapter trained earlier: it is loaded, and nothing is trained.
    """

    form: AdapterForm = AdapterForm.prefix
    pairs: str | None = None
    adapter: str | None = None
    max_pairs: int = 0  # the first so many of a split, shuffled by the seed; 0: all
    prefix_tokens: int = 8
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.1  # of the prefix, or of LoRA's input
    contrastive_weight: float = 4.0
    kl_weight: float = 1.6
    lr: float = 1e-2
    epochs: int = 5
    batch: int = 2  # samples an update
    max_tokens: int = 1024  # longer samples are left out
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0


class UtilitySource(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    distilled = "distilled"  # the untrained model's own answers to training tasks that pass their tests
    references = "references"  # the data set's reference solutions
    none = "none"


@dataclass
class SafeCoderCfg:
    """SafeCoder (He et al., ICML 2024); ``pairs`` as in SVEN, ``adapter`` likewise.

    LoRA by default (``lora=true``); otherwise every weight is trained.
    """

    pairs: str | None = None
    adapter: str | None = None
    max_pairs: int = 0
    utility: UtilitySource = UtilitySource.distilled
    max_utility: int = 1000  # training tasks of which an answer is tried to be had
    oversample_to: int = 20  # samples a group (language, CWE) at least
    security_weight: float = 1.0
    lora: bool = True
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.1
    lr: float = 1e-3
    epochs: int = 2
    batch: int = 16
    max_tokens: int = 1024
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0


class Decoding(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    nucleus = "nucleus"  # negative constraints while sampling, then rejection
    beam = "beam"  # constrained beam sampling: positive phrases are reached, too


@dataclass
class CodeguardPlusCfg:
    """CodeGuard+ (Fu et al., 2024): decoding under lexical constraints. ``lexicon`` is a folder of ``cwe_NNN.toml``."""

    decoding: Decoding = Decoding.nucleus
    lexicon: str | None = None  # null: real/methods/codeguard_plus/lexicon
    temperature: float = 0.4
    top_p: float = 0.95
    beams: int = 5
    batch: int = 10  # samples of a task at a time
    max_samples: int = 20  # of a task before the last one is taken as it is; the paper's release tries 100


@dataclass
class PromsecCfg:
    """PromSec (Nazzal et al., CCS 2024); ``endpoint`` is the base URL of an OpenAI-compatible service that inverts.

    Without one the same local model inverts code into a prompt.
    """

    rounds: int = 20
    graph: bool = False
    endpoint: str | None = None
    endpoint_model: str = "gpt-3.5-turbo"
    key_variable: str = "OPENAI_API_KEY"  # the environment variable that holds the key
    temperature: float = 0.6  # of the regenerated code
    top_p: float = 0.95
    severity: str = "low"  # findings of bandit from this severity on count
    graph_epochs: int = 60  # the graphs are small: seconds
    graph_lr: float = 1e-3
    similarity_weight: float = 1.0  # beta of the contrastive loss
    security_weight: float = 1.0  # alpha of it
    adversarial_weight: float = 1.0  # lambda


@dataclass
class MethodCfg:
    """One row of the paper's tables; ``name`` is that of a module in ``real/methods``."""

    name: str = "real"
    sft: SftCfg = field(default_factory=SftCfg)
    prompt_eng: PromptEngCfg = field(default_factory=PromptEngCfg)
    rejection_sampling: RejectionSamplingCfg = field(default_factory=RejectionSamplingCfg)
    self_repair: SelfRepairCfg = field(default_factory=SelfRepairCfg)
    sven: SvenCfg = field(default_factory=SvenCfg)
    sven_lora: SvenCfg = field(default_factory=SvenCfg)
    safecoder: SafeCoderCfg = field(default_factory=SafeCoderCfg)
    codeguard_plus: CodeguardPlusCfg = field(default_factory=CodeguardPlusCfg)
    promsec: PromsecCfg = field(default_factory=PromsecCfg)

    def check(self) -> None:
        """Raise ``UsageError`` where a value of this method is out of range."""
        own = getattr(self, self.name, None)
        for key in _AT_LEAST_ONE:
            if getattr(own, key, 1) < 1:
                raise UsageError(f"method.{self.name}.{key} is {getattr(own, key)}, but it must be at least 1")
        for key in _ABOVE_ZERO:
            if getattr(own, key, 1.0) <= 0:
                raise UsageError(f"method.{self.name}.{key} is {getattr(own, key):g}, but it must be above 0")
        for key in _NOT_NEGATIVE:
            if getattr(own, key, 0) < 0:
                raise UsageError(f"method.{self.name}.{key} is {getattr(own, key):g}, but it must not be negative")
        for key in ("dropout", "top_p"):
            value = getattr(own, key, 0.5)
            if not 0 <= value <= 1 or (key == "top_p" and value == 0) or (key == "dropout" and value == 1):
                raise UsageError(f"method.{self.name}.{key} is {value:g}, but it must lie between 0 and 1")
        if self.promsec.severity not in ("low", "medium", "high"):
            raise UsageError(f"method.promsec.severity is {self.promsec.severity!r}: low, medium or high")


_AT_LEAST_ONE = (
    *("epochs", "batch", "samples", "rounds", "prefix_tokens", "rank", "max_tokens", "beams", "max_samples"),
    "graph_epochs",
)
_ABOVE_ZERO = ("lr", "temperature", "graph_lr", "max_grad_norm")
_NOT_NEGATIVE = (
    *("contrastive_weight", "kl_weight", "security_weight", "similarity_weight", "adversarial_weight"),
    *("max_pairs", "max_utility", "oversample_to", "weight_decay"),
)
