"""The same tasks answered at three stages of training, as records for the report (the paper's Figure 3)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from real.judge import Judgement
from real.runs.records import outcome_record
from real.types import JsonValue, Task


def example_records(
    tasks: Sequence[Task], stages: Sequence[tuple[str, int, Sequence[Judgement]]]
) -> Iterator[dict[str, JsonValue]]:
    """One record for each task and (stage, step, judgements) that has a verdict on it."""
    for task in tasks:
        for stage, step, judged in stages:
            of_task = (one for one in judged if one.verdict.task_id == task.task_id)
            for verdict, reward in itertools.islice(of_task, 1):  # of several samples the first: nobody chose it
                record = outcome_record(verdict, reward)
                quality = record["quality"]
                yield {
                    "stage": stage,
                    "step": step,
                    "task_id": task.task_id,
                    "prompt": "\n\n".join(message.content for message in task.prompt),
                    "code": verdict.program.code,
                    "reason": verdict.program.reason,
                    "function": record["function"],
                    "findings": quality["findings"] if isinstance(quality, dict) else [],
                    "reward": record["reward"],
                }
