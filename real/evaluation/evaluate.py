"""Greedy evaluation of a policy on a split (paper section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from real.generation.respond import respond
from real.io.progress import Progress
from real.judge import Judge, Judgement
from real.runs.store import RunStore
from real.types import Completion, Task

if TYPE_CHECKING:  # torch comes with these
    from real.generation import Generator
    from real.policy.policy import Policy


def evaluate(
    policy: Policy,
    generator: Generator,
    judge: Judge,
    tasks: Sequence[Task],
    store: RunStore,
    stage: str,
    *,
    batch: int,
    seed: int,
) -> list[Judgement]:
    """Decode, judge (safety tests included) and record ``tasks``; responses stored by an earlier try are reused.

    ``stage`` names the files of the run directory (``before``, ``after``); ``batch`` tasks are decoded between two
    writes of the responses.
    """
    known: dict[str, Completion] = {}
    if (store / f"completions_{stage}.jsonl").exists():
        known = {c.task_id: c for c in store.read_completions(stage)}
    missing = [task for task in tasks if task.task_id not in known]
    with Progress(len(missing), f"evaluating {stage}", "tasks") as progress:
        for start in range(0, len(missing), batch):
            part = missing[start : start + batch]
            known |= {c.task_id: c for c in respond(policy, generator, part, seed=seed)}
            store.write_completions(stage, [known[t.task_id] for t in tasks if t.task_id in known])
            progress.advance(len(part))
    judged = judge.score(tasks, [known[task.task_id] for task in tasks], safety=True, both=True)
    store.write_outcomes(stage, judged)
    return judged
