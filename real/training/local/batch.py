"""Prompts and responses of one rollout as padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from real.generation import Response


@dataclass
class Sequences:
    """``ids``, ``attention``: ``[B, P+R]``, prompts padded left, responses padded right; ``mask``: ``[B, R]``."""

    ids: Tensor
    attention: Tensor
    mask: Tensor

    @property
    def responses(self) -> Tensor:
        """Response token ids ``[B, R]``."""
        return self.ids[:, -self.mask.shape[1] :]

    def rows(self, index: Tensor) -> Sequences:
        """The samples at ``index``, with columns that are padding in all of them cut off."""
        picked = Sequences(*(getattr(self, f.name)[index] for f in fields(self)))
        width = self.mask.shape[1]
        longest = int(picked.mask.sum(dim=1).max())
        first = int(picked.attention.argmax(dim=1).min())
        end = picked.ids.shape[1] - width + longest
        return Sequences(picked.ids[:, first:end], picked.attention[:, first:end], picked.mask[:, :longest])


def pack(prompts: Sequence[Sequence[int]], responses: Sequence[Response], pad: int, device: torch.device) -> Sequences:
    """Pad prompts and responses into one rectangle."""
    left, right = max(map(len, prompts)), max(len(r.tokens) for r in responses)
    ids = torch.full((len(prompts), left + right), pad, dtype=torch.long)
    attention = torch.zeros_like(ids)
    mask = torch.zeros((len(prompts), right))
    for row, (prompt, response) in enumerate(zip(prompts, responses, strict=True)):
        begin, end = left - len(prompt), left + len(response.tokens)
        ids[row, begin:end] = torch.tensor([*prompt, *response.tokens])
        attention[row, begin:end] = 1
        mask[row, : len(response.tokens)] = 1
    return Sequences(ids.to(device), attention.to(device), mask.to(device))


def forward_inputs(batch: Sequences) -> dict[str, Any]:
    """Arguments of a model's forward pass; left padding does not shift positions."""
    positions = (batch.attention.cumsum(dim=1) - 1).clamp(min=0)
    return {
        "input_ids": batch.ids,
        "attention_mask": batch.attention,
        "position_ids": positions,
        "use_cache": False,
    }


def response_logits(model: Any, batch: Sequences, temperature: float = 1.0) -> Tensor:
    """Float32 logits ``[B, R, V]`` that predict the response tokens; none are computed for the prompt."""
    logits: Tensor = model(**forward_inputs(batch), logits_to_keep=batch.mask.shape[1] + 1).logits[:, :-1]
    return logits.float() / temperature
