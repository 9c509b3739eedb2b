"""Sampling draws from the distribution that the logits say, and from nothing else."""

from __future__ import annotations

import pytest
import torch

from real.generation.sampling import Sampler, greedy_tokens, row_streams


def test_shares_are_the_probabilities() -> None:
    """An even grid of random numbers must fall on each token as often as it is probable: no chance is in this test."""
    logits = torch.randn(1, 1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64).float() * 3
    grid = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000
    drawn = torch.cat([Sampler(0.8)(logits.expand(len(u), -1), u) for u in grid.split(1000)])
    shares = torch.bincount(drawn, minlength=1000) / len(grid)
    expected = torch.softmax(logits[0] / 0.8, dim=-1)
    assert float((shares - expected).abs().max()) < 2 / 200_000 + 1e-6


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    logits = torch.log(torch.tensor([[0.1, 0.4, 0.05, 0.3, 0.15]]))
    grid = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    drawn = Sampler(top_p=0.75)(logits.expand(1000, -1), grid)
    assert set(drawn.tolist()) == {1, 3, 4}  # 0.4 and 0.3 are below 0.75
    assert int((drawn == 1).sum()) == round(1000 * 0.4 / 0.85)


@pytest.mark.parametrize("top_p", [1.0, 0.9])
@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53])
def test_an_impossible_token_is_never_drawn(uniform: float, top_p: float) -> None:
    logits = torch.full((1, 5000), -float("inf"))
    logits[0, 1234] = logits[0, 4000] = 0.0
    assert int(Sampler(top_p=top_p)(logits, torch.tensor([uniform], dtype=torch.float64))) in (1234, 4000)


def test_memory_that_is_kept_changes_no_draw() -> None:
    """Batches that shrink and grow, and another vocabulary: nothing of an earlier call is left in a later one."""
    rng, sample = torch.Generator().manual_seed(0), Sampler(0.9)
    for rows, vocabulary in ((8, 300), (3, 300), (8, 300), (12, 300), (4, 290), (4, 300)):
        logits = torch.randn(rows, vocabulary, generator=rng) * 4
        uniforms = torch.rand(rows, generator=rng, dtype=torch.float64)
        before = logits.clone()
        assert torch.equal(sample(logits, uniforms), Sampler(0.9)(logits, uniforms))
        assert torch.equal(logits, before)


def test_streams_of_rows_are_their_own() -> None:
    few, many = row_streams(7, 3, 10), row_streams(7, 5, 20)
    assert torch.equal(few, many[:3, :10])
    assert len({tuple(row) for row in many.tolist()}) == 5
    assert not torch.equal(few, row_streams(8, 3, 10))


def test_the_first_of_equal_tokens_wins() -> None:
    assert greedy_tokens(torch.tensor([[0.0, 2.0, 2.0]])).tolist() == [1]


@pytest.mark.parametrize("top_p", [1.0, 0.5])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_are_those_of_the_whole_distribution(temperature: float, top_p: float) -> None:
    logits = torch.randn(4, 1000, generator=torch.Generator().manual_seed(0))
    sample = Sampler(temperature, top_p)
    tokens = sample(logits, torch.tensor([0.1, 0.5, 0.9, 0.999], dtype=torch.float64))
    wanted = torch.log_softmax(logits / temperature, dim=-1).gather(1, tokens.unsqueeze(1)).squeeze(1)
    torch.testing.assert_close(sample.logprobs(tokens), wanted)
