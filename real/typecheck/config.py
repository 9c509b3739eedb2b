"""How programs are type-checked (``conf/typecheck``)."""

from __future__ import annotations

from dataclasses import dataclass

from real.errors import UsageError
from real.registry import did_you_mean
from real.typecheck.preamble import PREAMBLES

PAPER, HARDENED = "paper", "hardened"
POLICIES = (PAPER, HARDENED)


@dataclass
class TypecheckCfg:
    """``policy`` says what fails a program, ``preamble`` which imports count as if they stood before it.

    ``paper`` is MyPy ``--strict`` with unreachable-code warnings; ``hardened`` adds the escape hatches of
    ``real/typecheck/hardened``. The sandbox adds no preamble: choose one only where tests run with the same imports.
    """

    policy: str = HARDENED
    preamble: str = "none"

    def check(self) -> None:
        """Raise ``UsageError`` where a value is not among the known ones."""
        for key, value, known in (("policy", self.policy, POLICIES), ("preamble", self.preamble, tuple(PREAMBLES))):
            if value not in known:
                raise UsageError(f"typecheck.{key} is {value!r}, which is unknown", hint=did_you_mean(value, known))
