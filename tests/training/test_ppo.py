"""The PPO step: it learns, masks, resumes bit for bit, and does the same with LoRA adapters."""

import pytest
import torch

from real.generation.base import Response
from real.training.local.batch import pack

PROMPTS = [[5, 6, 7], [8, 9], [10, 11, 12, 13], [14]] * 4
WANTED = range(5, 10)  # the toy reward: share of these tokens in the response


def share(rows, responses):
    scores = [sum(t in WANTED for t in r.tokens) / len(r.tokens) for r in responses]
    return scores, {"reward_mean": sum(scores) / len(scores)}


def weights(ppo):
    return torch.cat([p.detach().flatten() for p in ppo.models.trainable_state().values()])


@pytest.mark.parametrize("lora", [False, True])
def test_policy_learns_a_rewarded_token_and_the_reference_stays(make_ppo, lora):
    ppo = make_ppo(lora=lora, actor_lr=1e-2, critic_lr=1e-2)
    batch = pack(PROMPTS, [Response((42, 3), True)] * len(PROMPTS), ppo.pad, torch.device("cpu"))
    reference = ppo.models.reference_logprobs(batch, 1.0)
    logs = [ppo.step(PROMPTS, share, step=t, seed=0) for t in range(25)]  # adapters take off after about 15 steps
    first, last = (sum(log["reward_mean"] for log in part) / 5 for part in (logs[:5], logs[-5:]))
    assert last > first + 0.2
    torch.testing.assert_close(ppo.models.reference_logprobs(batch, 1.0), reference)
    assert logs[0]["kl"] == pytest.approx(0, abs=1e-4)
    assert logs[-1]["kl"] > 0.05


@pytest.mark.parametrize("lora", [False, True])
def test_resumed_training_is_bit_equal(make_ppo, tmp_path, lora):
    straight = make_ppo(lora=lora)
    for t in range(4):
        straight.step(PROMPTS, share, step=t, seed=3)
    first = make_ppo(lora=lora)
    for t in range(2):
        first.step(PROMPTS, share, step=t, seed=3)
    torch.save(first.state(), tmp_path / "state.pt")
    second = make_ppo(lora=lora)
    second.load_state(torch.load(tmp_path / "state.pt", weights_only=True))
    for t in range(2, 4):
        second.step(PROMPTS, share, step=t, seed=3)
    assert torch.equal(weights(straight), weights(second))


def test_a_masked_sample_changes_nothing(make_ppo):
    """Whatever a masked sample would have scored, the weights come out the same: None is not a low reward."""

    def scored(value):
        def score(rows, responses):
            scores, log = share(rows, responses)
            return [value, *scores[1:]], log

        return score

    one, same, other = make_ppo(), make_ppo(), make_ppo()
    one.step(PROMPTS, scored(None), step=0, seed=0)
    same.step(PROMPTS, scored(None), step=0, seed=0)
    other.step(PROMPTS, scored(-1.0), step=0, seed=0)
    assert torch.equal(weights(one), weights(same))
    assert not torch.equal(weights(one), weights(other))


def test_everything_masked_leaves_the_actor_finite(make_ppo):
    ppo = make_ppo()
    log = ppo.step(PROMPTS, lambda rows, r: ([None] * len(r), {}), step=0, seed=0)
    assert log["policy_loss"] == pytest.approx(0.0, abs=1e-6)
    assert torch.isfinite(weights(ppo)).all()


def test_microbatch_size_does_not_change_the_update(make_ppo):
    small, large = make_ppo(microbatch=2), make_ppo(microbatch=8)
    a = small.step(PROMPTS, share, step=0, seed=0)
    b = large.step(PROMPTS, share, step=0, seed=0)
    assert a["policy_loss"] == pytest.approx(b["policy_loss"], abs=1e-5)
    torch.testing.assert_close(weights(small), weights(large), atol=2e-4, rtol=0)


def test_critic_warmup_freezes_the_actor(make_ppo):
    ppo = make_ppo(critic_warmup_steps=1)
    before = [p.detach().clone() for p in ppo.models.actor_parameters()]
    ppo.step(PROMPTS, share, step=0, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(before, ppo.models.actor_parameters(), strict=True))
    ppo.step(PROMPTS, share, step=1, seed=0)
    assert any(not torch.equal(a, b) for a, b in zip(before, ppo.models.actor_parameters(), strict=True))


def test_logprobs_do_not_depend_on_padding(make_ppo):
    ppo = make_ppo()
    responses = [Response((20, 21, 22), True), Response((23,), True)]
    both = pack([[5, 6, 7, 8], [9]], responses, ppo.pad, torch.device("cpu"))
    alone = pack([[9]], responses[1:], ppo.pad, torch.device("cpu"))
    with torch.no_grad():
        together = ppo.models.logprobs(both, 1.0)[0][1, :1]
        single = ppo.models.logprobs(alone, 1.0)[0][0, :1]
    torch.testing.assert_close(together, single, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        ppo.models.logprobs(both.rows(torch.tensor([1])), 1.0)[0][0, :1], single, atol=1e-5, rtol=1e-5
    )
