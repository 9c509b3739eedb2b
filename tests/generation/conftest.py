"""A tiny random Qwen2 in float32, and prompts of mixed lengths that it can be asked."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from real.policy.config import TinyCfg
from real.policy.tiny import build_tiny
from real.policy.tokenizer import train_tokenizer

VOCABULARY = 300


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return train_tokenizer(["def main():\n    print('hello')\n"] * 3, vocab=VOCABULARY)


@pytest.fixture(scope="session")
def model(tokenizer: Any) -> Any:
    torch.set_num_threads(1)
    shape = TinyCfg(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64)
    made = build_tiny(shape, tokenizer, seed=0).eval()
    with torch.no_grad():
        made.model.embed_tokens.weight.mul_(6)  # random weights end at once, or never: this is in between
    return made


@pytest.fixture(scope="session")
def prompts(tokenizer: Any) -> list[list[int]]:
    rng = random.Random(0)
    return [[rng.randrange(3, len(tokenizer)) for _ in range(rng.randrange(1, 40))] for _ in range(23)]
