"""Where a run is followed (``conf/logger``); JSONL and CSV are always written."""

from __future__ import annotations

from dataclasses import dataclass

from real.errors import UsageError


@dataclass
class LoggerCfg:
    """``none``, ``wandb_offline`` (no key, no network) or ``wandb`` (key from ``WANDB_API_KEY`` only)."""

    name: str = "wandb_offline"
    project: str = "real"
    entity: str | None = None

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.name not in ("none", "wandb_offline", "wandb"):
            raise UsageError(f"logger.name is {self.name!r}, but it must be none, wandb_offline or wandb")
