"""Credit on tokens: it keeps every sum, lowers what is blamed by its blame alone, and no later step undoes that."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from real.training.config import Estimator
from real.training.local.credit import in_unit, redistribution, scattered, token_blame, with_credit
from real.training.local.estimates import gae, reward_to_go, whiten
from real.training.local.scoring import ScoredRollout
from real.training.local.statistics import credit_statistics
from real.types import Credit

PROMPTS = [[5, 6, 7], [8, 9], [10, 11, 12, 13], [14]] * 4
BLAME = st.lists(st.floats(0, 2, width=32), min_size=1, max_size=12).map(lambda tail: [0.0, *tail])


@settings(deadline=None)
@given(st.lists(BLAME, min_size=1, max_size=4), st.floats(-1, 1, width=32))
def test_the_rewards_of_a_response_add_up_to_its_scalar(rows, scalar):
    width = max(map(len, rows))
    blame = torch.tensor([[*row, *[9.0] * (width - len(row))] for row in rows], dtype=torch.float64)
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (width - len(row)) for row in rows], dtype=torch.float64)
    rewards = redistribution(blame, mask)
    for row, of_tokens in enumerate(rows):
        rewards[row, len(of_tokens) - 1] += scalar
    torch.testing.assert_close(
        rewards.sum(dim=1), torch.full((len(rows),), scalar, dtype=torch.float64), atol=1e-6, rtol=0
    )
    assert torch.equal(rewards * (1 - mask), torch.zeros_like(rewards))
    to_go = reward_to_go(rewards, mask)  # equation (2): what is blamed has less by its blame, and nothing else moves
    torch.testing.assert_close(to_go, (scalar - blame) * mask, atol=1e-6, rtol=0)


def test_numbers_by_hand():
    """Reward 0.5 on four tokens, the second and third blamed with 0.25: taken at the first, given back at the third."""
    blame, mask = torch.tensor([[0.0, 0.25, 0.25, 0.0]]), torch.ones(1, 4)
    assert redistribution(blame, mask).tolist() == [[0.25, 0.0, -0.25, 0.0]]
    without = torch.full((1, 4), 0.5)
    made = with_credit(without, blame, mask)
    assert made.tolist() == [[0.5, 0.25, 0.25, 0.5]]
    # mean 0.375, deviation 0.125
    torch.testing.assert_close(whiten(made, mask), torch.tensor([[1.0, -1.0, -1.0, 1.0]]))


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0, 0.0], [0.3, -0.2, 0.1, 0.4]])
def test_credit_is_what_gae_makes_of_the_redistributed_rewards(values):
    """With gamma = lambda = 1, the paper's; the critic's own targets stay those without credit."""
    blame, mask, values = torch.tensor([[0.0, 0.5, 0.0, 0.25]]), torch.ones(1, 4), torch.tensor([values])
    rewards = torch.tensor([[-0.01, 0.0, 0.02, 0.7]])
    plain, _ = gae(rewards, values, mask, 1.0, 1.0)
    credited, _ = gae(rewards + redistribution(blame, mask), values, mask, 1.0, 1.0)
    torch.testing.assert_close(with_credit(plain, blame, mask), credited)


def test_blame_is_bounded_whatever_it_is_divided_by():
    assert in_unit(torch.tensor([0.0, 0.5, 2.0]), 1e-4).tolist() == [0.0, 10.0, 10.0]
    assert in_unit(torch.tensor([0.0, 0.5]), 0.25).tolist() == [0.0, 2.0]


@pytest.mark.parametrize("estimator", list(Estimator))
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("lam", [1.0, 0.9])
def test_no_estimator_undoes_it(make_ppo, estimator, normalize, lam):
    """Against the same rollout without blame: blamed tokens lie lower by one factor times their blame, others alike."""
    if estimator is not Estimator.gae and lam != 1.0:
        lam = 1.0

    def advantages(blamed):
        seen = []
        ppo = make_ppo(
            estimator=estimator, samples_per_prompt=4, rollout_batch=4, normalize_rewards=normalize, gae_lambda=lam
        )
        ppo._update = lambda experience, rng, step: seen.append(experience) or {}
        scorer = SimpleNamespace(on_finished=lambda row, response: None, finish=lambda made: scored(made, blamed))
        log = ppo.step([prompt for prompt in PROMPTS[:4] for _ in range(4)], scorer, step=0, seed=0)
        return seen[0], log

    def scored(responses, blamed):
        scores = [(-1.0, 0.0, 0.5, 1.0)[row % 4] for row in range(len(responses))]
        return ScoredRollout(scores, {2: [0.0, *[0.5] * (len(responses[2].tokens) - 2), 0.0]} if blamed else {})

    (plain, silent), (credited, log) = advantages(False), advantages(True)
    assert "blamed_share" not in silent
    mask = plain.mask.bool()
    at = torch.zeros_like(mask)
    at[2, 1 : int(plain.mask[2].sum()) - 1] = True
    assert at.any()
    spread = _slope(plain.advantages[mask & ~at], credited.advantages[mask & ~at])  # whitening: one map for all tokens
    moved = plain.advantages * spread[0] + spread[1] - credited.advantages
    assert moved[at].min() > 0.05
    torch.testing.assert_close(moved[at], moved[at].mean().expand(int(at.sum())), atol=1e-4, rtol=0)
    torch.testing.assert_close(moved[mask & ~at], torch.zeros(int((mask & ~at).sum())), atol=1e-4, rtol=0)
    assert torch.equal(plain.returns, credited.returns) or estimator is not Estimator.gae
    assert log["advantage_blamed"] < log["advantage_rest"]
    assert log["blamed_share"] == pytest.approx(float(at.sum() / mask.sum()))


def _slope(x, y):
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    return slope, y.mean() - slope * x.mean()


def test_what_is_logged_is_of_the_responses_with_blame():
    advantages = torch.tensor([[1.0, -1.0, 3.0], [9.0, 9.0, 9.0]])
    blame, mask = torch.tensor([[0.0, 0.5, 0.0], [0.0, 0.0, 0.0]]), torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    log = credit_statistics(advantages, blame, mask)
    assert log == {"blamed_share": pytest.approx(0.2), "advantage_blamed": -1.0, "advantage_rest": 2.0}
    assert credit_statistics(advantages, torch.zeros_like(blame), mask) == {}


def test_the_control_has_the_same_blame_elsewhere():
    blame = [0.0, 0.0, 0.5, 0.25, *[0.0] * 20]
    made = scattered(blame, "0/1/2")
    assert made == scattered(blame, "0/1/2") != scattered(blame, "0/1/3")
    assert sorted(made) == sorted(blame)
    assert made[0] == 0.0


def test_a_special_token_within_what_is_blamed_writes_nothing_and_bears_nothing():
    words = {1: "ab", 2: "", 3: "cd"}
    policy = SimpleNamespace(
        tokenizer=SimpleNamespace(decode=lambda ids, skip_special_tokens: "".join(words[i] for i in ids))
    )
    assert token_blame(policy, (1, 1, 2, 3), "ababcd", [Credit(2, 6, 0.5)]) == [0.0, 0.5, 0.0, 0.5]
