"""Losses against figures worked out by hand, and gradients against finite differences."""

from __future__ import annotations

import math

import pytest
import torch

from real.methods.common.losses import (
    contrastive_loss,
    kl_divergence,
    kl_from_reference,
    log_likelihood_loss,
    masked_mean,
    target_logprobs,
    unlikelihood_loss,
)

P = torch.tensor([0.5, 0.25, 0.8])
MASK = torch.tensor([1.0, 1.0, 0.0])


def test_only_masked_positions_count() -> None:
    assert float(masked_mean(torch.tensor([1.0, 3.0, 100.0]), MASK)) == 2.0
    assert float(masked_mean(P, torch.zeros(3))) == 0.0


def test_likelihood() -> None:
    assert float(log_likelihood_loss(P.log(), MASK)) == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_contrast() -> None:
    """-log(0.5 / 0.75) and -log(0.25 / 0.75)."""
    other = torch.tensor([0.25, 0.5, 0.1])
    expected = (math.log(1.5) + math.log(3)) / 2
    assert float(contrastive_loss(P.log(), other.log(), MASK)) == pytest.approx(expected)


def test_unlikelihood_and_its_floor() -> None:
    expected = (-math.log(0.5) - math.log(0.75)) / 2
    assert float(unlikelihood_loss(P.log(), MASK)) == pytest.approx(expected)
    assert float(unlikelihood_loss(torch.zeros(1), torch.ones(1))) == pytest.approx(-math.log(1e-5), rel=1e-4)


def test_divergence() -> None:
    reference, other = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.25, 0.75]])
    expected = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    assert float(kl_divergence(reference.log(), other.log())) == pytest.approx(expected)
    assert float(kl_divergence(other.log(), other.log())) == pytest.approx(0.0, abs=1e-7)


def test_gradients() -> None:
    torch.manual_seed(0)
    logits = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    reference = torch.log_softmax(torch.randn(3, 5, dtype=torch.float64), dim=-1)
    mask = MASK.double()

    def unlikely(values: torch.Tensor) -> torch.Tensor:
        return unlikelihood_loss(torch.log_softmax(values, dim=-1)[:, 2], mask)

    def distance(values: torch.Tensor) -> torch.Tensor:
        return masked_mean(kl_divergence(reference, torch.log_softmax(values, dim=-1)), mask)

    assert torch.autograd.gradcheck(unlikely, (logits,))
    assert torch.autograd.gradcheck(distance, (logits,))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    states, weight = torch.randn(7, 4, requires_grad=True), torch.randn(11, 4)
    targets, old = torch.randint(0, 11, (7,)), torch.randn(7, 4)
    full = torch.log_softmax(states @ weight.t(), dim=-1)
    expected = full[torch.arange(7), targets]
    distance = kl_divergence(torch.log_softmax(old @ weight.t(), dim=-1), full)
    (gradient,) = torch.autograd.grad(expected.sum() + distance.sum(), states)
    monkeypatch.setattr("real.methods.common.losses.CHUNK", 3)
    parts = target_logprobs(states, weight, targets), kl_from_reference(old, states, weight)
    torch.testing.assert_close(parts[0], expected)
    torch.testing.assert_close(parts[1], distance)
    (mine,) = torch.autograd.grad(parts[0].sum() + parts[1].sum(), states)
    torch.testing.assert_close(mine, gradient)
