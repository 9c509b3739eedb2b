"""What every generation backend offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Response:
    """Token ids of one response, the end token included when it was reached (``finished``).

    ``logprobs``: of each token under the distribution that it was drawn from, before ``top_p``; empty where the backend
    was not asked for them.
    """

    tokens: tuple[int, ...]
    finished: bool
    logprobs: tuple[float, ...] = ()


OnFinished = Callable[[int, Response], None]


class Generator(Protocol):
    """Samples one response a prompt; the same seed, prompts and weights give the same responses."""

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        greedy: bool,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[Response]:
        """Responses in the order of ``prompts`` (token ids, unpadded).

        Several samples of one prompt are equal entries of ``prompts``; the prompt is computed once for those that start
        together. ``on_finished(row, response)`` is called in this thread as soon as the response to ``prompts[row]`` is
        done, once for each row, so that scoring can begin while others are still being written.
        """
        ...
