"""A policy: what writes programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from real.policy.config import ModelCfg, ModelKind


@dataclass
class Policy:
    """A causal language model with its tokenizer; ``model`` is on the training device, in evaluation mode.

    ``origin``: where its weights come from, for people and for ``env.json``.
    """

    model: Any
    tokenizer: Any
    origin: str = ""


def describe_policy(policy: Policy, cfg: ModelCfg) -> str:
    """One line on a model: its name, its size and where it is."""
    size = sum(parameter.numel() for parameter in policy.model.parameters())
    note = " (an honest miniature: its numbers say nothing about real models)" if cfg.kind is ModelKind.tiny else ""
    origin = f", {policy.origin}" if policy.origin else ""
    return f"{cfg.name}, {size / 1e6:.2f} M parameters on {policy.model.device}{origin}{note}"
