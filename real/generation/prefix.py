"""Learned keys and values in front of every layer (prefix tuning: Li and Liang, 2021), for generation."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor
from transformers.cache_utils import DynamicCache


def cache_argument(model: Any) -> str:
    """What a model calls its cache of keys and values: renamed within transformers 5, and the old name warns."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


def learned_prefix(model: Any) -> list[tuple[Tensor, Tensor]]:
    """Keys and values of each layer ``[1, heads, tokens, size]`` of the active adapter; empty where there is none."""
    config = getattr(model, "active_peft_config", None)
    if config is None or not config.is_prompt_learning:
        return []
    return [(layer.keys.detach(), layer.values.detach()) for layer in model.get_prompt(batch_size=1).layers]


def begin_with(prefix: list[tuple[Tensor, Tensor]], rows: int) -> DynamicCache:
    """A cache whose ``rows`` sequences all begin with ``prefix``; empty without one."""
    cache = DynamicCache()
    for number, (keys, values) in enumerate(prefix):
        cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), number)
    return cache


def behind_padding(cache: DynamicCache, starts: Tensor, tokens: int) -> None:
    """Put each row's prefix directly before its prompt: ``[prefix][padding][prompt]`` to ``[padding][prefix][prompt]``.

    Keys hold their positions already, so that where they stand in a cache says nothing.
    """
    if not tokens:
        return
    for layer in cache.layers:
        for row, start in enumerate(starts.tolist()):
            if start:
                layer.keys[row, :, : start + tokens] = layer.keys[row, :, : start + tokens].roll(start, dims=1)
                layer.values[row, :, : start + tokens] = layer.values[row, :, : start + tokens].roll(start, dims=1)
