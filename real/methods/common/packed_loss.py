"""The loss of supervised fine-tuning over examples laid end to end: no token is computed that is padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from real.policy.sft import SftExample
from real.training.local.packed import hidden_states, pack_tokens
from real.training.local.token_statistics import multiplies_only, token_statistics

_EVERYTHING = "full_attention"  # transformers' name for a layer whose tokens look at all before them


def packed_loss(model: Any, examples: Sequence[SftExample], prompt_weight: float = 0.0) -> Tensor:
    """As ``real.policy.sft.sft_loss``: mean cross-entropy over response tokens (weight 1) and prompt tokens, a scalar.

    Every example keeps its own positions and attends to itself alone; a prompt of several examples is computed once,
    unless its tokens count. ``model``, with or without adapters, is one that ``can_pack``.
    """
    prompts, responses = [e.prompt for e in examples], [e.response for e in examples]
    if prompt_weight:  # whatever follows a first token is predicted, hence a response here
        responses = [(*e.prompt[1:], *e.response) for e in examples]
        prompts = [prompt[:1] for prompt in prompts]
    causal = _causal_model(model)
    batch = pack_tokens(prompts, responses, model.device)
    states = hidden_states(causal.model, batch)
    logprobs, _ = token_statistics(states, causal.get_output_embeddings().weight, batch.tokens)
    weights = [
        weight
        for example, learned in zip(examples, responses, strict=True)
        for weight in [prompt_weight] * (len(learned) - len(example.response)) + [1.0] * len(example.response)
    ]
    counted = torch.tensor(weights, device=logprobs.device)
    return -(logprobs * counted).sum() / counted.sum()


def can_pack(model: Any) -> bool:
    """Whether a causal model attends as it is told to (``packed``), and its output layer only multiplies.

    A model with windows or chunks in a layer, or with an attention of its own (which ``sdpa`` is not enough for), would
    not see what it sees example by example.
    """
    told = getattr(model, "_supports_attention_backend", False) and getattr(model, "_supports_sdpa", False)
    layers = getattr(model.config, "layer_types", None) or [_EVERYTHING]
    windows = getattr(model.config, "sliding_window", None) is not None or set(layers) != {_EVERYTHING}
    return bool(told) and not windows and multiplies_only(model)


def _causal_model(model: Any) -> Any:
    """The model itself, without the wrapper that adapters come in."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
