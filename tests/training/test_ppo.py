"""The PPO step: it learns, masks, resumes bit for bit, and does the same with LoRA adapters."""

from collections import Counter

import pytest
import torch

from real.errors import InfrastructureError, UsageError
from real.policy.config import LoraCfg, TinyCfg
from real.policy.tiny import build_tiny
from real.training.config import Critic, Estimator
from real.training.local.models import ActorCritic
from real.training.local.packed import pack_tokens
from real.training.local.ppo import NotFiniteError
from real.training.local.scoring import ScoredRollout, shuffled

PROMPTS = [[5, 6, 7], [8, 9], [10, 11, 12, 13], [14]] * 4
WANTED = range(5, 10)  # the toy reward: share of these tokens in the response


class Scores:
    """A ``Scorer`` that calls a function of the responses when all are there."""

    def __init__(self, function):
        self.function = function

    def on_finished(self, row, response): ...

    def finish(self, responses):
        return self.function(responses)


def rewards(responses):
    scores = [sum(t in WANTED for t in r.tokens) / len(r.tokens) for r in responses]
    return ScoredRollout(scores, log={"reward_mean": sum(scores) / len(scores)})


share = Scores(rewards)


def weights(ppo):
    return torch.cat([p.detach().flatten() for p in ppo.models.trainable_state().values()])


@pytest.mark.parametrize("lora", [False, True])
def test_policy_learns_a_rewarded_token_and_the_reference_stays(make_ppo, lora):
    ppo = make_ppo(lora=lora, actor_lr=1e-2, critic_lr=1e-2)
    batch = pack_tokens(PROMPTS, [(42, 3)] * len(PROMPTS))
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
        def score(responses):
            found = rewards(responses)
            return ScoredRollout([value, *found.scores[1:]], log=found.log)

        return Scores(score)

    one, same, other = make_ppo(), make_ppo(), make_ppo()
    one.step(PROMPTS, scored(None), step=0, seed=0)
    same.step(PROMPTS, scored(None), step=0, seed=0)
    other.step(PROMPTS, scored(-1.0), step=0, seed=0)
    assert torch.equal(weights(one), weights(same))
    assert not torch.equal(weights(one), weights(other))


def test_everything_masked_leaves_the_actor_finite(make_ppo):
    ppo = make_ppo()
    log = ppo.step(PROMPTS, Scores(lambda r: ScoredRollout([None] * len(r))), step=0, seed=0)
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


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("critic", list(Critic))
def test_every_critic_learns_the_value_of_a_response(make_ppo, lora, critic):
    """Every response scores 1, which a value head that starts at 0 has to find out."""
    ppo = make_ppo(lora=lora, critic=critic, actor_lr=1e-9, critic_lr=3e-2, normalize_rewards=False)
    ones = Scores(lambda responses: ScoredRollout([1.0] * len(responses)))
    logs = [ppo.step(PROMPTS, ones, step=t, seed=0) for t in range(8)]
    assert logs[-1]["value_mean"] > 0.5
    assert logs[-1]["value_loss"] < 0.5 * logs[0]["value_loss"]


