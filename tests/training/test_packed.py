"""Sequences laid end to end give what each gives alone, with gradients; groups of rows have equal token counts."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from real.policy.config import TinyCfg
from real.policy.tiny import build_tiny
from real.training.local.experience import Rollout
from real.training.local.packed import balanced_groups, hidden_states, pack_tokens

PROMPTS = [[5, 6, 7, 8], [9], [10, 11]]
RESPONSES = [[20, 21], [22, 23, 24], [25]]
SHARED = (
    [[5, 6, 7, 8], [9], [5, 6, 7, 8], [5, 6, 7, 8], [9]],
    [[20, 21], [22, 23, 24], [25], [20, 26, 27, 28, 29], [30]],
)


@pytest.fixture(scope="module")
def model(toy_tokenizer):
    return build_tiny(TinyCfg(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64), toy_tokenizer, seed=0)


@pytest.mark.parametrize(("prompts", "responses"), [(PROMPTS, RESPONSES), SHARED], ids=["distinct", "shared"])
def test_packing_changes_no_hidden_state_and_no_gradient(model, prompts, responses):
    packed = hidden_states(model.model, pack_tokens(prompts, responses))
    alone = []
    for prompt, response in zip(prompts, responses, strict=True):
        states = model.model(input_ids=torch.tensor([[*prompt, *response]])).last_hidden_state[0]
        alone.append(states[len(prompt) - 1 : -1])
    torch.testing.assert_close(packed, torch.cat(alone), atol=1e-5, rtol=1e-5)
    first = torch.autograd.grad(packed.square().sum(), model.parameters())
    second = torch.autograd.grad(torch.cat(alone).square().sum(), model.parameters())
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_other_calls_of_the_model_attend_as_before(toy_tokenizer):
    model = build_tiny(TinyCfg(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64), toy_tokenizer, seed=0)
    inputs = {"input_ids": torch.tensor([[0, 0, 7, 8], [5, 6, 7, 8]])}
    inputs["attention_mask"] = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])
    logits, tokens = model(**inputs).logits, model.generate(**inputs, max_new_tokens=3, do_sample=False)
    hidden_states(model.model, pack_tokens(PROMPTS, RESPONSES))
    assert torch.equal(model(**inputs).logits, logits)
    assert torch.equal(model.generate(**inputs, max_new_tokens=3, do_sample=False), tokens)


def test_gradient_checkpointing_changes_nothing(model):
    batch = pack_tokens(PROMPTS, RESPONSES)
    plain = torch.autograd.grad(hidden_states(model.model, batch).square().sum(), model.parameters())
    model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    again = torch.autograd.grad(hidden_states(model.model, batch).square().sum(), model.parameters())
    model.eval()
    model.gradient_checkpointing_disable()
    for one, other in zip(plain, again, strict=True):
        torch.testing.assert_close(one, other)


def test_each_response_token_knows_the_token_before_it():
    batch = pack_tokens(PROMPTS, RESPONSES)
    assert (batch.layout.rows, batch.layout.width) == (3, 6)
    assert batch.layout.slots.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14]
    assert batch.ids[0, batch.before].tolist() == [8, 20, 9, 22, 23, 11]
    assert batch.tokens.tolist() == [20, 21, 22, 23, 24, 25]
    assert batch.positions[0].tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 0, 1, 2]


def test_a_prompt_with_several_responses_is_computed_once():
    batch = pack_tokens(*SHARED)
    assert batch.ids[0].tolist() == [5, 6, 7, 8, 20, 21, 9, 22, 23, 24, 25, 20, 26, 27, 28, 29, 30]
    assert batch.positions[0].tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 1]
    assert batch.ids[0, batch.before].tolist() == [8, 20, 9, 22, 23, 8, 8, 20, 26, 27, 28, 9]
    side_by_side = batch.ids[0, batch.layout.sources].view(batch.layout.rows, batch.layout.width).tolist()
    rows = [[*prompt, *response] for prompt, response in zip(*SHARED, strict=True)]
    assert [row[: len(own)] for row, own in zip(side_by_side, rows, strict=True)] == rows
    assert torch.equal(batch.layout.sources[batch.layout.slots], torch.arange(len(batch.ids[0])))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=30), st.integers(1, 6))
def test_passes_hold_every_row_once_and_keep_a_prompt_together(rows, size):
    prompts = [[1] * (prompt + 1) for prompt, _ in rows]
    rollout = Rollout(prompts, [[2] * length for _, length in rows], torch.ones(len(rows), 9))
    passes = rollout.passes(range(len(rows)), size)
    assert sorted(row for group in passes for row in group) == list(range(len(rows)))
    assert len(passes) == -(-len(rows) // size)
    for prompt in {prompt for prompt, _ in rows}:
        mine = [sum(len(prompts[row]) == prompt + 1 for row in group) for group in passes]
        assert sum(map(bool, mine)) <= -(-sum(mine) // size)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), st.integers(1, 10))
def test_groups_hold_every_row_once_and_are_balanced(lengths, count):
    groups = balanced_groups(lengths, count)
    assert sorted(row for group in groups for row in group) == list(range(len(lengths)))
    assert all(groups)
    totals = [sum(lengths[row] for row in group) for group in groups]
    assert max(totals) - min(totals) <= max(lengths)
