"""A linear layer with a low-rank adapter as one node of autograd, for a frozen base in bfloat16.

PEFT's layer casts its input to the adapter's float32, which autocast casts back, keeps a copy of the input for each
layer that reads it (queries, keys and values read the same one), and adds and scales in passes of their own. Here the
adapter is cast instead, which is small, and the sums are part of the products. Same rounding as under autocast.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn


def fuse_adapters(model: Any) -> None:
    """Let the adapted linear layers of ``model`` (of PEFT) compute as here, where their base is in bfloat16.

    Adapters with dropout, bias or another variant than plain LoRA stay PEFT's.
    """
    from peft.tuners.lora import Linear

    for module in model.modules():
        if isinstance(module, Linear) and _is_plain(module):
            module.__dict__["forward"] = MethodType(_forward, module)  # shadows the method of the class


def _is_plain(layer: Any) -> bool:
    base = layer.base_layer
    return (
        type(base) is nn.Linear
        and base.weight.dtype is torch.bfloat16
        and not base.weight.requires_grad
        and not layer.lora_variant
        and all(isinstance(dropout, nn.Identity) for dropout in layer.lora_dropout.values())
        and all(part.bias is None for part in layer.lora_B.values())
    )


def _forward(layer: Any, states: Tensor, *others: Any, **more: Any) -> Tensor:
    names = [name for name in layer.active_adapters if name in layer.lora_A]
    if layer.disable_adapters or layer.merged or not names:
        made: Tensor = layer.base_layer(states)
        return made
    if len(names) > 1 or others or more:
        found: Tensor = type(layer).forward(layer, states, *others, **more)
        return found
    down, up, scale = layer.lora_A[names[0]].weight, layer.lora_B[names[0]].weight, layer.scaling[names[0]]
    states = states.to(layer.base_layer.weight.dtype)
    if torch.is_grad_enabled():
        result: Tensor = _Adapted.apply(states, layer.base_layer.weight, layer.base_layer.bias, down, up, scale)  # type: ignore[no-untyped-call]
        return result
    return _plus_adapter(layer.base_layer(states), states, *_cast(states, down, up, scale))


def _cast(states: Tensor, down: Tensor, up: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """The adapter's factors ``[r, in]`` and ``[out, r]`` in the type of ``states``, the second one scaled."""
    return down.to(states.dtype), (up * scale).to(states.dtype)


def _plus_adapter(made: Tensor, states: Tensor, down: Tensor, up: Tensor) -> Tensor:
    """Adds the adapter's product to the base's, in place."""
    low = states.reshape(-1, states.shape[-1]) @ down.t()
    made.view(-1, made.shape[-1]).addmm_(low, up.t())
    return made


class _Adapted(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float
    ) -> Tensor:
        cast_down, cast_up = _cast(states, down, up, scale)
        ctx.save_for_backward(states, weight, cast_down, cast_up)
        ctx.scale, ctx.types = scale, (down.dtype, up.dtype)
        return _plus_adapter(nn.functional.linear(states, weight, bias), states, cast_down, cast_up)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, None, None, Tensor, Tensor, None]:
        """The base gets no gradient; the adapter's inner product ``[T, r]`` is cheaper made again than kept."""
        states, weight, down, up = ctx.saved_tensors
        flat, wide = states.reshape(-1, states.shape[-1]), gradient.reshape(-1, gradient.shape[-1])
        inner = wide @ up
        for_down = (inner.t() @ flat).to(ctx.types[0])
        for_up = ((flat @ down.t()).t() @ wide).t().to(ctx.types[1]) * ctx.scale
        for_states = None
        if ctx.needs_input_grad[0]:
            for_states = (wide @ weight).addmm_(inner, down).view(states.shape)
        return for_states, None, None, for_down, for_up, None
