"""What an evolver is: something that makes a new candidate from an old one, in one of four ways.

The ways follow Evol-Instruct (Xu et al., 2023) and its form for code, WizardCoder (Luo et al., 2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from real.datasets.build.safesql.candidate import Candidate, Rejected

OPERATORS = ("deepen", "widen", "concretise", "mutate")


@dataclass(frozen=True, slots=True)
class Request:
    """One evolution to try: ``operator`` applied to ``parent``; ``number`` tells the children of a parent apart."""

    parent: Candidate
    operator: str
    number: int

    @property
    def child_id(self) -> str:
        """The id of the child: the parent's, and how it came about."""
        return f"{self.parent.candidate_id}.{self.operator[0]}{self.number}"

    @property
    def operators(self) -> tuple[str, ...]:
        """How the child came about."""
        return (*self.parent.operators, self.operator)


class Evolver(Protocol):
    """Makes children; one result for each request, in order. A child that cannot be had is ``Rejected``, not raised."""

    name: str

    def evolve(self, requests: Sequence[Request]) -> Iterator[Candidate | Rejected]:
        """Candidates, each still to pass the gates. Raises ``RealError`` only where none can be had at all."""
