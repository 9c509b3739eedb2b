"""Pairs as token ids, within a length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from real.errors import DataError
from real.methods.common.masks import Sample
from real.methods.common.pairs import Pair
from real.policy.chat import encode_chat

Cut = Callable[[Any, Pair, Sequence[int]], list[Sample]]  # ``masks.sven_samples`` or ``masks.safecoder_samples``


def encode_pairs(tokenizer: Any, pairs: Sequence[Pair], cut: Cut, most: int) -> list[Sample]:
    """The samples of all pairs that have at most ``most`` tokens; raises ``DataError`` where none is left."""
    made = [sample for pair in pairs for sample in cut(tokenizer, pair, encode_chat(tokenizer, pair.prompt))]
    fitting = [sample for sample in made if len(sample.prompt) + len(sample.response) <= most]
    if not fitting:
        raise DataError(f"none of {len(pairs)} pairs has a changed token within {most} tokens")
    return fitting
