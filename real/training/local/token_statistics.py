"""Log-probabilities and entropies of tokens from hidden states, without a tensor of tokens x vocabulary.

A few hundred positions at a time go through the output layer; what the backward pass needs of their logits is computed
again there. With 152,000 entries in a vocabulary, the logits of 32 responses of 300 tokens alone were 5.8 GB in
float32, and autograd would keep several tensors of that size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_CHUNK_BYTES = 96 * 2**20  # of float32 logits at a time: large enough for a fast product, small beside any model


def token_statistics(
    hidden: Tensor, weight: Tensor, tokens: Tensor, temperature: float = 1.0, *, positions: int | None = None
) -> tuple[Tensor, Tensor]:
    """Log-probability of each token and entropy (nats) of the distribution it was drawn from, each ``[N]`` float32.

    ``hidden``: ``[N, H]``; ``weight``: the output layer's ``[V, H]``; ``tokens``: ``[N]``. Logits are products in the
    type of ``hidden`` (the weight is cast to it), divided by ``temperature`` in float32. ``positions`` is how many are
    computed at a time; by default what fits 96 MB. Both results have gradients for ``hidden`` and ``weight``.
    """
    chunk = positions or max(1, _CHUNK_BYTES // (4 * weight.shape[0]))
    logprobs, entropy = _TokenStatistics.apply(hidden, weight, tokens, temperature, chunk)  # type: ignore[no-untyped-call]
    return logprobs, entropy


class _TokenStatistics(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, tokens: Tensor, temperature: float, chunk: int
    ) -> tuple[Tensor, Tensor]:
        cast = weight.to(hidden.dtype)
        logprobs, entropy, normalizer = [], [], []
        for states, wanted in zip(torch.split(hidden, chunk), torch.split(tokens, chunk), strict=True):
            logits = _logits(states, cast, temperature)
            total = torch.logsumexp(logits, dim=-1)
            logp = logits.sub_(total.unsqueeze(-1))
            logprobs.append(logp.gather(-1, wanted.unsqueeze(-1)).squeeze(-1))
            entropy.append(-torch.linalg.vecdot(logp.exp(), logp))
            normalizer.append(total)
        results = torch.cat(logprobs), torch.cat(entropy)
        ctx.save_for_backward(hidden, weight, tokens, torch.cat(normalizer), results[1])
        ctx.temperature, ctx.chunk = temperature, chunk
        return results

    @staticmethod
    def backward(
        ctx: Any, for_logprobs: Tensor, for_entropy: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        """d logp_t = 1[t] - p, and d H = -p (log p + H), with respect to the logits; both through the output layer."""
        hidden, weight, tokens, normalizer, entropy = ctx.saved_tensors
        cast = weight.to(hidden.dtype)
        for_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for_weight = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
        uses_entropy = bool(for_entropy.any())
        for start in range(0, len(hidden), ctx.chunk):
            at = slice(start, start + ctx.chunk)
            logp = _logits(hidden[at], cast, ctx.temperature).sub_(normalizer[at].unsqueeze(-1))
            scale = -for_logprobs[at].unsqueeze(-1)
            if uses_entropy:
                factor = (logp + entropy[at].unsqueeze(-1)).mul_(for_entropy[at].unsqueeze(-1))
                gradient = logp.exp_().mul_(factor.neg_().add_(scale))
            else:
                gradient = logp.exp_().mul_(scale)
            gradient.scatter_add_(-1, tokens[at].unsqueeze(-1), for_logprobs[at].unsqueeze(-1))
            gradient = gradient.div_(ctx.temperature).to(hidden.dtype)
            if for_hidden is not None:
                torch.mm(gradient, cast, out=for_hidden[at])
            if for_weight is not None:
                for_weight += gradient.t() @ hidden[at]
        return for_hidden, for_weight, None, None, None


def _logits(states: Tensor, weight: Tensor, temperature: float) -> Tensor:
    """Logits ``[C, V]`` of a chunk, in float32 at least."""
    logits = states @ weight.t()
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return wide.div_(temperature)
