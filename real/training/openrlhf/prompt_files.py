"""Write OpenRLHF's prompt files: messages, a label that identifies the task, and the data set; tests stay out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from real.io import disk
from real.prompts import messages
from real.serving.openrlhf_answer import Label, write_label
from real.training.openrlhf.prompt_schedule import PromptSchedule, tasks_of_rows
from real.types import Task


def write_train(path: Path, tasks: Sequence[Task], schedule: PromptSchedule, seed: int) -> None:
    """Write ``schedule.rows`` training prompts; the same settings write the same bytes."""
    order = tasks_of_rows(schedule, len(tasks), seed)
    _write(path, (_line(tasks[index], "train", row) for row, index in enumerate(order)))


def write_eval(path: Path, tasks: Sequence[Task]) -> None:
    """Write the evaluation prompts, each task once."""
    _write(path, (_line(task, "eval", row) for row, task in enumerate(tasks)))


def write_reward(path: Path, address: Path, deadline_s: float) -> None:
    """Write the Python file that OpenRLHF loads into its engines: the reward function, bound to this run's scorer."""
    disk.atomic_write(
        path,
        "from real.serving.openrlhf_reward import bind\n\n"
        f"reward_func = bind({str(address)!r}, deadline_s={deadline_s!r})\n",
    )


def _line(task: Task, mode: str, row: int) -> str:
    record = {
        "messages": [{"role": message.role, "content": message.content} for message in messages(task)],
        "label": write_label(Label(task.dataset, task.task_id, mode, row)),
        "datasource": task.dataset,
    }
    return json.dumps(record) + "\n"


def _write(path: Path, lines: Iterator[str]) -> None:
    """Like ``disk.atomic_write``, but line by line: a file has up to 100 MB."""
    part = path.with_name(f".{path.name}.part")
    with disk.disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="ascii") as file:
            file.writelines(lines)
        part.replace(path)
