"""Which generator a configuration asks for."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from real.generation.base import Generator
from real.generation.config import GenerationBackend, GenerationCfg


def open_generator(model: Any, tokenizer: Any, cfg: GenerationCfg) -> Generator:
    """What samples from ``model`` in this process; each backend is imported only where it is used."""
    if cfg.backend is GenerationBackend.vllm:
        from real.generation.vllm import VllmGenerator

        return VllmGenerator(model, tokenizer, cfg)
    from real.generation.hf import HfGenerator

    return HfGenerator(model, tokenizer, cfg)


def at_temperature(generator: Generator, temperature: float) -> Generator:
    """The same generator, sampling from the whole distribution at ``temperature``: for an evaluation."""
    twin: Any = copy.copy(generator)
    twin.cfg = replace(twin.cfg, temperature=temperature, top_p=1.0)
    made: Generator = twin
    return made
