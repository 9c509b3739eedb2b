"""What every generation backend offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Response:
    """Token ids of one response, the end token included when it was reached (``finished``)."""

    tokens: tuple[int, ...]
    finished: bool


class Generator(Protocol):
    """Samples one response a prompt; the same seed, prompts and weights give the same responses."""

    def generate(self, prompts: Sequence[Sequence[int]], *, greedy: bool, seed: int) -> list[Response]:
        """Responses in the order of ``prompts`` (token ids, unpadded)."""
        ...
