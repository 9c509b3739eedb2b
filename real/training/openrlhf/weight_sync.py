"""Do inference engines sample with the weights that were just trained? Two metrics of each step tell.

``vllm_kl`` compares engine and trainer, ``logprobs_diff`` trainer and reference. An engine with old weights differs
from the trainer as much as the reference does; rounding alone stays far below. OpenRLHF reports the first one only with
``trainer.rollout_correction`` (clip or mask), and a training with lost weights ends with 0 like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_FIRST = 3  # updates before it are too small to tell
_MOVED = 1e-2  # nats a token between policy and reference, from which on the two metrics can be told apart
_ROUNDING = 1e-3  # nats a token in which bfloat16 engines and trainers differ
_SMALL, _LARGE = (
    0.05,
    0.5,
)  # of the policy's way: measured 0.0005 with, and 1.0 without a sync (tests/cluster/README.md)


class Sync(StrEnum):
    """What became of the weights."""

    ARRIVES = "arrives"
    LOST = "lost"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"  # the metrics cannot tell


@dataclass(frozen=True, slots=True)
class SyncVerdict:
    """The state, and a sentence with the figures that it rests on."""

    state: Sync
    text: str


def judge_sync(steps: Sequence[Mapping[str, object]]) -> SyncVerdict:
    """Judge a training by its records of ``steps.jsonl``."""
    late = [
        (abs(gap), abs(way))
        for record in steps
        if isinstance(gap := record.get("vllm_kl"), float)
        and isinstance(way := record.get("logprobs_diff"), float)
        and isinstance(step := record.get("step"), int | float)
        and step >= _FIRST
    ]
    if not late:
        return SyncVerdict(Sync.UNKNOWN, f"no step from {_FIRST} on reports vllm_kl (trainer.rollout_correction=clip)")
    moved = [(gap, way) for gap, way in late if way > _MOVED]
    if not moved:
        far = max(way for _, way in late)
        return SyncVerdict(Sync.UNKNOWN, f"the policy has moved by {far:.1e} only: try a higher trainer.actor_lr")
    gap, way = max(moved, key=lambda pair: pair[0] / pair[1])
    figures = f"engine and trainer differ by {gap:.1e}, where the policy has moved by {way:.1e} (nats a token)"
    if all(gap < max(_ROUNDING, _SMALL * way) for gap, way in late):
        return SyncVerdict(Sync.ARRIVES, figures)
    return SyncVerdict(Sync.LOST if gap > _LARGE * way else Sync.UNCLEAR, figures)
