"""What is done with the model before it is evaluated (``conf/method``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from real.errors import UsageError

NOT_YET = ("safecoder", "sven", "codeguard_plus", "promsec", "prompt_eng")  # rows of the paper that nobody wrote yet


@dataclass
class SftCfg:
    """Supervised fine-tuning; defaults are those of the released SecCodePLT+ baseline.

    ``targets`` is a file of ``python -m real.datasets targets``; without one the references are learned.
    """

    targets: str | None = None
    epochs: int = 4
    batch: int = 8
    lr: float = 1e-5
    warmup_ratio: float = 0.1


@dataclass
class MethodCfg:
    """One row of the paper's tables: ``vanilla`` (evaluate only), ``sft``, ``real``."""

    name: str = "real"
    sft: SftCfg = field(default_factory=SftCfg)

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.sft.epochs < 1 or self.sft.batch < 1 or self.sft.lr <= 0:
            raise UsageError("method.sft: epochs and batch must be at least 1, and lr above 0")
