"""PPO losses (Schulman et al., 2017), as means over response tokens.

Tensors of the losses have any one shape (``[N]`` response tokens, or ``[B, R]`` samples x response positions); ``mask``
is 1 on tokens that count.
"""

from __future__ import annotations

import torch
from torch import Tensor

from real.training.local.estimates import masked_mean


def policy_loss(
    logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> tuple[Tensor, Tensor]:
    """Clipped surrogate loss, and the share of tokens whose ratio was clipped; ratios beyond exp(20) count as that."""
    ratio = torch.exp((logprobs - old_logprobs).clamp(-20.0, 20.0))
    clipped = ratio.clamp(1 - clip, 1 + clip)
    loss = torch.maximum(-advantages * ratio, -advantages * clipped)
    return masked_mean(loss, mask), masked_mean((ratio != clipped).float(), mask)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float) -> Tensor:
    """Half the squared error, with the value kept within ``clip`` of the old one where that is worse."""
    clipped = old_values + (values - old_values).clamp(-clip, clip)
    error = torch.maximum((values - returns) ** 2, (clipped - returns) ** 2)
    return 0.5 * masked_mean(error, mask)