def test_a_critic_on_a_trunk_of_its_own_is_the_same_network_as_on_the_actors(make_ppo):
    """At the start, before either has moved: one forward pass gives what two gave."""
    own, shared = make_ppo(critic="own"), make_ppo(critic="shared")
    batch = pack_tokens(PROMPTS, [(42, 3)] * len(PROMPTS))
    for ppo in (own, shared):
        torch.nn.init.normal_(ppo.models.value_head.weight, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(shared.models.policy(batch, 1.0).values, own.models.values(batch))
    assert own.models.policy(batch, 1.0).values is None


@pytest.mark.parametrize("estimator", [e for e in Estimator if e is not Estimator.gae])
def test_estimators_without_a_critic_learn_and_have_none(make_ppo, estimator):
    ppo = make_ppo(estimator=estimator, samples_per_prompt=4, actor_lr=1e-2)
    prompts = [prompt for prompt in PROMPTS for _ in range(4)]
    logs = [ppo.step(prompts, share, step=t, seed=0) for t in range(8)]
    assert logs[-1]["reward_mean"] > logs[0]["reward_mean"] + 0.1
    assert ppo.models.critic_parameters() == []
    assert ppo.models.critic is None
    assert "value_loss" not in logs[0]
    assert "explained_variance" not in logs[0]


@pytest.mark.parametrize("estimator", list(Estimator))
def test_blame_on_tokens_moves_what_no_scalar_rewards(make_ppo, estimator):
    """Every response scores the same; only the blame of tokens with odd numbers tells them apart."""

    def even(responses):
        shares = [sum(t % 2 == 0 for t in r.tokens) / len(r.tokens) for r in responses]
        return {"reward_mean": sum(shares) / len(shares)}

    def credited(responses):
        blame = {n: [0.0, *(0.5 * (t % 2) for t in r.tokens[1:])] for n, r in enumerate(responses)}
        return ScoredRollout([0.0] * len(responses), blame, even(responses))

    def learnt(scorer):
        ppo = make_ppo(actor_lr=1e-2, critic_lr=1e-2, estimator=estimator, samples_per_prompt=2)
        prompts = [prompt for prompt in PROMPTS[:8] for _ in range(2)]
        return [ppo.step(prompts, scorer, step=t, seed=0) for t in range(15)]

    with_blame = learnt(Scores(credited))
    without = learnt(Scores(lambda responses: ScoredRollout([0.0] * len(responses), log=even(responses))))
    assert with_blame[-1]["reward_mean"] > with_blame[0]["reward_mean"] + 0.2
    assert with_blame[-1]["reward_mean"] > without[-1]["reward_mean"] + 0.2
    assert with_blame[0]["advantage_blamed"] < with_blame[0]["advantage_rest"]
    assert "advantage_blamed" not in without[0]


@pytest.mark.parametrize("critic", list(Critic))
@pytest.mark.parametrize("lora", [False, True])
def test_gradient_checkpointing_changes_no_number(make_ppo, lora, critic):
    plain, checkpointed = (make_ppo(lora=lora, critic=critic, gradient_checkpointing=on) for on in (False, True))
    logs = [[ppo.step(PROMPTS, share, step=step, seed=0) for step in range(3)] for ppo in (plain, checkpointed)]
    torch.testing.assert_close(weights(plain), weights(checkpointed), atol=1e-5, rtol=1e-4)
    for one, other in zip(*logs, strict=True):
        assert other["critic_grad_norm"] == pytest.approx(one["critic_grad_norm"], rel=1e-4)


def test_a_loss_that_is_not_finite_stops_before_the_weights_move(make_ppo):
    ppo = make_ppo()
    before = weights(ppo)
    scorer = Scores(lambda responses: ScoredRollout([float("nan"), *[0.0] * (len(responses) - 1)]))
    with pytest.raises(NotFiniteError, match=r"step 3, update 1: .*nan") as caught:
        ppo.step(PROMPTS, scorer, step=2, seed=0)
    assert len(caught.value.rows) == ppo.cfg.minibatch
    assert torch.equal(weights(ppo), before)


@pytest.mark.parametrize(
    ("error", "settings", "override"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), {"microbatch": 4}, "trainer.microbatch=2"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), {"microbatch": 4}, "trainer.microbatch=2"),
        (MemoryError(), {"microbatch": 1}, "trainer.gradient_checkpointing=true"),
        (MemoryError(), {"microbatch": 1, "gradient_checkpointing": True}, "model.lora.enabled=true"),
    ],
)
def test_out_of_memory_names_the_phase_and_the_override(make_ppo, monkeypatch, error, settings, override):
    ppo = make_ppo(**settings)

    def refuse(*_):
        raise error

    monkeypatch.setattr(ppo.models, "values", refuse)
    with pytest.raises(InfrastructureError, match=r"ran out of memory while computing log-prob") as caught:
        ppo.step(PROMPTS, share, step=0, seed=0)
    assert override in caught.value.hint


