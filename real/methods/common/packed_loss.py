"""The loss of supervised fine-tuning over examples laid end to end: no token is computed that is padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from real.policy.sft import SftExample
from real.training.local.packed import attends_to_all, hidden_states, pack_tokens
from real.training.local.token_statistics import multiplies_only, token_statistics


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
    """Whether a causal model sees packed what it sees example by example, and its output layer only multiplies."""
    return attends_to_all(model) and multiplies_only(model)


def _causal_model(model: Any) -> Any:
    """The model itself, without the wrapper that adapters come in."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
