"""Which of the detector's rules judge a program (``conf/detector``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Members are named as their values, because OmegaConf reads an Enum by its names."""

    all = "all"
    family = "family"  # the rules of the task's own CWE and of its relatives (``families.py``), where it names one


@dataclass
class DetectorCfg:
    """Settings of the detector."""

    scope: Scope = Scope.all
