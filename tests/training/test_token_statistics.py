"""Chunked log-probabilities and entropies equal the plain computation, and so do their gradients."""

import pytest
import torch

from real.training.local.token_statistics import token_statistics


def inputs(dtype=torch.float32, n=13, width=8, vocabulary=29):
    rng = torch.Generator().manual_seed(0)
    hidden = torch.randn(n, width, generator=rng, dtype=dtype).requires_grad_()
    weight = torch.randn(vocabulary, width, generator=rng, dtype=dtype).requires_grad_()
    return hidden, weight, torch.randint(vocabulary, (n,), generator=rng)


def plain(hidden, weight, tokens, temperature):
    logits = (hidden @ weight.t()) / temperature
    logp = torch.log_softmax(logits, dim=-1)
    return logp.gather(-1, tokens.unsqueeze(-1)).squeeze(-1), -(logp.exp() * logp).sum(dim=-1)


@pytest.mark.parametrize("positions", [None, 1, 5, 100])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_values_and_gradients_equal_the_plain_ones(positions, temperature):
    hidden, weight, tokens = inputs()
    for_logprobs, for_entropy = torch.randn(2, len(tokens), generator=torch.Generator().manual_seed(1))
    found = {}
    for name, made in (
        ("chunked", token_statistics(hidden, weight, tokens, temperature, positions=positions)),
        ("plain", plain(hidden, weight, tokens, temperature)),
    ):
        loss = (made[0] * for_logprobs + made[1] * for_entropy).sum()
        found[name] = [*made, *torch.autograd.grad(loss, (hidden, weight))]
    for chunked, expected in zip(found["chunked"], found["plain"], strict=True):
        torch.testing.assert_close(chunked, expected, atol=2e-5, rtol=1e-5)


def test_gradients_are_those_of_the_values():
    hidden, weight, tokens = inputs(torch.float64, n=4, width=3, vocabulary=7)
    assert torch.autograd.gradcheck(
        lambda h, w: token_statistics(h, w, tokens, 0.8, positions=3), (hidden, weight), atol=1e-6
    )


def test_without_an_entropy_term_the_gradient_is_that_of_the_log_probability_alone():
    hidden, weight, tokens = inputs()
    chunked = torch.autograd.grad(token_statistics(hidden, weight, tokens, positions=4)[0].sum(), (hidden, weight))
    expected = torch.autograd.grad(plain(hidden, weight, tokens, 1.0)[0].sum(), (hidden, weight))
    for one, other in zip(chunked, expected, strict=True):
        torch.testing.assert_close(one, other, atol=2e-5, rtol=1e-5)


def test_a_frozen_output_layer_gets_no_gradient_and_bfloat16_stays_close():
    hidden, weight, tokens = inputs()
    frozen = weight.detach()
    half = hidden.detach().bfloat16().requires_grad_()
    logprobs, _ = token_statistics(half, frozen, tokens)
    logprobs.sum().backward()
    assert half.grad.dtype == torch.bfloat16
    assert logprobs.dtype == torch.float32
    expected = plain(half.detach().float(), frozen.bfloat16().float(), tokens, 1.0)[0]
    torch.testing.assert_close(logprobs.detach(), expected, atol=5e-2, rtol=2e-2)


def test_no_tensor_of_tokens_times_vocabulary_is_made(monkeypatch):
    """The largest tensor that any operation returns, forward and backward, has one chunk's rows."""
    hidden, weight, tokens = inputs(n=64, width=4, vocabulary=1000)
    largest = 0

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            nonlocal largest
            made = function(*args, **(kwargs or {}))
            if isinstance(made, torch.Tensor):
                largest = max(largest, made.numel())
            return made

    with Watch():
        logprobs, entropy = token_statistics(hidden, weight, tokens, positions=4)
        (logprobs + entropy).sum().backward()
    assert largest == 4 * 1000  # the gradient of the weight is as large
