"""Greedy evaluation of a policy on a split (paper section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from real.io.progress import Progress
from real.policy.chat import encode_prompt
from real.rewards import reward
from real.runs.store import RunStore
from real.types import Completion, Task, Verdict

if TYPE_CHECKING:  # torch or hydra come with these; the rest of evaluation works without
    from real.config.schema import RootCfg
    from real.generation import Generator
    from real.judge import Judge
    from real.training.start import Policy


def respond(policy: Policy, generator: Generator, tasks: Sequence[Task], *, seed: int) -> list[Completion]:
    """One greedy completion a task."""
    prompts = [encode_prompt(policy.tokenizer, task) for task in tasks]
    return [
        Completion(task.task_id, policy.tokenizer.decode(r.tokens, skip_special_tokens=True), r.finished)
        for task, r in zip(tasks, generator.generate(prompts, greedy=True, seed=seed), strict=True)
    ]


def evaluate(
    policy: Policy,
    generator: Generator,
    judge: Judge,
    tasks: Sequence[Task],
    store: RunStore,
    stage: str,
    *,
    cfg: RootCfg,
) -> list[Verdict]:
    """Decode, judge (safety tests included) and record ``tasks``; responses stored by an earlier try are reused."""
    known: dict[str, Completion] = {}
    if (store / f"completions_{stage}.jsonl").exists():
        known = {c.task_id: c for c in store.read_completions(stage)}
    missing = [task for task in tasks if task.task_id not in known]
    with Progress(len(missing), f"evaluating {stage}", "tasks") as progress:
        for start in range(0, len(missing), cfg.generation.batch):
            part = missing[start : start + cfg.generation.batch]
            known |= {c.task_id: c for c in respond(policy, generator, part, seed=cfg.seed)}
            store.write_completions(stage, [known[t.task_id] for t in tasks if t.task_id in known])
            progress.advance(len(part))
    verdicts = judge.judge(tasks, [known[task.task_id] for task in tasks], safety=True)
    store.write_outcomes(stage, [(verdict, reward(verdict, judge.cfg)) for verdict in verdicts])
    return verdicts
