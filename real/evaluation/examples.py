"""The same tasks answered at three stages of training, as records for the report (the paper's Figure 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from real.rewards import RewardCfg, reward
from real.runs.records import outcome_record
from real.types import JsonValue, Task, Verdict


def example_records(
    tasks: Sequence[Task], stages: Sequence[tuple[str, int, Sequence[Verdict]]], cfg: RewardCfg
) -> Iterator[dict[str, JsonValue]]:
    """One record for each task and (stage, step, verdicts) that has a verdict on it."""
    for task in tasks:
        for stage, step, verdicts in stages:
            for verdict in verdicts:
                if verdict.task_id != task.task_id:
                    continue
                record = outcome_record(verdict, reward(verdict, cfg))
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
