"""Scores the responses of one rollout while others are being written, and averages their components for the record."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

from real.errors import InfrastructureError
from real.generation import Response
from real.generation.respond import to_completions
from real.judge import Judge, Judgement
from real.policy.policy import Policy
from real.rewards import CreditMode
from real.training.local.credit import scattered, token_blame
from real.training.local.scoring import ScoredRollout
from real.training.local.second_opinion import second_opinion
from real.training.trivial_programs import is_trivial
from real.types import Completion, Credit, Reward, Task

Scored = tuple[Completion, Judgement]


class RolloutScorer:
    """A ``Scorer`` that asks a judge from a thread of its own; one object a rollout.

    Whatever has been finished while the judge was busy goes to it as its next batch. Which batches that makes changes
    no verdict, and results are put back in the order of the prompts. ``keep`` gets everything that was scored, unless
    the judge raised: ``finish`` raises the same then, and ``InfrastructureError`` above ``reward.max_masked`` or where
    the judge has not answered by its own deadlines (``Judge.patience_s``).
    """

    def __init__(
        self,
        judge: Judge,
        policy: Policy,
        tasks: Sequence[Task],
        keep: Callable[[Sequence[Scored]], None] = lambda scored: None,
        seed: str = "",
    ) -> None:
        """``tasks``: of each prompt of the rollout its own; ``seed``: of what is drawn for ``reward.credit=random``."""
        self._judge, self._policy, self._tasks, self._keep, self._seed = judge, policy, tasks, keep, seed
        self._calls: queue.SimpleQueue[Future[None]] = queue.SimpleQueue()
        # A daemon: where a judge hangs the run has to end, and an executor's thread would be waited for.
        threading.Thread(target=self._work, name="rewards", daemon=True).start()
        self._lock = threading.Lock()
        self._waiting: dict[int, Response] = {}
        self._told: set[int] = set()
        self._batches: list[Future[None]] = []
        self._scored: dict[int, Scored] = {}

    def on_finished(self, row: int, response: Response) -> None:
        """See ``Scorer``."""
        with self._lock:
            self._told.add(row)
            self._waiting[row] = response
            if len(self._waiting) == 1:
                call: Future[None] = Future()
                self._batches.append(call)
                self._calls.put(call)

    def finish(self, responses: Sequence[Response]) -> ScoredRollout:
        """See ``Scorer``."""
        for row, response in enumerate(responses):
            if row not in self._told:
                self.on_finished(row, response)
        self._wait(len(responses))
        scored = [self._scored[row] for row in range(len(responses))]
        self._keep(scored)
        rewards = [judgement.reward for _, judgement in scored]
        _stop_if_masked(rewards, self._judge.cfg.reward.max_masked)
        blame = {
            row: self._blame(row, responses[row], completion.text, reward.credit)
            for row, (completion, (_, reward)) in enumerate(scored)
            if reward.credit
        }
        log = _averages([judgement for _, judgement in scored])
        log |= second_opinion(self._judge, self._tasks, *_columns(scored))
        return ScoredRollout([r.value for r in rewards], blame, log)

    def close(self) -> None:
        """Let the thread end, once it has nothing left to do; ``finish`` does so too."""
        end: Future[None] = Future()
        end.cancel()
        self._calls.put(end)

    def _blame(self, row: int, response: Response, text: str, credit: Sequence[Credit]) -> list[float]:
        blame = token_blame(self._policy, response.tokens, text, credit)
        is_control = self._judge.cfg.reward.credit == CreditMode.random
        return scattered(blame, f"{self._seed}/{row}") if is_control else blame

    def _wait(self, answers: int) -> None:
        patience = self._judge.patience_s(self._tasks)
        late = wait(self._batches, timeout=patience).not_done
        self.close()
        if late:
            raise InfrastructureError(
                f"the judge has not answered: of {answers} answers {len(self._scored)} were scored, and the others not"
                f" within {patience:.0f} s, more than all their deadlines together",
                hint="`python -m real.execution doctor` tells what the sandbox lacks; then the same command resumes.",
            )
        for batch in self._batches:
            batch.result()

    def _work(self) -> None:
        while not (call := self._calls.get()).cancelled():
            try:
                self._score_waiting()
            except BaseException as error:  # whatever it is, the training has to hear of it
                call.set_exception(error)
            else:
                call.set_result(None)

    def _score_waiting(self) -> None:
        with self._lock:
            batch, self._waiting = dict(sorted(self._waiting.items())), {}
        tasks = [self._tasks[row] for row in batch]
        completions = to_completions(self._policy, tasks, list(batch.values()))
        judged = self._judge.score(tasks, completions)
        self._scored.update(zip(batch, zip(completions, judged, strict=True), strict=True))


def _columns(scored: Sequence[Scored]) -> tuple[list[Completion], list[Judgement]]:
    return [completion for completion, _ in scored], [judgement for _, judgement in scored]


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
        "trivial_program": sum(v.program.code is not None and is_trivial(v.program.code) for v, _ in judged)
        / len(judged),
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
