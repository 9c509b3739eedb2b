"""The losses of SVEN and SafeCoder over the tokens of one response; ``[N]`` tokens, ``[N, V]`` over the vocabulary."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

CHUNK = 128  # tokens whose logits exist at a time: 128 of a vocabulary of 152 k are 78 MB
SMALLEST = 1e-5  # a probability of a token other than the insecure one, below which no more is asked for


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``values`` where ``mask`` is 1; 0 where it is nowhere."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def log_likelihood_loss(logprobs: Tensor, mask: Tensor) -> Tensor:
    """-(1/|M|) sum over M of log p(x_t | x_<t): SVEN's L_LM, SafeCoder's masked cross-entropy."""
    return masked_mean(-logprobs, mask)


def contrastive_loss(own: Tensor, other: Tensor, mask: Tensor) -> Tensor:
    """-(1/|M|) sum over M of log [p_c / (p_c + p_not_c)], from log-probabilities (SVEN, equation for L_CT)."""
    return masked_mean(-functional.logsigmoid(own - other), mask)


def unlikelihood_loss(logprobs: Tensor, mask: Tensor) -> Tensor:
    """-(1/|M|) sum over M of log max(1 - p, 1e-5) (SafeCoder; Welleck et al., 2020)."""
    return masked_mean(-torch.log((1 - logprobs.exp()).clamp(min=SMALLEST)), mask)


def kl_divergence(reference: Tensor, logprobs: Tensor) -> Tensor:
    """KL(reference || model) at each position ``[N]``, from log-probabilities ``[N, V]`` (SVEN's L_KL)."""
    return (reference.exp() * (reference - logprobs)).sum(dim=-1)


def target_logprobs(states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """log p of ``targets`` ``[N]`` from hidden states ``[N, H]`` and the output layer's ``weight`` ``[V, H]``."""
    parts = zip(torch.split(states, CHUNK), torch.split(targets, CHUNK), strict=True)
    made = [checkpoint(_target_logprobs, part, weight, ids, use_reentrant=False) for part, ids in parts]
    return torch.cat(made)


def kl_from_reference(reference: Tensor, states: Tensor, weight: Tensor) -> Tensor:
    """``kl_divergence`` at each position ``[N]`` from the hidden states of both; no gradient to ``reference``."""
    parts = zip(torch.split(reference.detach(), CHUNK), torch.split(states, CHUNK), strict=True)
    made = [checkpoint(_kl, old, new, weight, use_reentrant=False) for old, new in parts]
    return torch.cat(made)


def _log_softmax(states: Tensor, weight: Tensor) -> Tensor:
    return torch.log_softmax(functional.linear(states.to(weight.dtype), weight).float(), dim=-1)


def _target_logprobs(states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    return _log_softmax(states, weight).gather(-1, targets.unsqueeze(-1)).squeeze(-1)


def _kl(reference: Tensor, states: Tensor, weight: Tensor) -> Tensor:
    return kl_divergence(_log_softmax(reference, weight), _log_softmax(states, weight))
