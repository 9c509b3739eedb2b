"""How a policy answers in an evaluation: once, greedily, or several times, drawn at a temperature."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sampling:
    """``samples`` answers a task at ``temperature``, from the whole distribution (top-p 1); 0 decodes greedily."""

    samples: int = 1
    temperature: float = 0.0

    @property
    def greedy(self) -> bool:
        """Whether each answer is the policy's most probable one, token by token."""
        return self.temperature == 0

    def describe(self) -> str:
        """As tables say it."""
        if self.greedy:
            return "greedy decoding"
        answers = "1 sample" if self.samples == 1 else f"{self.samples} samples"
        return f"{answers} a task at temperature {self.temperature:g}"

    def seed(self, run_seed: int, stage: str, start: int) -> int:
        """The seed of the answers from the ``start``-th on: each batch of an evaluation has random numbers of its own.

        63 bits, as every backend takes.
        """
        digest = hashlib.sha256(f"{run_seed}/{stage}/{start}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1


GREEDY = Sampling()
