"""Which prompts a step sees: a function of (seed, step) alone, so that a resumed run needs no saved cursor."""

from __future__ import annotations

import random


def rollout_rows(n_tasks: int, batch: int, step: int, seed: int) -> list[int]:
    """Row numbers of the ``batch`` prompts of ``step``: shuffled epochs laid end to end, none dropped."""
    rows: list[int] = []
    position = step * batch
    while len(rows) < batch:
        epoch, offset = divmod(position, n_tasks)
        order = list(range(n_tasks))
        random.Random(f"{seed}:{epoch}").shuffle(order)
        taken = order[offset : offset + batch - len(rows)]
        rows += taken
        position += len(taken)
    return rows
