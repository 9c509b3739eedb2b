"""Prompts and responses laid end to end, without padding: every token that a model computes is one that counts.

All layers of a decoder but attention look at one token at a time, so that a batch can be one long row, in which the
prompt of several responses stands once. For attention alone the sequences are put side by side, padded on the right:
causal attention needs no mask then, since no token looks at what comes after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

_ATTENTION = "real_packed"  # under this name transformers' models find the functions below
_EVERYTHING = "full_attention"  # transformers' name for a layer whose tokens look at all before them


def attends_to_all(model: Any) -> bool:
    """Whether each token of a model looks at all before it, by the attention that it is told to use.

    A model with windows or chunks in a layer, or with an attention of its own (which ``sdpa`` is not enough for), would
    not see in a packed batch what it sees in a sequence by itself.
    """
    told = getattr(model, "_supports_attention_backend", False) and getattr(model, "_supports_sdpa", False)
    layers = getattr(model.config, "layer_types", None) or [_EVERYTHING]
    windows = getattr(model.config, "sliding_window", None) is not None or set(layers) != {_EVERYTHING}
    return bool(told) and not windows


@dataclass(frozen=True)
class Layout:
    """Which token (``sources``, ``[rows * width]``) stands where when ``rows`` sequences of ``width`` lie side by side.

    A prompt that several rows begin with stands in each of them, though it is computed once; on the right of a shorter
    sequence any token may stand. ``slots``, ``[T]``: a place of each token.
    """

    sources: Tensor
    slots: Tensor
    rows: int
    width: int

    def side_by_side(self, packed: Tensor) -> Tensor:
        """``[1, heads, T, D]`` to ``[rows, heads, width, D]``."""
        _, heads, _, size = packed.shape
        filled = packed[0].transpose(0, 1).index_select(0, self.sources)
        return filled.view(self.rows, self.width, heads, size).transpose(1, 2)

    def end_to_end(self, padded: Tensor) -> Tensor:
        """``[rows, heads, width, D]`` back to ``[1, T, heads, D]``, as transformers wants what attention returns."""
        _, heads, _, size = padded.shape
        flat = padded.transpose(1, 2).reshape(self.rows * self.width, heads, size)
        return flat.index_select(0, self.slots).unsqueeze(0)


@dataclass(frozen=True)
class PackedBatch:
    """``T`` tokens of several sequences, ``N`` of which are response tokens (in the order of the rows).

    ``ids``, ``positions``: ``[1, T]``; ``before``: ``[N]``, where in ``T`` the token before each response token is,
    whose hidden state predicts it; ``tokens``: ``[N]``, the response tokens.
    """

    ids: Tensor
    positions: Tensor
    before: Tensor
    tokens: Tensor
    layout: Layout


def pack_tokens(
    prompts: Sequence[Sequence[int]], responses: Sequence[Sequence[int]], device: torch.device | str = "cpu"
) -> PackedBatch:
    """Lay (prompt, response) pairs of token ids end to end, each distinct prompt once; no prompt is empty."""
    ids: list[int] = []
    positions: list[int] = []
    before: list[int] = []
    rows: list[list[int]] = []  # of each pair where its tokens are
    starts: dict[tuple[int, ...], int] = {}
    for prompt, response in zip(prompts, responses, strict=True):
        start = starts.setdefault(tuple(prompt), len(ids))
        if start == len(ids):
            ids += prompt
            positions += range(len(prompt))
        own = [*range(start, start + len(prompt)), *range(len(ids), len(ids) + len(response))]
        ids += response
        positions += range(len(prompt), len(own))
        before += own[len(prompt) - 1 : -1]
        rows.append(own)
    width = max(map(len, rows))
    sources = torch.tensor([own + [0] * (width - len(own)) for own in rows]).flatten()
    slots = torch.zeros(len(ids), dtype=torch.long)
    for number, own in enumerate(rows):
        slots[own] = torch.arange(len(own)) + number * width
    tokens = torch.tensor([token for response in responses for token in response], dtype=torch.long)
    return PackedBatch(
        torch.tensor([ids]).to(device),
        torch.tensor([positions]).to(device),
        torch.tensor(before, dtype=torch.long).to(device),
        tokens.to(device),
        Layout(sources.to(device), slots.to(device), len(rows), width),
    )


def hidden_states(trunk: Any, batch: PackedBatch) -> Tensor:
    """The last hidden states ``[N, H]`` from which the response tokens are predicted; ``trunk`` has no output layer.

    From the first call on, the model's attention is the one of this file, which attends as ``sdpa`` in every other
    call: gradient checkpointing asks for it again in the backward pass, so that it cannot be put back here.
    """
    trunk.config._attn_implementation = _ATTENTION
    unused = torch.ones(
        (1, 1, 1, 1), dtype=torch.bool, device=batch.ids.device
    )  # a mask with four axes is not extended
    states = trunk(
        input_ids=batch.ids,
        attention_mask=unused,
        position_ids=batch.positions,
        use_cache=False,
        layout=batch.layout,
    ).last_hidden_state
    return states[0].index_select(0, batch.before)  # type: ignore[no-any-return]


def balanced_groups(lengths: Sequence[int], count: int) -> list[list[int]]:
    """Split row numbers into ``count`` groups of about equal token counts: longest first, each to the emptiest group.

    Every group has a row where there are rows enough, and keeps its rows in ascending order.
    """
    groups: list[list[int]] = [[] for _ in range(min(count, len(lengths)))]
    filled = [0] * len(groups)
    for row in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        emptiest = min(range(len(groups)), key=lambda g: (filled[g], g))
        groups[emptiest].append(row)
        filled[emptiest] += lengths[row]
    return [sorted(group) for group in groups]


def _attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    layout: Layout | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **others: Any,
) -> tuple[Tensor, None]:
    """Causal attention within each sequence; ``[1, heads, T, D]`` in, ``[1, T, heads, D]`` out (transformers' way)."""
    if layout is None:
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return found
    made = torch.nn.functional.scaled_dot_product_attention(
        layout.side_by_side(query),
        layout.side_by_side(key),
        layout.side_by_side(value),
        dropout_p=dropout,
        scale=scaling,
        is_causal=True,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return layout.end_to_end(made), None


AttentionInterface.register(_ATTENTION, _attend)
AttentionMaskInterface.register(_ATTENTION, sdpa_mask)
