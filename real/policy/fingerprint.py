"""What a model is, by its weights and not by its name: a folder may change, and a hub id move to another revision."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from real.policy.policy import Policy

_INTEGER = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # of so many bytes
_BLOCK = 1 << 24  # weights at a time: a sum takes eight bytes for each
_PERIOD = 65_521  # weights that change places change the weighted sum


def fingerprint(policy: Policy) -> str:
    """The SHA-256 of a model's configuration, weights and vocabulary; the same on every device, in seconds.

    Weights enter by two sums of their bits, which integers add up exactly in any order.
    """
    digest = hashlib.sha256()
    config = policy.model.config.to_dict()
    facts = {key: value for key, value in config.items() if not key.startswith("_")}
    vocabulary = policy.tokenizer.get_vocab()
    digest.update(repr((sorted(facts.items(), key=str), sorted(vocabulary.items()))).encode())
    for name, weights in sorted(policy.model.state_dict().items()):
        digest.update(repr((name, tuple(weights.shape), str(weights.dtype), _sums(weights))).encode())
    return digest.hexdigest()


def _sums(weights: torch.Tensor) -> tuple[int, int]:
    bits = weights.detach().contiguous().reshape(-1).view(_INTEGER[weights.element_size()])
    plain = weighted = 0
    for start in range(0, len(bits), _BLOCK):
        part = bits[start : start + _BLOCK].to(torch.int64)
        places = torch.arange(start, start + len(part), device=part.device) % _PERIOD + 1
        plain += int(part.sum())
        weighted += int((part * places).sum())  # at most 2**24 * 2**31 * 2**16: it wraps around, the same everywhere
    return plain, weighted
