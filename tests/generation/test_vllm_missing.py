"""Where vLLM does not start, a sentence says so and what to use instead."""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest import mock

import pytest

from real.errors import InfrastructureError
from real.generation import GenerationCfg
from real.generation.config import GenerationBackend
from real.generation.open import open_generator


def test_a_machine_without_vllm(model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    generator = open_generator(model, tokenizer, GenerationCfg(backend=GenerationBackend.vllm))
    with mock.patch.dict(os.environ), pytest.raises(InfrastructureError, match="vLLM does not start here") as caught:
        generator.generate([[5, 6]], greedy=True, seed=0)
    assert "generation=hf" in str(caught.value.hint)
