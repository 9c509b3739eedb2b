"""Packed weights give the numbers of plain ones, and leave no trace."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from real.generation.packed import packed_linears


@pytest.mark.parametrize("bias", [True, False])
def test_packed_layers_compute_the_same(bias: bool) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(512, 768, bias=bias, dtype=torch.bfloat16), nn.Linear(768, 512, dtype=torch.bfloat16))
    with torch.no_grad():
        for rows in (1, 7, 32, 100):
            states = torch.randn(rows, 512).bfloat16()
            plain = net(states)
            with packed_linears(net, 32):
                found = net(states)
            assert (found.float() - plain.float()).abs().max() <= 2**-7 * plain.float().abs().max()
    assert all("forward" not in layer.__dict__ for layer in net)


def test_layers_are_plain_again_after_an_error() -> None:
    net = nn.Sequential(nn.Linear(512, 768, dtype=torch.bfloat16))
    with pytest.raises(RuntimeError), packed_linears(net, 32):
        raise RuntimeError
    assert "forward" not in net[0].__dict__


def test_float32_stays_as_it_is() -> None:
    net = nn.Sequential(nn.Linear(512, 768))
    with packed_linears(net, 32):
        assert "forward" not in net[0].__dict__
