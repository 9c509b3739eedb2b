"""Log-probabilities and entropies of tokens from hidden states, without a tensor of tokens x vocabulary.

A few hundred positions at a time go through the output layer; what the backward pass needs of their logits is computed
again there. With 152,000 entries in a vocabulary, the logits of 32 responses of 300 tokens alone were 5.8 GB in
float32, and autograd would keep several tensors of that size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

_CHUNK_BYTES = 96 * 2**20  # of float32 logits at a time: large enough for a fast product, small beside any model
# What follows a product reads and writes its logits about ten times: by as many rows as stay in a cache.
_CACHE_BYTES = 12 * 2**20


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


@torch.no_grad()
def multiplies_only(model: Any) -> bool:
    """Whether a causal model's logits are its last hidden states times its output layer: no bias, scale or cap."""
    if not hasattr(model, "model") or getattr(model.get_output_embeddings(), "bias", None) is not None:
        return False
    ids = torch.arange(4, device=model.device).unsqueeze(0)
    logits = model(input_ids=ids, use_cache=False).logits.float()
    states = model.model(input_ids=ids, use_cache=False).last_hidden_state
    product = (states @ model.get_output_embeddings().weight.t()).float()
    return torch.allclose(logits, product, atol=1e-2 * float(product.abs().max()), rtol=0)


class _TokenStatistics(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, tokens: Tensor, temperature: float, chunk: int
    ) -> tuple[Tensor, Tensor]:
        cast = weight.to(hidden.dtype)
        logprobs, entropy, normalizer = [], [], []
        work = _Workspace(weight.shape[0], chunk, hidden)
        for states, wanted in zip(torch.split(hidden, chunk), torch.split(tokens, chunk), strict=True):
            for rows, logits in work.logits(states, cast, temperature):
                greatest = logits.amax(dim=-1, keepdim=True)
                weights = torch.sub(logits, greatest, out=work.second[: len(logits)]).exp_()
                total = weights.sum(dim=-1).log_().add_(greatest.squeeze(-1))
                logp = logits.sub_(total.unsqueeze(-1))
                logprobs.append(logp.gather(-1, wanted[rows].unsqueeze(-1)).squeeze(-1))
                entropy.append(-torch.linalg.vecdot(torch.exp(logp, out=weights), logp))
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
        work = _Workspace(weight.shape[0], ctx.chunk, hidden)
        for start in range(0, len(hidden), ctx.chunk):
            at = slice(start, start + ctx.chunk)
            to_logprobs, to_entropy = for_logprobs[at].unsqueeze(-1), for_entropy[at].unsqueeze(-1)
            wanted, entropies, totals = (x[at].unsqueeze(-1) for x in (tokens, entropy, normalizer))
            for rows, logits in work.logits(hidden[at], cast, ctx.temperature):
                logp, scale = logits.sub_(totals[rows]), -to_logprobs[rows]
                if uses_entropy:
                    factor = torch.add(logp, entropies[rows], out=work.second[: len(logp)]).mul_(to_entropy[rows])
                    gradient = logp.exp_().mul_(factor.neg_().add_(scale))
                else:
                    gradient = logp.exp_().mul_(scale)
                gradient.scatter_add_(-1, wanted[rows], to_logprobs[rows])
                work.product[rows] = gradient.div_(ctx.temperature)  # the logits are not needed any more
            gradients = work.product[: len(hidden[at])]
            if for_hidden is not None:
                torch.mm(gradients, cast, out=for_hidden[at])
            if for_weight is not None:
                for_weight += gradients.t() @ hidden[at]
        return for_hidden, for_weight, None, None, None


class _Workspace:
    """Memory for one chunk of positions and, in float32 at least, for the rows of it that are worked on, used anew.

    ``product``: ``[C, V]`` in the type of ``hidden``; ``first``, ``second``: a few rows of it. Fresh memory of this
    size costs a page fault for every 4 KB, each time.
    """

    def __init__(self, vocabulary: int, chunk: int, hidden: Tensor) -> None:
        positions = min(chunk, len(hidden))
        wide = torch.promote_types(hidden.dtype, torch.float32)
        self.rows = min(positions, max(1, _CACHE_BYTES // (4 * vocabulary)))
        self.product = hidden.new_empty(positions, vocabulary)
        self.first, self.second = (hidden.new_empty(self.rows, vocabulary, dtype=wide) for _ in range(2))

    def logits(self, states: Tensor, weight: Tensor, temperature: float) -> Iterator[tuple[slice, Tensor]]:
        """Logits of a chunk ``[C, H]``, a few rows at a time and which; they may be overwritten."""
        product = torch.mm(states, weight.t(), out=self.product[: len(states)])
        for start in range(0, len(states), self.rows):
            rows = slice(start, min(start + self.rows, len(states)))
            logits = self.first[: rows.stop - start].copy_(product[rows])
            yield rows, logits.div_(temperature) if temperature != 1 else logits
