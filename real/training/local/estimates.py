"""Rewards to advantages: in-reward KL, GAE, whitening, reward normalisation (paper appendix A.2).

Tensors are ``[B, R]`` (samples x response positions); ``mask`` is 1 on response tokens and 0 on padding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from real.moments import RunningMoments


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the positions where ``mask`` is 1; 0 when there are none."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def token_rewards(scores: Tensor, logprobs: Tensor, ref_logprobs: Tensor, mask: Tensor, kl_coef: float) -> Tensor:
    """Per-token rewards: ``-kl_coef * (log pi - log pi_ref)`` everywhere, plus the score ``[B]`` on the last token."""
    rewards = -kl_coef * (logprobs - ref_logprobs) * mask
    last = mask.sum(dim=1).long() - 1
    rows = torch.arange(len(scores), device=scores.device)
    rewards[rows, last] += scores
    return rewards


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


def whiten(values: Tensor, mask: Tensor) -> Tensor:
    """Shift and scale to mean 0 and variance 1 over the masked positions; padding stays 0."""
    mean = masked_mean(values, mask)
    variance = masked_mean((values - mean) ** 2, mask)
    return (values - mean) * torch.rsqrt(variance + 1e-8) * mask


class RunningNorm(RunningMoments):
    """Running mean and variance of the scores seen so far, a batch at a time."""

    def update(self, scores: Tensor) -> None:
        """Take in a batch ``[B]``; an empty one changes nothing."""
        if scores.numel():
            mean = float(scores.mean())
            self.merge(float(scores.numel()), mean, float(((scores - mean) ** 2).sum()))

    def normalize(self, scores: Tensor) -> Tensor:
        """``(scores - mean) / std`` with the statistics so far; a constant reward becomes 0."""
        return (scores - self.mean) / max(self.std, 1e-4)
