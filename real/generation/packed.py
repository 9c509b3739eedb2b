"""Linear layers with weights in oneDNN's own layout, for decoding in bfloat16 on a CPU.

torch passes weights row by row, and oneDNN rearranges them on every call: for a batch of 32 that costs as much as the
product. Packed once, they cost a second copy of the weights while text is generated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

SMALLEST = 1 << 18  # weights of a layer that is worth it: adapters of low rank are not


@contextmanager
def packed_linears(model: Any, rows: int) -> Iterator[None]:
    """Within it the bfloat16 linear layers of ``model`` on a CPU compute with packed weights, best for ``rows`` rows.

    The weights must not change inside. Nothing happens on another device, in another type, or where oneDNN lacks it.
    """
    layers = [module for module in model.modules() if type(module) is nn.Linear and _gains(module.weight)]
    try:
        for layer in layers:
            layer.__dict__["forward"] = _packed(layer, rows)  # shadows the method of the class
        yield
    finally:
        for layer in layers:
            layer.__dict__.pop("forward", None)


def _gains(weight: Tensor) -> bool:
    return (
        weight.device.type == "cpu"
        and weight.dtype is torch.bfloat16
        and weight.numel() >= SMALLEST
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


def _packed(layer: nn.Linear, rows: int) -> Callable[[Tensor], Tensor]:
    weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), rows)

    def forward(states: Tensor) -> Tensor:
        result: Tensor = torch.ops.mkldnn._linear_pointwise(states, weight, layer.bias, "none", [], "")
        return result

    return forward
