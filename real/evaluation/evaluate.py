"""Evaluation of a policy on a split: greedy (paper section 4.1), or several samples a task at a temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from real.evaluation.sampling import GREEDY, Sampling
from real.generation.respond import Responder, respond
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
    sampling: Sampling = GREEDY,
    responder: Responder | None = None,
) -> list[Judgement]:
    """Answer (greedily, or as ``responder`` does), judge (safety tests included) and record ``tasks``.

    ``stage`` names the files of the run directory (``before``, ``after``); ``batch`` responses are decoded between two
    writes. The samples of a task follow each other in what is returned and recorded. Where they are drawn,
    ``generator`` does so at the temperature of ``sampling``, and each batch has a seed of its own, so that an
    interrupted evaluation ends as any other. Programs are run twice, to find the flaky ones.
    """
    asked = [(task, sample) for task in tasks for sample in range(sampling.samples)]
    known: dict[tuple[str, int], Completion] = {}
    if (store / f"completions_{stage}.jsonl").exists():
        known = {(one.task_id, one.sample): one for one in store.read_completions(stage)}
    batches = [(start, asked[start : start + batch]) for start in range(0, len(asked), batch)]
    missing = [(start, part) for start, part in batches if any((t.task_id, n) not in known for t, n in part)]
    with Progress(sum(len(part) for _, part in missing), f"evaluating {stage}", "responses") as progress:
        for start, part in missing:
            of_batch = seed if sampling.greedy else sampling.seed(seed, stage, start)
            wanted = [task for task, _ in part]
            if responder is not None:
                answers = responder(wanted, of_batch)
            else:
                answers = respond(policy, generator, wanted, seed=of_batch, greedy=sampling.greedy)
            for (task, sample), answer in zip(part, answers, strict=True):
                known[task.task_id, sample] = replace(answer, sample=sample)
            store.write_completions(stage, [known[t.task_id, n] for t, n in asked if (t.task_id, n) in known])
            progress.advance(len(part))
    answers = [known[task.task_id, sample] for task, sample in asked]
    judged = judge.score([task for task, _ in asked], answers, safety=True, both=True, twice=True)
    store.write_outcomes(stage, judged)
    return judged
