"""The local trainer's estimates and losses are OpenRLHF's: its real functions on random fixtures, in float32.

OpenRLHF's own modules are imported; only flash-attn, which needs a GPU, is the stand-in of ``shim``.
"""

import sys
from pathlib import Path
from types import SimpleNamespace

import harness
import pytest
import torch

from real.training.config import Estimator
from real.training.local.estimates import compare_in_groups, gae, reward_to_go, token_rewards, whiten
from real.training.local.losses import policy_loss, value_loss
from real.training.local.token_statistics import token_statistics

pytestmark = [
    pytest.mark.slow,
    pytest.mark.cluster,
    pytest.mark.skipif(bool(harness.missing()), reason=f"not installed here: {', '.join(harness.missing())}"),
]
SAMPLES, LENGTH, GROUP = 24, 17, 4
EXACT = {"atol": 1e-6, "rtol": 0.0}


@pytest.fixture(scope="module", autouse=True)
def stand_in_for_flash_attention():
    sys.path.insert(0, str(Path(__file__).parent / "shim"))
    yield
    sys.path.remove(str(Path(__file__).parent / "shim"))


class Fixture:
    """A random rollout: log-probabilities, values and scores of responses that end at different lengths."""

    def __init__(self, seed: int) -> None:
        rng = torch.Generator().manual_seed(seed)
        shape = (SAMPLES, LENGTH)
        lengths = torch.randint(1, LENGTH + 1, (SAMPLES, 1), generator=rng)
        self.mask = (torch.arange(LENGTH) < lengths).float()
        self.old = -torch.rand(shape, generator=rng) * self.mask
        self.new = self.old + 0.3 * torch.randn(shape, generator=rng) * self.mask
        self.ref = self.old + 0.2 * torch.randn(shape, generator=rng) * self.mask
        self.values = 0.5 * torch.randn(shape, generator=rng) * self.mask
        self.scores = torch.randn(SAMPLES, generator=rng)


@pytest.fixture(params=range(5))
def rollout(request: pytest.FixtureRequest) -> Fixture:
    return Fixture(request.param)


def theirs(rollout: Fixture, estimator: Estimator, gamma: float, lam: float, whitened: bool) -> tuple:
    """Advantages and returns by OpenRLHF's ``RemoteExperienceMaker``, KL included."""
    from openrlhf.models.utils import compute_approx_kl
    from openrlhf.trainer.ppo_utils.experience import Experience
    from openrlhf.trainer.ppo_utils.experience_maker import RemoteExperienceMaker

    options = SimpleNamespace(
        algo=SimpleNamespace(
            advantage=SimpleNamespace(estimator=estimator.value, gamma=gamma, lambd=lam, no_std_norm=not whitened)
        ),
        rollout=SimpleNamespace(n_samples_per_prompt=GROUP),
        reward=SimpleNamespace(clip_range=(-10.0, 10.0), overlong_buffer_len=None, stop_properly_penalty_coef=None),
    )
    kl = compute_approx_kl(rollout.old, rollout.ref, kl_estimator="k1")
    made = Experience(
        action_mask=rollout.mask.bool(), values=rollout.values.clone(), kl=kl, rewards=rollout.scores.clone(),
        index=list(range(SAMPLES)),
    )  # fmt: skip
    controller = SimpleNamespace(value=0.05)
    maker = RemoteExperienceMaker(None, None, None, None, controller, SimpleNamespace(args=options), None)
    (done,) = maker.compute_advantages_and_returns([made])
    return done.advantages * rollout.mask, done.returns * rollout.mask


def ours(rollout: Fixture, estimator: Estimator, gamma: float, lam: float, whitened: bool) -> tuple:
    scores = compare_in_groups(rollout.scores, torch.ones(SAMPLES), estimator, GROUP)
    rewards = token_rewards(scores, rollout.old, rollout.ref, rollout.mask, 0.05)
    if estimator is Estimator.gae:
        advantages, returns = gae(rewards, rollout.values, rollout.mask, gamma, lam)
    else:
        advantages = returns = reward_to_go(rewards, rollout.mask)
    if estimator in (Estimator.gae, Estimator.reinforce_baseline):
        advantages = whiten(advantages, rollout.mask, scale=whitened)
    return advantages, returns


