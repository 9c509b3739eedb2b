"""GAE, in-reward KL, whitening and reward normalisation against cases computed by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from real.training.config import Estimator
from real.training.local.estimates import (
    RunningNorm,
    compare_in_groups,
    gae,
    masked_mean,
    reward_to_go,
    token_rewards,
    whiten,
)


def test_score_lands_on_the_last_token_and_kl_on_every_token():
    logprobs = torch.tensor([[-1.0, -2.0, -9.0], [-1.0, -1.0, -1.0]])
    ref = torch.tensor([[-1.5, -1.0, -7.0], [-1.0, -1.0, -3.0]])
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    rewards = token_rewards(torch.tensor([1.0, -1.0]), logprobs, ref, mask, kl_coef=0.1)
    expected = torch.tensor([[-0.05, 0.1 + 1.0, 0.0], [0.0, 0.0, -0.2 - 1.0]])
    torch.testing.assert_close(rewards, expected)


def test_gae_with_gamma_and_lambda_one_is_return_minus_value():
    rewards = torch.tensor([[0.0, 0.0, 1.0]])
    values = torch.tensor([[0.2, 0.4, 0.6]])
    advantages, returns = gae(rewards, values, torch.ones(1, 3), 1.0, 1.0)
    torch.testing.assert_close(advantages, torch.tensor([[0.8, 0.6, 0.4]]))
    torch.testing.assert_close(returns, torch.ones(1, 3))


def test_gae_with_discounting_by_hand():
    # delta_1 = 2 - 0.5 = 1.5; delta_0 = 1 + 0.9 * 0.5 - 1 = 0.45; A_0 = 0.45 + 0.9 * 0.8 * 1.5 = 1.53
    advantages, _ = gae(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.5]]), torch.ones(1, 2), 0.9, 0.8)
    torch.testing.assert_close(advantages, torch.tensor([[1.53, 1.5]]))


def test_gae_ignores_padding():
    mask = torch.tensor([[1.0, 1.0, 0.0]])
    padded, returns = gae(torch.tensor([[0.0, 1.0, 99.0]]), torch.tensor([[0.1, 0.2, 99.0]]), mask, 0.9, 0.9)
    short, _ = gae(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.1, 0.2]]), torch.ones(1, 2), 0.9, 0.9)
    torch.testing.assert_close(padded[:, :2], short)
    assert padded[0, 2] == 0
    assert returns[0, 2] == 0


def test_whitening_uses_masked_positions_only():
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    result = whiten(torch.tensor([[1.0, 3.0, 500.0], [5.0, 7.0, -500.0]]), mask)
    assert abs(float(masked_mean(result, mask))) < 1e-6
    assert abs(float(masked_mean(result**2, mask)) - 1) < 1e-4
    assert float(result[:, 2].abs().sum()) == 0


@given(st.lists(st.lists(st.floats(-10, 10), min_size=1, max_size=5), min_size=1, max_size=5))
def test_running_norm_equals_statistics_of_everything_seen(batches):
    norm = RunningNorm()
    for batch in batches:
        norm.update(torch.tensor(batch, dtype=torch.float64))
    seen = torch.tensor([x for batch in batches for x in batch], dtype=torch.float64)
    assert abs(norm.mean - float(seen.mean())) < 1e-9
    assert abs(norm.m2 / norm.count - float(seen.var(unbiased=False))) < 1e-8


def test_constant_rewards_normalise_to_zero_and_empty_batches_change_nothing():
    norm = RunningNorm()
    norm.update(torch.ones(4))
    norm.update(torch.ones(0))
    assert norm.count == 4
    torch.testing.assert_close(norm.normalize(torch.ones(2)), torch.zeros(2))


def test_group_baselines_by_hand():
    scores, all_valid = torch.tensor([1.0, 2.0, 3.0, 6.0, 6.0, 6.0]), torch.ones(6)
    rloo = compare_in_groups(scores, all_valid, Estimator.rloo, 3)
    torch.testing.assert_close(rloo, torch.tensor([-1.5, 0.0, 1.5, 0.0, 0.0, 0.0]))
    mean = compare_in_groups(scores, all_valid, Estimator.reinforce_baseline, 3)
    torch.testing.assert_close(mean, torch.tensor([-1.0, 0.0, 1.0, 0.0, 0.0, 0.0]))
    norm = compare_in_groups(scores, all_valid, Estimator.group_norm, 3)  # the sample deviation of 1, 2, 3 is 1
    torch.testing.assert_close(norm, torch.tensor([-1.0, 0.0, 1.0, 0.0, 0.0, 0.0]))
    assert torch.equal(compare_in_groups(scores, all_valid, Estimator.gae, 1), scores)


@pytest.mark.parametrize("estimator", [e for e in Estimator if e is not Estimator.gae])
def test_a_masked_sample_is_nobodys_baseline(estimator):
    with_masked = compare_in_groups(
        torch.tensor([1.0, 99.0, 3.0, 5.0]), torch.tensor([1.0, 0.0, 1.0, 1.0]), estimator, 4
    )
    without = compare_in_groups(torch.tensor([1.0, 3.0, 5.0]), torch.ones(3), estimator, 3)
    torch.testing.assert_close(with_masked, torch.tensor([without[0], 0.0, without[1], without[2]]))
    alone = compare_in_groups(torch.tensor([7.0, 99.0]), torch.tensor([1.0, 0.0]), estimator, 2)
    assert torch.equal(alone, torch.zeros(2))


def test_reward_to_go_by_hand():
    rewards = torch.tensor([[0.5, -1.0, 99.0], [1.0, 2.0, 3.0]])
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    expected = torch.tensor([[-0.5, -1.0, 0.0], [6.0, 5.0, 3.0]])
    torch.testing.assert_close(reward_to_go(rewards, mask), expected)


def test_without_scaling_only_the_mean_goes():
    result = whiten(torch.tensor([[1.0, 3.0, 50.0]]), torch.tensor([[1.0, 1.0, 0.0]]), scale=False)
    torch.testing.assert_close(result, torch.tensor([[-1.0, 1.0, 0.0]]))
