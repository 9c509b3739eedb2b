"""Rewards to advantages: in-reward KL, GAE, group baselines, whitening, normalisation (paper appendix A.2).

The estimators compute what OpenRLHF 0.11.2's of the same name do, held against its code in ``tests/cluster``. Tensors
are ``[B, R]`` (samples x response positions); ``mask`` is 1 on response tokens and 0 on padding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from real.moments import RunningMoments
from real.training.config import Estimator

CLIP = 10.0  # OpenRLHF's bounds of a score (reward.clip_range) and of one token's KL (compute_approx_kl)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the positions where ``mask`` is 1; 0 when there are none."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def token_rewards(scores: Tensor, logprobs: Tensor, ref_logprobs: Tensor, mask: Tensor, kl_coef: float) -> Tensor:
    """Per-token rewards: ``-kl_coef * (log pi - log pi_ref)`` everywhere, plus the score ``[B]`` on the last token.

    As OpenRLHF does, both the score and a token's log-ratio count as at most 10 either way.
    """
    rewards = -kl_coef * (logprobs - ref_logprobs).clamp(-CLIP, CLIP) * mask
    last = mask.sum(dim=1).long() - 1
    rows = torch.arange(len(scores), device=scores.device)
    rewards[rows, last] += scores.clamp(-CLIP, CLIP)
    return rewards


def compare_in_groups(scores: Tensor, valid: Tensor, estimator: Estimator, samples_per_prompt: int) -> Tensor:
    """Scores ``[B]`` less their baseline, the other samples of the same prompt; ``gae`` leaves them as they are.

    The samples of a prompt are neighbours. Where ``valid`` is 0 a sample is masked: it is nobody's baseline, and its
    own score is 0, as is that of a sample whose group has no other.
    """
    if estimator is Estimator.gae:
        return scores * valid
    groups, counts = scores.view(-1, samples_per_prompt), valid.view(-1, samples_per_prompt)
    n = counts.sum(dim=1, keepdim=True)
    total = (groups * counts).sum(dim=1, keepdim=True)
    deviation = groups - total / n.clamp(min=1)
    if estimator is Estimator.rloo:
        shaped = groups - (total - groups) / (n - 1).clamp(min=1)
    elif estimator is Estimator.group_norm:
        variance = (deviation**2 * counts).sum(dim=1, keepdim=True) / (n - 1).clamp(min=1)
        shaped = deviation / (variance.sqrt() + 1e-9)
    else:
        shaped = deviation
    return (shaped * counts * (n > 1)).view(-1)


def reward_to_go(rewards: Tensor, mask: Tensor) -> Tensor:
    """The undiscounted sum of the rewards from each response token on, ``[B, R]``, 0 on padding."""
    return (rewards * mask).flip(1).cumsum(dim=1).flip(1) * mask


def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation (Schulman et al., 2016); the value after the last token is 0.

    Returns advantages and returns (advantages + values), both ``[B, R]`` and 0 on padding.
    """
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(rewards[:, 0])
    following = torch.zeros_like(rewards[:, 0])
    for t in range(rewards.shape[1] - 1, -1, -1):
        live = mask[:, t]
        delta = rewards[:, t] + gamma * following - values[:, t]
        running = (delta + gamma * lam * running) * live
        following = values[:, t] * live
        advantages[:, t] = running
    return advantages, (advantages + values) * mask


def whiten(values: Tensor, mask: Tensor, *, scale: bool = True) -> Tensor:
    """Shift to mean 0 over the masked positions and, with ``scale``, to variance 1; padding stays 0."""
    mean = masked_mean(values, mask)
    if not scale:
        return (values - mean) * mask
    variance = masked_mean((values - mean) ** 2, mask)
    return (values - mean) * variance.clamp(min=1e-8).rsqrt() * mask


class RunningNorm(RunningMoments):
    """Running mean and variance of the scores seen so far, a batch at a time."""

    def update(self, scores: Tensor) -> None:
        """Take in a batch ``[B]``; an empty one changes nothing."""
        if scores.numel():
            mean = float(scores.mean())
            self.merge(float(scores.numel()), mean, float(((scores - mean) ** 2).sum()))

    def normalize(self, scores: Tensor) -> Tensor:
        """``(scores - mean) / std`` with the statistics so far; a constant reward becomes 0."""
        return (scores - self.mean) / self.scale

    @property
    def scale(self) -> float:
        """What scores are divided by."""
        return max(self.std, 1e-4)
