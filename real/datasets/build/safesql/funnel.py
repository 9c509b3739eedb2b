"""How many candidates there were, how many are left after each gate, and how each way of evolving fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.types import JsonValue


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
            "refused": {str(reason): self.refused[reason] for reason in Reason if self.refused[reason]},
            "by_origin": {way: {"tried": count, "kept": self.kept[way]} for way, count in sorted(self.tried.items())},
        }

    def render(self) -> str:
        """The funnel for a terminal."""
        left = self.tried.total()
        lines = [f"{left:>6} candidates"]
        for reason in Reason:
            if count := self.refused[reason]:
                left -= count
                lines.append(f"{left:>6} left after {count} refused: {reason}")
        ways = ", ".join(f"{way} {self.kept[way]} of {count}" for way, count in sorted(self.tried.items()))
        return "\n".join([*lines, f"{self.kept.total():>6} kept ({ways})"])
