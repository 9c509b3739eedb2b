"""Which generator a configuration asks for."""

from __future__ import annotations

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
