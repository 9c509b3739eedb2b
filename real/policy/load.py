"""The policy a run starts from: the warm-started miniature, or a model from a hub id, a folder or a GGUF file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from real.policy.config import ModelCfg, ModelKind
from real.policy.policy import Policy
from real.policy.pretrained import load_pretrained
from real.policy.warm_start.build import find_or_build
from real.policy.warm_start.recipe import Recipe
from real.types import Task


def device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_policy(
    cfg: ModelCfg,
    tasks: Sequence[Task],
    *,
    seed: int,
    cache: Path,
    trained_here: bool = True,
) -> Policy:
    """Load or build the model of ``cfg``; ``tasks`` (training split only) are the miniature's corpus.

    ``trained_here`` says that this process may train all weights, which then are float32; a model that is only
    evaluated is loaded in ``cfg.dtype``, before and after a training elsewhere alike. A frozen base lives in
    ``cfg.dtype`` as well. Raises ``DataError`` where there is no such model.
    """
    transformers_logging.disable_progress_bar()  # its bars for sub-second work drown ours
    if cfg.kind is ModelKind.tiny:
        folder, origin = find_or_build(Recipe.of(cfg, tasks, seed), cache, device())
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        return Policy(model.to(device()).eval(), AutoTokenizer.from_pretrained(folder), origin)
    # Full fine-tuning keeps float32 weights and computes in cfg.dtype.
    dtype = torch.float32 if trained_here and not cfg.lora.enabled else getattr(torch, cfg.dtype)
    model, words = load_pretrained(str(cfg.path), dtype)
    return Policy(model.to(device()).eval(), words, f"from {cfg.path}")
