"""Scores the responses of one rollout, and averages every reward component for the step's record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from real.errors import InfrastructureError
from real.generation import Response
from real.generation.respond import to_completions
from real.judge import Judge, Judgement
from real.policy.policy import Policy
from real.training.local.ppo import ScoreFn
from real.types import Reward, Task


def scorer(judge: Judge, policy: Policy, batch: Sequence[Task]) -> ScoreFn:
    """What ``Ppo.step`` calls with the responses to ``batch``; raises ``InfrastructureError`` above ``max_masked``."""

    def score(rows: Sequence[int], responses: Sequence[Response]) -> tuple[list[float | None], dict[str, float]]:
        tasks = [batch[row] for row in rows]
        judged = judge.score(tasks, to_completions(policy, tasks, responses))
        _stop_if_masked([made for _, made in judged], judge.cfg.reward.max_masked)
        return [made.value for _, made in judged], _averages(judged)

    return score


def _averages(judged: Sequence[Judgement]) -> dict[str, float]:
    rewards = [made for _, made in judged if made.value is not None]
    values = [made.value for made in rewards if made.value is not None]
    mean = sum(values) / len(values) if values else 0.0
    spread = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5 if values else 0.0
    names = sorted({name for made in rewards for name in made.components})
    # A program without a component (nothing extracted: no analysis ran) failed it.
    means = {name: sum(made.components.get(name, 0.0) for made in rewards) / len(rewards) for name in names}
    runnable = means.pop("runnable", 0.0)
    return {
        "reward_mean": mean,
        "reward_std": spread,
        **means,
        "not_runnable": 1.0 - runnable,
        "no_program": sum(verdict.program.code is None for verdict, _ in judged) / len(judged),
        "masked": (len(judged) - len(rewards)) / len(judged),
    }


def _stop_if_masked(rewards: Sequence[Reward], limit: float) -> None:
    reasons = Counter(r.masked for r in rewards if r.masked)
    share = reasons.total() / len(rewards)
    if share > limit:
        worst = ", ".join(f"{n} x {reason}" for reason, n in reasons.most_common(3))
        raise InfrastructureError(
            f"{share:.0%} of a rollout could not be scored (reward.max_masked is {limit:.0%}): {worst}",
            hint="`python -m real.execution doctor` tells what the sandbox lacks; then the same command resumes.",
        )
