"""One rollout, scored: everything that an update reads, and its statistics for the step's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from real.generation import Response
from real.training.local.packed import PackedBatch, balanced_groups, pack_tokens


@dataclass
class Rollout:
    """Prompts with their responses as token ids; ``tokens``: ``[B, R]``, 1 on response tokens, 0 on padding.

    Numbers about tokens are kept as ``[B, R]``; models work on packed rows, and ``flat`` gives their ``[N]`` numbers.
    """

    prompts: Sequence[Sequence[int]]
    responses: Sequence[Sequence[int]]
    tokens: Tensor

    @classmethod
    def of(cls, prompts: Sequence[Sequence[int]], responses: Sequence[Response], device: torch.device) -> Rollout:
        """Responses in the order of ``prompts``; none is empty."""
        lengths = torch.tensor([len(r.tokens) for r in responses])
        tokens = (torch.arange(int(lengths.max())) < lengths.unsqueeze(1)).float()
        return cls(prompts, [r.tokens for r in responses], tokens.to(device))

    def pack(self, rows: Sequence[int]) -> PackedBatch:
        """The rows as a model reads them."""
        return pack_tokens([self.prompts[i] for i in rows], [self.responses[i] for i in rows], self.tokens.device)

    def passes(self, rows: Sequence[int], size: int) -> list[list[int]]:
        """Split ``rows`` into passes of ``size`` rows on average and about the same number of tokens each.

        Rows with the same prompt stay together, so that it is computed once, but for more than ``size`` of them.
        """
        alike: dict[tuple[int, ...], list[int]] = {}
        for row in rows:
            alike.setdefault(tuple(self.prompts[row]), []).append(row)
        bundles = [mine[at : at + size] for mine in alike.values() for at in range(0, len(mine), size)]
        lengths = [len(self.prompts[mine[0]]) + sum(len(self.responses[i]) for i in mine) for mine in bundles]
        groups = balanced_groups(lengths, -(-len(rows) // size))
        return [[row for bundle in group for row in bundles[bundle]] for group in groups]

    def flat(self, values: Tensor, rows: Sequence[int]) -> Tensor:
        """Of ``[B, R]`` the numbers of the response tokens of ``rows``, ``[N]``, in the order of ``pack(rows)``."""
        index = torch.tensor(rows, device=values.device)
        return values[index][self.tokens[index].bool()]

    def put(self, target: Tensor, rows: Sequence[int], flat: Tensor) -> None:
        """Write ``[N]`` numbers of the tokens of ``rows`` into ``[B, R]``: the inverse of ``flat``."""
        index = torch.tensor(rows, device=target.device)
        block = torch.zeros_like(target[index])
        block[self.tokens[index].bool()] = flat.to(target.dtype)
        target[index] = block

    @property
    def size(self) -> int:
        """Tokens of prompts, each sample's own, and responses together."""
        return sum(map(len, self.prompts)) + sum(map(len, self.responses))


@dataclass
class Experience:
    """``[B, R]`` each; ``values`` is ``None`` without a critic, ``mask`` is 1 on tokens of samples that count."""

    rollout: Rollout
    logprobs: Tensor
    values: Tensor | None
    advantages: Tensor
    returns: Tensor
    mask: Tensor
