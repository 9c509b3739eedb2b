"""PPO losses against cases computed by hand."""

import math

import torch

from real.training.local.losses import policy_loss, value_loss


def test_policy_loss_clips_only_where_clipping_is_worse():
    old = torch.zeros(1, 4)
    new = torch.log(torch.tensor([[1.5, 0.5, 1.5, 1.1]]))
    advantages = torch.tensor([[1.0, 1.0, -1.0, 2.0]])
    loss, clipped = policy_loss(new, old, advantages, torch.ones(1, 4), clip=0.2)
    # max(-1.5, -1.2) = -1.2; max(-.5, -.8) = -.5; max(1.5, 1.2) = 1.5; -2.2
    assert math.isclose(float(loss), (-1.2 - 0.5 + 1.5 - 2.2) / 4, rel_tol=1e-5)
    assert math.isclose(float(clipped), 3 / 4)


def test_value_loss_is_pessimistic_about_large_moves():
    values, old, returns = torch.tensor([[2.0, 0.1]]), torch.zeros(1, 2), torch.tensor([[2.0, 1.0]])
    # first: unclipped error 0, clipped to 0.5 -> 1.5^2; second: no clipping, 0.9^2
    loss = value_loss(values, old, returns, torch.ones(1, 2), clip=0.5)
    assert math.isclose(float(loss), 0.5 * (2.25 + 0.81) / 2, rel_tol=1e-5)


def test_masked_tokens_do_not_count():
    mask = torch.tensor([[1.0, 0.0]])
    loss, _ = policy_loss(torch.tensor([[0.0, 5.0]]), torch.zeros(1, 2), torch.tensor([[1.0, 100.0]]), mask, 0.2)
    assert float(loss) == -1.0
