"""What PPO asks of whoever scores its rollouts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from real.generation import Response


@dataclass(frozen=True)
class ScoredRollout:
    """The rewards of one rollout, in the order of its prompts.

    ``scores``: one scalar a response, ``None`` where an infrastructure failure masks it. ``blame``: by row, of each
    response token, in the unit of the scores (``real/training/local/credit.py``); rows without any are left out.
    ``log``: averages for the step's record.
    """

    scores: Sequence[float | None]
    blame: Mapping[int, Sequence[float]] = field(default_factory=dict)
    log: Mapping[str, float] = field(default_factory=dict)


def shuffled(scored: ScoredRollout, seed: int) -> ScoredRollout:
    """The same rewards, dealt to the responses at random and without blame on tokens: nothing is to be learnt."""
    scores = list(scored.scores)
    random.Random(f"shuffled rewards/{seed}").shuffle(scores)
    return replace(scored, scores=scores, blame={})


class Scorer(Protocol):
    """Scores the responses of one rollout while others are still being written."""

    def on_finished(self, row: int, response: Response) -> None:
        """A response is done; called from the thread that generates, which goes on at once."""

    def finish(self, responses: Sequence[Response]) -> ScoredRollout:
        """The rewards of all responses, when they are known; also of those that ``on_finished`` did not tell of."""