@pytest.mark.parametrize("whitened", [True, False])
@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 1.0), (0.9, 0.8)])
def test_gae_with_kl_in_the_reward(rollout: Fixture, gamma: float, lam: float, whitened: bool) -> None:
    settings = (Estimator.gae, gamma, lam, whitened)
    for mine, other in zip(ours(rollout, *settings), theirs(rollout, *settings), strict=True):
        torch.testing.assert_close(mine, other, **EXACT)


@pytest.mark.parametrize("whitened", [True, False])
@pytest.mark.parametrize("estimator", [e for e in Estimator if e is not Estimator.gae])
def test_estimators_without_a_critic(rollout: Fixture, estimator: Estimator, whitened: bool) -> None:
    settings = (estimator, 1.0, 1.0, whitened)
    for mine, other in zip(ours(rollout, *settings), theirs(rollout, *settings), strict=True):
        torch.testing.assert_close(mine, other, **EXACT)


def test_policy_loss_and_what_is_clipped(rollout: Fixture) -> None:
    from openrlhf.models.loss import PolicyLoss

    advantages = torch.randn(SAMPLES, LENGTH, generator=torch.Generator().manual_seed(9)) * rollout.mask
    expected, clipped, *_ = PolicyLoss(0.2, 0.2)(rollout.new, rollout.old, advantages, rollout.mask)
    loss, share = policy_loss(rollout.new, rollout.old, advantages, rollout.mask, 0.2)
    torch.testing.assert_close(loss, expected, **EXACT)
    # They count where clipping made the loss worse, we every ratio outside of the bounds.
    assert share >= clipped
    far = rollout.old + 50 * (rollout.new - rollout.old)
    torch.testing.assert_close(
        policy_loss(far, rollout.old, advantages, rollout.mask, 0.2)[0],
        PolicyLoss(0.2, 0.2)(far, rollout.old, advantages, rollout.mask)[0],
        atol=0.0,
        rtol=1e-5,
    )


@pytest.mark.parametrize("by_passes", [False, True])
def test_losses_of_a_batch_in_passes(rollout: Fixture, by_passes: bool) -> None:
    """An update's gradient does not depend on how it is split: token means over the whole batch, on both sides."""
    from openrlhf.models.loss import ValueLoss

    returns = rollout.values + torch.randn(SAMPLES, LENGTH, generator=torch.Generator().manual_seed(9))
    old = rollout.values - 0.7 * torch.randn(SAMPLES, LENGTH, generator=torch.Generator().manual_seed(8))
    total = rollout.mask.sum()
    parts = torch.arange(SAMPLES).split(5 if by_passes else SAMPLES)
    mine = sum(
        value_loss(rollout.values[p], old[p], returns[p], rollout.mask[p], 0.5) * rollout.mask[p].sum() / total
        for p in parts
    )
    other = sum(
        ValueLoss(0.5)(rollout.values[p], old[p], returns[p], rollout.mask[p], batch_num_tokens=total) for p in parts
    )
    torch.testing.assert_close(mine, other, **EXACT)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_and_entropy(temperature: float) -> None:
    from openrlhf.models.utils import log_probs_from_logits

    rng = torch.Generator().manual_seed(0)
    hidden, weight = torch.randn(50, 16, generator=rng), 0.3 * torch.randn(301, 16, generator=rng)
    tokens = torch.randint(301, (50,), generator=rng)
    logits = hidden @ weight.t()
    expected = log_probs_from_logits(logits.clone().unsqueeze(0), tokens.unsqueeze(0), temperature)[0]
    logprobs, entropy = token_statistics(hidden, weight, tokens, temperature, positions=7)
    torch.testing.assert_close(logprobs, expected, **EXACT)
    exact = torch.distributions.Categorical(logits=(hidden.double() @ weight.double().t()) / temperature).entropy()
    torch.testing.assert_close(entropy, exact.float(), atol=2e-6, rtol=0.0)
