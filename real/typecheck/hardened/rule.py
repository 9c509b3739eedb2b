"""One rule of the checker: a code, what it means, why it matters and what to do about it."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass

from real.types import Finding

_WIDTH = 100  # of an --explain page


@dataclass(frozen=True, slots=True)
class Rule:
    """A defect that can be found; ``why`` is the body of its ``--explain`` page.

    ``fails`` says whether one finding fails the program in the ``hardened`` policy; otherwise it is advice.
    """

    code: str  # FAMILY:NAME, for example hatch:type-ignore
    title: str
    why: str
    fix: str
    fails: bool = True
    where: str = "the hardened policy"

    def at(self, line: int, message: str, column: int = 0) -> Finding:
        """A finding in ``line`` (1-based) and ``column`` (0-based)."""
        return Finding(self.code, line, message, column, fix=self.fix)

    def on(self, node: ast.AST, message: str) -> Finding:
        """A finding where ``node`` starts; for nodes that have a place."""
        return self.at(getattr(node, "lineno", 1), message, getattr(node, "col_offset", 0))

    @property
    def page(self) -> str:
        """The ``--explain`` text."""
        weight = f"fails a program in {self.where}" if self.fails else "advice: shown, never fails a program"
        parts = (f"{self.code}: {self.title} ({weight})", self.why, f"What to do: {self.fix}")
        return "\n\n".join(textwrap.fill(part, _WIDTH, break_long_words=False) for part in parts)
