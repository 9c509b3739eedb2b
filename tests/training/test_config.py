"""Settings of the trainer that contradict each other are told before anything starts."""

import pytest

from real.errors import UsageError
from real.training.config import Critic, Estimator, TrainerCfg


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"estimator": Estimator.rloo}, "samples_per_prompt is 1"),
        ({"estimator": Estimator.group_norm, "samples_per_prompt": 4, "gamma": 0.9}, "no discount"),
        ({"estimator": Estimator.rloo, "samples_per_prompt": 4, "critic_warmup_steps": 2}, "no critic"),
        ({"sampled_logprobs": True, "critic": Critic.shared}, "critic=shared needs that pass"),
        ({"sampled_logprobs": True, "critic_warmup_steps": 2}, "does not go with"),
        ({"samples_per_prompt": 0}, "at least 1"),
        ({"value_coef": -1.0}, "must not be negative"),
        ({"rollout_batch": 8, "samples_per_prompt": 4, "minibatch": 64}, "a rollout has 32 samples"),
    ],
)
def test_contradictions(settings, message):
    with pytest.raises(UsageError, match=message):
        TrainerCfg(**settings).check()


def test_a_minibatch_counts_samples_not_prompts():
    cfg = TrainerCfg(rollout_batch=8, samples_per_prompt=4, minibatch=32, microbatch=4, estimator=Estimator.rloo)
    cfg.check()
    assert cfg.samples == 32
