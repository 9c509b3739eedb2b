"""Weights that arrive, that are lost, and metrics that cannot tell."""

from __future__ import annotations

import pytest

from real.training.openrlhf.weight_sync import Sync, judge_sync


def steps(*pairs: tuple[float | None, float | None]) -> list[dict[str, object]]:
    """(vllm_kl, logprobs_diff) of steps 1, 2, …"""
    return [{"step": n, "vllm_kl": gap, "logprobs_diff": way} for n, (gap, way) in enumerate(pairs, 1)]


START = ((1e-5, 0.0), (2e-5, 1e-4))


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (((-5.5e-5, 0.131), (5.6e-5, 0.293)), Sync.ARRIVES),  # measured on a CPU
        (((0.017, -0.017), (0.0557, -0.0558)), Sync.LOST),  # measured with a sync that does not load
        (((9e-4, 0.012), (4e-3, 0.4)), Sync.ARRIVES),  # rounding grows with the way of the weights
        (((5e-5, 0.131), (0.06, 0.2)), Sync.UNCLEAR),  # some of the weights?
        (((5e-5, 0.131), (0.2, 0.2)), Sync.LOST),  # lost from one step on
        (((0.5, 1e-3), (5e-5, 0.131)), Sync.UNCLEAR),  # a large gap counts also where the policy has hardly moved
        (((1e-4, 1e-4), (2e-4, 3e-4)), Sync.UNKNOWN),  # the paper's learning rate
        (((None, 0.1), (None, 0.2)), Sync.UNKNOWN),  # not reported, or not a number
    ],
)
def test_two_metrics_tell(late: tuple[tuple[float | None, float | None], ...], state: Sync) -> None:
    assert judge_sync(steps(*START, *late)).state is state


def test_the_first_steps_cannot_tell() -> None:
    assert judge_sync(steps((0.5, 0.5), (0.5, 0.5))).state is Sync.UNKNOWN
    assert judge_sync([]).state is Sync.UNKNOWN


def test_the_worst_step_is_told() -> None:
    assert (
        "differ by 2.0e-01, where the policy has moved by 2.5e-01"
        in judge_sync(steps(*START, (1e-5, 0.3), (0.2, 0.25))).text
    )
