"""The weights of a policy as a checkpoint would hold them, its active adapter merged in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def merged_weights(model: Any) -> Iterator[tuple[str, Tensor]]:
    """Names and weights one by one, the output embedding by its own name also where it is tied to the input's.

    A LoRA layer yields base plus adapter, added in float32 (Hu et al., 2022, section 4.1); ``model`` stays as it is.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    names = set()
    for inner, parameter in base.named_parameters():
        if ".lora_" in inner:
            continue
        owner, wrapped, rest = inner.partition(".base_layer.")
        name, weight = f"{owner}.{rest}" if wrapped else inner, parameter.detach()
        if wrapped and rest == "weight":
            layer = base.get_submodule(owner)
            deltas = [layer.get_delta_weight(adapter).float() for adapter in layer.active_adapters]
            weight = sum(deltas, start=weight.float()).to(weight.dtype)
        names.add(name)
        yield name, weight
    if "lm_head.weight" not in names:
        yield "lm_head.weight", base.get_output_embeddings().weight.detach()
