"""A key-value cache whose rows come and go: row ``i`` of a batch lives in slot ``i``, each with its own end."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

GROWTH = 128  # columns by which a cache grows at least: it is copied then


class SlotCache(Cache):  # type: ignore[misc]
    """Slots ``0 .. rows - 1`` are in use; slot ``i`` holds columns ``start[i] .. end[i] - 1`` of its own sequence.

    ``ends`` and ``starts`` are ``[slots]``; ``mask`` is additive, ``[slots, columns]``: 0 where a slot holds something.
    """

    def __init__(self, slots: int, dtype: torch.dtype, device: torch.device) -> None:
        self.slots, self.rows, self.width = slots, 0, 0
        self.starts = torch.zeros(slots, dtype=torch.long, device=device)
        self.ends = torch.zeros(slots, dtype=torch.long, device=device)
        self.mask = torch.empty(slots, 0, dtype=dtype, device=device)
        self.layers: list[SlotLayer]
        super().__init__(layers=[])

    def admit(self, prefilled: Cache, source: Tensor, starts: Tensor, width: int) -> None:
        """Append rows ``source`` of a cache of ``width`` columns, padded left: row ``i`` begins at ``starts[i]``."""
        if not self.layers:
            self.layers = [SlotLayer(self) for _ in prefilled.layers]
        self._reserve(max(width, self.width))
        new = slice(self.rows, self.rows + len(source))
        for own, other in zip(self.layers, prefilled.layers, strict=True):
            own.write(new, other.keys[source], other.values[source])
        self.starts[new], self.ends[new] = starts[source], width
        columns = torch.arange(self.mask.shape[1], device=self.mask.device)
        held = (columns >= self.starts[new].unsqueeze(1)) & (columns < width)
        self.mask[new] = torch.where(held, 0.0, torch.finfo(self.mask.dtype).min).to(self.mask.dtype)
        self.rows += len(source)
        self.width = max(self.width, width)

    def advance(self) -> dict[str, Tensor]:
        """Open one more column for each row; returns what the forward pass needs besides the tokens ``[rows, 1]``."""
        self._reserve(self.width + 1)
        at = torch.arange(self.rows, device=self.ends.device)
        self.column = self.ends[: self.rows].clone()
        self.mask[at, self.column] = 0
        self.ends[: self.rows] += 1
        self.width += 1
        positions = (self.column - self.starts[: self.rows]).unsqueeze(1)
        return {"attention_mask": self.mask[: self.rows, None, None, : self.width], "position_ids": positions}

    def drop(self, gone: list[int]) -> list[int]:
        """Free the slots ``gone``; the last rows move into the holes. Returns the old slot of each slot in use."""
        kept = self.rows - len(gone)
        holes = [slot for slot in gone if slot < kept]
        moved = [slot for slot in range(kept, self.rows) if slot not in set(gone)]
        order = list(range(kept))
        for hole, slot in zip(holes, moved, strict=True):
            order[hole] = slot
        if holes:
            for layer in self.layers:
                layer.keys[holes, :, : self.width] = layer.keys[moved, :, : self.width]
                layer.values[holes, :, : self.width] = layer.values[moved, :, : self.width]
            for own in (self.starts, self.ends, self.mask):
                own[holes] = own[moved]
        self.rows = kept
        self.width = int(self.ends[:kept].max()) if kept else 0
        return order

    def _reserve(self, columns: int) -> None:
        have = self.mask.shape[1]
        if columns <= have:
            return
        more = max(columns - have, GROWTH, have // 4)
        self.mask = torch.nn.functional.pad(self.mask, (0, more), value=torch.finfo(self.mask.dtype).min)
        for layer in self.layers:
            layer.grow(have + more)


class SlotLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, ``[slots, heads, columns, size]``; what lies behind a row's end is never read."""

    def __init__(self, cache: SlotCache) -> None:
        super().__init__()
        self.cache = cache

    def write(self, rows: slice, keys: Tensor, values: Tensor) -> None:
        """Put ``keys`` and ``values`` (``[rows, heads, width, size]``) into the first columns of ``rows``."""
        if not self.is_initialized:
            self.lazy_initialization(keys, values)
        self.keys[rows, :, : keys.shape[2]] = keys
        self.values[rows, :, : values.shape[2]] = values

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Room for every slot; zeros, because a masked position still is a factor of 0 in attention."""
        self.device, self.is_initialized = key_states.device, True
        columns = self.cache.mask.shape[1]
        self.keys = key_states.new_zeros(self.cache.slots, key_states.shape[1], columns, key_states.shape[3])
        self.values = value_states.new_zeros(self.cache.slots, value_states.shape[1], columns, value_states.shape[3])

    def grow(self, columns: int) -> None:
        """Room for ``columns``."""
        if self.is_initialized:
            more = (0, 0, 0, columns - self.keys.shape[2])
            self.keys = torch.nn.functional.pad(self.keys, more)
            self.values = torch.nn.functional.pad(self.values, more)

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Called by the attention of a decoding step with ``[rows, heads, 1, size]``: all that the rows hold."""
        rows, width = self.cache.rows, self.cache.width
        at = torch.arange(rows, device=self.keys.device)
        self.keys[at, :, self.cache.column] = key_states[:, :, 0]
        self.values[at, :, self.cache.column] = value_states[:, :, 0]
        return self.keys[:rows, :, :width], self.values[:rows, :, :width]
