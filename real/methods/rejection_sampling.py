"""Best of n: sample n answers to a task and keep the one with the highest reward (our row, not in the paper).

``select=reward`` asks the reward that REAL is trained with, which runs the task's tests: an upper bound for whoever has
no tests. ``select=findings`` knows the detector and the type checker only.
"""

from __future__ import annotations

from collections.abc import Sequence

from real.generation.respond import to_completions
from real.methods.base import AnsweringMethod
from real.methods.common.findings import count_findings
from real.methods.common.seeds import part_seed
from real.methods.config import Selection
from real.policy.chat import encode_prompt
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Completion, Task


class RejectionSampling(AnsweringMethod):
    """Nothing is trained."""

    def answer(self, ws: Workspace, tasks: Sequence[Task], seed: int) -> list[Completion]:
        """See ``best_of``."""
        return best_of(ws, tasks, seed)

    def answers_a_task(self, root: RootCfg) -> tuple[int, int]:
        """See ``AnsweringMethod``."""
        return (root.method.rejection_sampling.samples,) * 2

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        own = root.method.rejection_sampling
        return f"answer with the best of {own.samples} samples by {own.select.value}"


METHOD = RejectionSampling()


def best_of(ws: Workspace, tasks: Sequence[Task], seed: int) -> list[Completion]:
    """The best sampled answer to each task; of equal ones the first."""
    own = ws.cfg.method.rejection_sampling
    repeated = [task for task in tasks for _ in range(own.samples)]
    prompts = [encode_prompt(ws.policy.tokenizer, task) for task in repeated]
    sampled = ws.generator.generate(prompts, greedy=False, seed=part_seed(seed, tasks))
    completions = to_completions(ws.policy, repeated, sampled)
    if own.select is Selection.reward:
        values = [judged.reward.value for judged in ws.judge.score(repeated, completions)]
    else:
        values = [-count for count in count_findings(ws, repeated, completions)]
    groups = range(0, len(repeated), own.samples)
    return [completions[start + best_index(values[start : start + own.samples])] for start in groups]


def best_index(values: Sequence[float | None]) -> int:
    """The first of the highest values; a masked sample (``None``) is taken only where all are masked."""
    known = [index for index, value in enumerate(values) if value is not None]
    return max(known, key=lambda index: values[index] or 0.0) if known else 0
