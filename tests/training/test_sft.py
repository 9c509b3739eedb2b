"""SFT: the loss looks at the response only, learning works, and a killed run resumes bit for bit."""

import pytest
import torch

from real.policy.config import TinyCfg
from real.policy.sft import SftExample, SftSettings, sft_loss, train_sft
from real.policy.tiny import build_tiny

EXAMPLES = [SftExample((5 + i, 6), (7 + i, 8, 9 + i, 2)) for i in range(12)]
SETTINGS = SftSettings(epochs=4, batch=4, lr=1e-2, warmup_ratio=0.1)


@pytest.fixture
def model(toy_tokenizer):
    torch.set_num_threads(1)
    return build_tiny(TinyCfg(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=64), toy_tokenizer, seed=1)


def test_loss_is_the_mean_cross_entropy_of_response_tokens(model):
    example = SftExample((5, 6, 7), (8, 9))
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([[5, 6, 7, 8, 9]])).logits[0]
        by_hand = torch.nn.functional.cross_entropy(logits[2:4], torch.tensor([8, 9]))
        torch.testing.assert_close(sft_loss(model, [example]), by_hand)
        padded = sft_loss(model, [example, SftExample((4, 4, 4, 4, 4, 4), (3,))])
        alone = sft_loss(model, [SftExample((4, 4, 4, 4, 4, 4), (3,))])
        torch.testing.assert_close(padded, (2 * by_hand + alone) / 3)


def test_prompt_tokens_count_by_their_weight(model):
    example, other = SftExample((5, 6, 7), (8, 9)), SftExample((4, 3, 3, 3), (3, 8, 2))
    with torch.no_grad():
        total, count = 0.0, 0.0
        for e in (example, other):
            ids = torch.tensor([[*e.prompt, *e.response]])
            loss = torch.nn.functional.cross_entropy(model(input_ids=ids).logits[0, :-1], ids[0, 1:], reduction="none")
            n = len(e.prompt) - 1  # the first token is predicted from nothing
            total += 0.25 * loss[:n].sum() + loss[n:].sum()
            count += 0.25 * n + len(e.response)
        torch.testing.assert_close(sft_loss(model, [example, other], prompt_weight=0.25), total / count)


def test_training_lowers_the_loss(model):
    before = float(sft_loss(model, EXAMPLES).detach())
    losses = []
    steps = train_sft(model, EXAMPLES, SETTINGS, seed=0, on_step=lambda step, total, loss: losses.append((step, total)))
    assert float(sft_loss(model, EXAMPLES).detach()) < before - 1
    assert losses == [(i + 1, steps) for i in range(steps)]
    assert steps == 12


def test_a_killed_run_resumes_bit_for_bit(model, toy_tokenizer, tmp_path):
    class Killed(Exception):
        pass

    def kill_at(limit):
        def on_step(step, total, loss):
            if step == limit:
                raise Killed

        return on_step

    fresh = build_tiny(TinyCfg(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=64), toy_tokenizer, seed=1)
    train_sft(fresh, EXAMPLES, SETTINGS, seed=0)
    where = {"checkpoint": tmp_path / "sft.pt", "checkpoint_every": 3}
    with pytest.raises(Killed):
        train_sft(model, EXAMPLES, SETTINGS, seed=0, on_step=kill_at(8), **where)
    seen = []
    again = build_tiny(TinyCfg(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=64), toy_tokenizer, seed=1)
    train_sft(again, EXAMPLES, SETTINGS, seed=0, on_step=lambda step, total, loss: seen.append(step), **where)
    assert seen[0] == 7  # after the checkpoint at step 6
    assert all(torch.equal(a, b) for a, b in zip(fresh.parameters(), again.parameters(), strict=True))
