"""Taking padding out of a batch and putting it back, with plain indexing."""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange

__all__ = ["index_first_axis", "pad_input", "rearrange", "unpad_input"]


def index_first_axis(values: Any, indices: Any) -> Any:
    """Rows of ``values``."""
    return values.index_select(0, indices)


def unpad_input(hidden: Any, attention_mask: Any, unused_mask: Any = None) -> tuple[Any, Any, Any, int, Any]:
    """Tokens ``[N, ...]``, where they stood, the bounds of the sequences, the longest length, and all lengths."""
    lengths = attention_mask.sum(dim=-1).to(torch.int32)
    indices = attention_mask.reshape(-1).nonzero().reshape(-1)
    bounds = torch.cat([lengths.new_zeros(1), lengths.cumsum(0).to(torch.int32)])
    tokens = hidden.reshape(-1, *hidden.shape[2:])
    return tokens.index_select(0, indices), indices, bounds, int(lengths.max()), lengths


def pad_input(hidden: Any, indices: Any, batch: int, length: int) -> Any:
    """The batch ``[batch, length, ...]`` again, zero where nothing stood."""
    padded = hidden.new_zeros(batch * length, *hidden.shape[1:]).index_copy(0, indices, hidden)
    return padded.reshape(batch, length, *hidden.shape[1:])
