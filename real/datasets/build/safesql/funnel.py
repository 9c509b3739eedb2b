"""How many candidates there were, how many are left after each gate, and how each way of evolving fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from real.datasets.build.funnel import funnel, render
from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.types import JsonValue

_KEPT = "kept"


@dataclass
class Funnel:
    """Counts over all candidates of a build; a seed's way of coming about is ``seed``."""

    tried: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    refused: Counter[Reason] = field(default_factory=Counter)

    def count(self, results: Sequence[Candidate | Rejected]) -> None:
        """Count final results."""
        for result in results:
            way = result.operators[-1] if result.operators else "seed"
            self.tried[way] += 1
            if isinstance(result, Rejected):
                self.refused[result.reason] += 1
            else:
                self.kept[way] += 1

    def record(self) -> dict[str, JsonValue]:
        """The counts as a JSON object, gates in their order."""
        return {
            "tried": self.tried.total(),
            "kept": self.kept.total(),
            "funnel": [{"stage": stage, "dropped": count, "left": left} for stage, count, left in self.rows()],
            "refused": {str(reason): self.refused[reason] for reason in Reason if self.refused[reason]},
            "by_origin": {way: {"tried": count, "kept": self.kept[way]} for way, count in sorted(self.tried.items())},
        }

    def rows(self) -> list[tuple[str, int, int]]:
        """(gate, refused there, left after it) for each gate that refused some."""
        ends = [*self.refused.elements(), *([_KEPT] * self.kept.total())]
        return [row for row in funnel([*Reason, _KEPT], ends) if row[1]]

    def render(self) -> str:
        """The funnel for a terminal."""
        rows = self.rows()
        ways = ", ".join(f"{way} {self.kept[way]} of {count}" for way, count in sorted(self.tried.items()))
        table = render(self.tried.total(), rows) if rows else f"  {self.tried.total()} candidates"
        return f"{table}\n  {self.kept.total()} kept ({ways})"
