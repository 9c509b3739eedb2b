"""What ends a training while it runs: metrics that are missing, no numbers, or too many samples without a score."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from test_openrlhf_command import planned

from real.errors import InfrastructureError, RealError
from real.training.openrlhf.monitor import TrainingMonitor
from real.training.openrlhf.plan import make_training_plan

GOOD = "'policy_loss': 0.1, 'critic_loss': 0.2, 'kl': 0.0, 'reward_raw': -1.0"


def monitor(folder: Path) -> TrainingMonitor:
    root, _ = planned("cluster=local_1x8", "model=qwen25_coder_0p5b", "dataset=safesql")
    plan = make_training_plan(root, folder, 8)
    return TrainingMonitor(root, plan, components=frozenset(), first=0, say=Mock())


def follow(watched: TrainingMonitor, line: str) -> None:
    event = watched.take(line)
    assert event is not None
    watched.check(event)


def test_a_step_with_its_share_of_masked_samples_goes_on(tmp_path: Path) -> None:
    watched = monitor(tmp_path)
    follow(watched, f"Global step 1: {{{GOOD}, 'masked': 0.0}}")
    assert watched.step == 1


@pytest.mark.parametrize(
    ("metrics", "kind", "said"),
    [
        (GOOD, InfrastructureError, "reports no share of masked samples for step 1"),
        (f"{GOOD}, 'masked': 0.5", InfrastructureError, "50% of step 1 could not be scored"),
        (f"{GOOD}, 'masked': nan", RealError, "masked became not a number"),
        (f"{GOOD}, 'masked': 0.0, 'kl': nan", RealError, "kl became not a number"),
    ],
)
def test_a_step_that_must_not_be_followed_by_another(tmp_path: Path, metrics: str, kind: type, said: str) -> None:
    with pytest.raises(kind, match=said):
        follow(monitor(tmp_path), f"Global step 1: {{{metrics}}}")
