"""Adapted layers as one node of autograd give PEFT's numbers and gradients, and keep no copy of their input."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn

from real.training.local.fused_lora import fuse_adapters


def adapted(bias: bool = True, dtype: torch.dtype = torch.bfloat16, dropout: float = 0.0) -> Any:
    """Two layers that read the same input, with adapters that do something."""
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = (nn.Linear(64, 96, bias=bias, dtype=dtype) for _ in range(2))

        def forward(self, states: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = self.a(states) * self.b(states)
            return made

    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=dropout, target_modules=["a", "b"])
    made: Any = get_peft_model(Net(), config, "actor")
    made.add_adapter("critic", copy.deepcopy(config))
    for name, weight in made.named_parameters():
        if ".lora_" in name:
            weight.data = torch.randn(weight.shape) * 0.3
            weight.requires_grad_(True)
    return made.train()


def outcome(net: Any, states: torch.Tensor, direction: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made = net(states)
    own = [weight for name, weight in net.named_parameters() if ".actor." in name]
    return made, list(torch.autograd.grad((made * direction).sum(), [states, *own]))


@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_those_of_peft(bias: bool) -> None:
    plain, fused = adapted(bias), adapted(bias)
    fuse_adapters(fused)
    states = torch.randn(2, 11, 64).bfloat16().requires_grad_()
    direction = torch.randn(2, 11, 96).bfloat16()
    (made, gradients), (expected, wanted) = outcome(fused, states, direction), outcome(plain, states, direction)
    for one, other in zip([made, *gradients], [expected, *wanted], strict=True):
        assert one.dtype == other.dtype
        assert (one - other).abs().max() <= 2**-5 * other.abs().max()  # both round to 8 bits several times
    with torch.no_grad():
        assert (fused(states) - plain(states)).abs().max() <= 2**-5 * plain(states).abs().max()


def test_gradients_are_closer_to_the_exact_ones_than_rounding() -> None:
    """Against float64, so that a gradient that is wrong by a factor cannot hide behind PEFT's own rounding."""
    fused, exact = adapted(), adapted()
    fuse_adapters(fused)
    exact.double()
    states = torch.randn(1, 200, 64).bfloat16()
    direction = torch.randn(1, 200, 96).bfloat16()
    mine = outcome(fused, states.clone().requires_grad_(), direction)[1]
    there = states.double().requires_grad_()
    own = [weight for name, weight in exact.named_parameters() if ".actor." in name]
    truth = torch.autograd.grad((exact(there) * direction).sum(), [there, *own])
    for one, other in zip(mine, truth, strict=True):
        assert (one - other).norm() <= 0.02 * other.norm()


def test_adapters_are_chosen_and_switched_off_as_before() -> None:
    net = adapted()
    fuse_adapters(net)
    states = torch.randn(3, 64).bfloat16()
    with torch.no_grad():
        actor = net(states)
        net.set_adapter("critic")
        critic = net(states)
        net.set_adapter("actor")
        with net.disable_adapter():
            base = net(states)
        again = net(states)
    assert torch.equal(actor, again)
    assert not torch.equal(actor, critic)
    assert torch.equal(base, net.get_base_model().a.base_layer(states) * net.get_base_model().b.base_layer(states))


def test_one_input_of_two_layers_is_kept_once() -> None:
    """PEFT keeps a cast copy of the input for each layer that reads it."""

    def kept(net: Any) -> int:
        found: dict[int, int] = {}

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            found[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        states = torch.randn(1, 500, 64).bfloat16().requires_grad_()
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x), torch.autocast("cpu", dtype=torch.bfloat16):
            net(states)
        return sum(found.values())

    plain, fused = adapted(), adapted()
    fuse_adapters(fused)
    assert kept(fused) <= kept(plain) - 500 * 64 * 2


@pytest.mark.parametrize("settings", [{"dtype": torch.float32}, {"dropout": 0.1}])
def test_what_it_does_not_know_stays_pefts(settings: dict[str, Any]) -> None:
    net = adapted(**settings)
    fuse_adapters(net)
    assert "forward" not in net.get_base_model().a.__dict__


def test_a_copy_is_a_layer_of_its_own() -> None:
    net = adapted()
    fuse_adapters(net)
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.get_base_model().a.lora_B["actor"].weight.zero_()
        states = torch.randn(3, 64).bfloat16()
        assert not torch.equal(net(states), other(states))