def test_other_errors_of_torch_stay_what_they_are(make_ppo, monkeypatch):
    ppo = make_ppo()
    monkeypatch.setattr(ppo.models, "values", lambda *_: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size"):
        ppo.step(PROMPTS, share, step=0, seed=0)


def test_phases_and_statistics_are_in_the_record(make_ppo):
    log = make_ppo().step(PROMPTS, share, step=0, seed=0)
    assert log["seconds"] == pytest.approx(
        log["seconds_generate"] + log["seconds_reward"] + log["seconds_forward"] + log["seconds_update"]
    )
    assert log["unfinished"] <= 1
    assert log["response_tokens"] <= log["response_tokens_max"] <= 8
    assert log["tokens_per_s_update"] > 0
    assert log["return_std"] > 0
    assert log["advantage_mean"] == pytest.approx(log["return_mean"] - log["value_mean"], abs=1e-5)


def test_a_model_whose_logits_are_more_than_a_product_is_refused(toy_tokenizer):
    model = build_tiny(TinyCfg(hidden=32, layers=1, heads=2, kv_heads=1, intermediate=64), toy_tokenizer, seed=0)
    model.lm_head = torch.nn.Linear(32, len(toy_tokenizer))  # with a bias
    torch.nn.init.constant_(model.lm_head.bias, 3.0)
    with pytest.raises(UsageError, match="output layer"):
        ActorCritic(model, LoraCfg())


def test_a_model_with_windows_is_refused(toy_tokenizer):
    model = build_tiny(TinyCfg(hidden=32, layers=1, heads=2, kv_heads=1, intermediate=64), toy_tokenizer, seed=0)
    model.config.sliding_window = 4
    with pytest.raises(UsageError, match="windows"):
        ActorCritic(model, LoraCfg())


def test_shuffled_rewards_are_dealt_anew_each_step_and_carry_no_credit():
    scored = ScoredRollout([float(n) for n in range(50)] + [None], {0: [1.0]})
    first, again, other = (shuffled(scored, seed) for seed in (1, 1, 2))
    assert first.scores == again.scores != scored.scores
    assert other.scores != first.scores
    assert Counter(first.scores) == Counter(scored.scores)
    assert not first.blame


def test_the_control_trains_on_shuffled_rewards(make_ppo):
    plain, control = make_ppo(), make_ppo(shuffle_rewards=True)
    for ppo in (plain, control):
        ppo.step(PROMPTS, share, step=0, seed=0)
    assert not torch.equal(weights(plain), weights(control))


@pytest.mark.parametrize("settings", [{}, {"estimator": Estimator.rloo, "samples_per_prompt": 4, "rollout_batch": 4}])
@pytest.mark.parametrize("lora", [False, True])
def test_log_probabilities_of_the_sampler_train_as_those_of_a_pass_of_their_own(make_ppo, settings, lora):
    computed, sampled = make_ppo(lora=lora, **settings), make_ppo(lora=lora, sampled_logprobs=True, **settings)
    sampled.generator.keeps_logprobs = True
    prompts = sorted(PROMPTS)
    for step in range(3):
        logs = [ppo.step(prompts, share, step=step, seed=0) for ppo in (computed, sampled)]
        assert logs[0].keys() == logs[1].keys()
        assert logs[1]["kl"] == pytest.approx(logs[0]["kl"], abs=1e-4)
    torch.testing.assert_close(weights(sampled), weights(computed), atol=1e-4, rtol=1e-3)
    assert all(len(r.logprobs) == len(r.tokens) for r in sampled.generator.generate(prompts, greedy=False, seed=1))
    assert not any(r.logprobs for r in computed.generator.generate(prompts, greedy=False, seed=1))
