"""How much a method does, counted before it starts: for the plan that ``dry_run=true`` prints. Nothing imports torch.

Lengths are guesses: prompts, responses and pairs half as long as they may be.
"""

from __future__ import annotations

from dataclasses import dataclass

from real.settings import RootCfg

BACKWARD = 3  # a forward and a backward pass cost as much as three forward passes


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many tasks a run has."""

    train: int
    test: int


@dataclass(frozen=True, slots=True)
class Workload:
    """What a method does between the two evaluations, and the second one.

    ``answers``: responses that are written, at least and at most; ``rows`` of them at a time. ``learned``: tokens that
    go through the model in training, in forward passes. ``updates``: optimisation steps.
    """

    answers: tuple[int, int] = (0, 0)
    rows: int = 0  # 0: generation.batch
    learned: int = 0
    updates: int = 0


def updates_of(samples: int, batch: int, epochs: int) -> int:
    """Optimisation steps of ``epochs`` over ``samples``; the last one of an epoch may be smaller."""
    return epochs * -(-samples // batch)


def sample_tokens(root: RootCfg) -> int:
    """Tokens of a prompt and its response."""
    return (root.model.max_prompt_tokens + root.model.max_response_tokens) // 2
