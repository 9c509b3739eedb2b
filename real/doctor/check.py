"""What one line of the doctor says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Health(StrEnum):
    """``BAD`` is what has to be mended for the purpose asked about; ``ABSENT`` is not needed for it."""

    OK = "ok"
    ABSENT = "absent"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing looked at; ``fix`` is there where it is bad, or where it could be had."""

    name: str
    health: Health
    value: str
    fix: str = ""


class Purpose(StrEnum):
    """What the machine is for: the embedded miniature, or training with OpenRLHF."""

    QUICKSTART = "quickstart"
    CLUSTER = "cluster"


Check: TypeAlias = Callable[[Purpose], list[CheckResult]]


def needed(purpose: Purpose, on: Purpose = Purpose.CLUSTER) -> Health:
    """How bad it is to lack something that only purpose ``on`` needs."""
    return Health.BAD if purpose == on else Health.ABSENT
