"""Settings of experiment tracking (``conf/logger``); JSONL and CSV are always written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LoggerName(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    none = "none"
    wandb_offline = "wandb_offline"  # no key, no network; `wandb sync` sends it later
    wandb = "wandb"  # the key comes from WANDB_API_KEY only


@dataclass
class LoggerCfg:
    """Which tracker follows the run, and under which project and entity of W&B."""

    name: LoggerName = LoggerName.wandb_offline
    project: str = "real"
    entity: str | None = None
