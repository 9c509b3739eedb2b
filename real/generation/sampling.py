"""Choosing the next token: greedy, or by inverse transform sampling from one random stream a row.

A row draws its ``t``-th token with the ``t``-th number of a counter-based stream (Philox: Salmon et al., 2011) keyed by
(seed, row). So what a row samples does not depend on which other rows are in its batch, nor on when it enters.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def row_streams(seed: int, rows: int, length: int) -> Tensor:
    """Uniform numbers in [0, 1), ``[rows, length]`` in float64; a longer stream begins as a shorter one."""
    numbers = np.empty((rows, length))
    for row in range(rows):
        numbers[row] = np.random.Generator(np.random.Philox(key=[seed % 2**64, row])).random(length)
    return torch.from_numpy(numbers)


def greedy_tokens(logits: Tensor) -> Tensor:
    """The most probable tokens ``[B]`` under logits ``[B, V]``; the first of equal ones, as transformers has it."""
    return logits.float().argmax(dim=-1)


class Sampler:
    """Draws tokens by ``temperature`` and ``top_p``, in memory that it keeps.

    ``top_p`` keeps the smallest set of most probable tokens whose mass reaches it (Holtzman et al., 2020). For a batch
    of 32 and a vocabulary of 152 k every fresh tensor is 19 MB: its page faults cost more than the arithmetic.
    """

    def __init__(self, temperature: float = 1.0, top_p: float = 1.0) -> None:
        self.temperature, self.top_p = temperature, top_p
        self._room = torch.empty(0, 0)

    def __call__(self, logits: Tensor, uniforms: Tensor) -> Tensor:
        """Token ids ``[B]`` drawn from logits ``[B, V]`` with ``uniforms`` ``[B]`` in [0, 1)."""
        size = int(logits.shape[1] ** 0.5) + 1
        blocks = self._weights(logits, size)
        if self.top_p >= 1:
            return _invert(blocks, uniforms)
        weights = blocks.flatten(1)[:, : logits.shape[1]]
        ordered, index = weights.sort(dim=-1, descending=True, stable=True)
        mass = ordered.double().cumsum(dim=-1)
        ordered[mass - ordered >= self.top_p * mass[:, -1:]] = 0  # what comes before a kept token is below top_p
        kept = _invert(_in_blocks(ordered, size), uniforms)
        return index.gather(1, kept.unsqueeze(1)).squeeze(1)

    def logprobs(self, tokens: Tensor) -> Tensor:
        """Of ``tokens`` ``[B]``, as the last call returned them: log-probabilities, ``top_p`` left out of account."""
        weights = self._room[: len(tokens)]
        return (weights.gather(1, tokens.unsqueeze(1)).squeeze(1) / weights.sum(dim=-1)).log()

    def _weights(self, logits: Tensor, size: int) -> Tensor:
        """Probabilities but for a factor, ``[B, blocks, size]`` in float32; zeros behind the vocabulary."""
        rows, vocabulary = logits.shape
        width = vocabulary + -vocabulary % size
        if len(self._room) < rows or self._room.shape[1] != width or self._room.device != logits.device:
            self._room = torch.empty(rows, width, device=logits.device)
        room = self._room[:rows]
        room[:, vocabulary:] = 0
        weights = room[:, :vocabulary].copy_(logits)
        if self.temperature != 1:
            weights.div_(self.temperature)
        weights.sub_(weights.amax(dim=-1, keepdim=True)).exp_()
        return room.view(rows, -1, size)


def _in_blocks(weights: Tensor, size: int) -> Tensor:
    return torch.nn.functional.pad(weights, (0, -weights.shape[1] % size)).reshape(len(weights), -1, size)


def _invert(blocks: Tensor, uniforms: Tensor) -> Tensor:
    """The smallest index whose cumulative weight exceeds ``uniforms`` times the sum, for each row.

    In two levels (blocks, then within one block): a cumulative sum over a vocabulary of 152 k would cost as much as a
    layer of a small model, and in float32 it loses the last tokens.
    """
    block, rest = _search(blocks.sum(dim=-1), uniforms, None)
    inside = blocks[torch.arange(len(blocks), device=blocks.device), block]
    return block * blocks.shape[2] + _search(inside, uniforms, rest)[0]


def _search(weights: Tensor, uniforms: Tensor, target: Tensor | None) -> tuple[Tensor, Tensor]:
    """The index in which ``target`` (else ``uniforms`` times the sum) falls, and how far it lies behind its beginning.

    A target at or above the sum, by rounding, falls in the last index that has weight.
    """
    cumulative = weights.double().cumsum(dim=-1)
    total = cumulative[:, -1]
    target = uniforms * total if target is None else target
    target = torch.minimum(target, torch.nextafter(total, torch.zeros_like(total)))
    index = torch.searchsorted(cumulative, target.unsqueeze(1), right=True).squeeze(1)
    before = cumulative.gather(1, (index - 1).clamp(min=0).unsqueeze(1)).squeeze(1) * (index > 0)
    return index, target - before
