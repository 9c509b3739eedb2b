"""How the policy is sampled (``conf/generation``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from real.errors import UsageError


class GenerationBackend(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    hf = "hf"  # transformers, in the process of the trainer
    vllm = "vllm"  # vLLM: OpenRLHF's engines, or one in the process of the local trainer


@dataclass
class GenerationCfg:
    """``temperature`` and ``top_p`` are for rollouts; evaluation is greedy (paper section 4.1, appendix A.2)."""

    backend: GenerationBackend = GenerationBackend.hf
    max_new_tokens: int = 224
    temperature: float = 1.0
    top_p: float = 1.0
    batch: int = 128
    stop_at_program: bool = False  # backend=hf: a response is over when its first Python code block is closed

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.temperature <= 0:
            raise UsageError("generation.temperature must be above 0: evaluation is greedy anyway")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"generation.top_p is {self.top_p:g}, but it must lie in (0, 1]")
        if self.max_new_tokens < 1 or self.batch < 1:
            raise UsageError("generation.max_new_tokens and generation.batch must be at least 1")
