"""The result of one check, and how severe it is for a purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Health(StrEnum):
    """``BAD`` must be fixed for the purpose asked about; ``ABSENT`` is missing but not needed for it."""

    OK = "ok"
    ABSENT = "absent"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found, and how to fix or install it."""

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
    """Return the health of a missing thing that only purpose ``on`` needs."""
    return Health.BAD if purpose == on else Health.ABSENT
