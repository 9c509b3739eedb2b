"""Methods that train nothing: another prompt, the best of several samples, repairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from method_helpers import Scripted, fenced

from real.errors import DataError
from real.methods.common.answer_log import record_answers
from real.methods.config import Selection
from real.methods.prompt_eng import METHOD as PROMPT_ENG
from real.methods.prompt_eng import instruction, with_instruction
from real.methods.rejection_sampling import METHOD as BEST_OF
from real.methods.rejection_sampling import best_index
from real.methods.self_repair import METHOD as REPAIR
from real.training.workspace import Workspace
from real.types import Check, Message, Task


def task_of(text: str, tasks: list[Task]) -> Task:
    """Which task a prompt is about."""
    (found,) = [task for task in tasks if task.prompt[-1].content in text]
    return found


def test_the_instruction_is_a_paragraph_after_the_prompt(tasks: list[Task]) -> None:
    asked = with_instruction(tasks[0], "Write secure code.")
    assert asked.prompt == (Message("user", f"{tasks[0].prompt[-1].content}\n\nWrite secure code."),)
    assert asked.tests is tasks[0].tests


def test_each_quality_has_its_text_and_a_file_replaces_it(tmp_path: Path) -> None:
    own = tmp_path / "mine.txt"
    own.write_text("Be careful.\n", encoding="utf-8")
    assert instruction([Check.SECURITY]).startswith("Write secure code.")
    assert instruction([Check.MAINTAINABILITY]).startswith("Write maintainable code.")
    assert len(instruction(list(Check)).splitlines()) == 2
    assert instruction(list(Check), str(own)) == "Be careful."
    own.write_text(" \n", encoding="utf-8")
    with pytest.raises(DataError, match="empty"):
        instruction(list(Check), str(own))


def test_prompt_eng_asks_with_the_instruction(workspace: Workspace, tokenizer: Any, tasks: list[Task]) -> None:
    told = Scripted(tokenizer, lambda text, count: "answer")
    workspace.generator = told
    assert PROMPT_ENG.run(workspace) == 0
    assert workspace.responder is not None
    assert [c.text for c in workspace.responder(tasks[:2], 0)] == ["answer"] * 2
    assert all(instruction(tasks[0].checks) in asked for asked in told.asked)


def test_what_is_answered_again_is_recorded_once(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    record_answers(log, [{"task_id": "a", "clean": True}, {"task_id": "b", "clean": False}])
    record_answers(log, [{"task_id": "b", "clean": True}, {"task_id": "c", "clean": False}])
    assert [json.loads(line) for line in log.read_text().splitlines()] == [
        {"task_id": "a", "clean": True},
        {"task_id": "b", "clean": True},
        {"task_id": "c", "clean": False},
    ]


def test_the_first_of_the_highest_wins_and_masked_ones_only_among_themselves() -> None:
    assert best_index([0.5, 1.0, 1.0]) == 1
    assert best_index([None, -1.0, None]) == 1
    assert best_index([None, None]) == 0


def test_best_of_n_takes_the_safe_reference(workspace: Workspace, tokenizer: Any, tasks: list[Task]) -> None:
    def say(text: str, count: int) -> str:
        task = task_of(text, tasks)
        return ["no program", fenced(task.unsafe), fenced(task.reference), fenced("print(1)")][count]

    own = workspace.cfg.method.rejection_sampling
    own.samples = 4
    BEST_OF.run(workspace)
    assert workspace.responder is not None
    workspace.generator = Scripted(tokenizer, say)
    assert [c.text for c in workspace.responder(tasks[:2], 0)] == [fenced(task.reference) for task in tasks[:2]]
    own.select = Selection.findings  # knows no tests: the first program without findings is as good as any
    own.samples = 3
    workspace.generator = Scripted(tokenizer, say)
    assert [c.text for c in workspace.responder(tasks[:2], 0)] == [fenced(task.reference) for task in tasks[:2]]


def test_self_repair_shows_findings_and_keeps_what_has_fewer(
    workspace: Workspace, tokenizer: Any, tasks: list[Task], capsys: pytest.CaptureFixture[str]
) -> None:
    """First answers: unsafe, unsafe, safe, no program. Repairs: safe, safe but wrong, -, no program again."""

    def say(text: str, count: int) -> str:
        task = task_of(text, tasks)
        number = tasks.index(task)
        repairing = "An analysis of your program reports" in text
        if number == 0:
            return fenced(task.reference if repairing else task.unsafe)
        if number == 1:
            return fenced("print(1)" if repairing else task.unsafe)
        return fenced(task.reference) if number == 2 else "no program"

    generator = Scripted(tokenizer, say)
    workspace.generator = generator
    REPAIR.run(workspace)
    assert workspace.responder is not None
    answers = [c.text for c in workspace.responder(tasks, 0)]
    assert answers == [fenced(tasks[0].reference), fenced("print(1)"), fenced(tasks[2].reference), "no program"]
    asked = [text for text in generator.asked if "An analysis of your program reports" in text]
    assert "CWE-89, line" in next(text for text in asked if task_of(text, tasks) is tasks[0])
    assert not any(task_of(text, tasks) is tasks[2] for text in asked)  # a clean program is never touched
    lines = [json.loads(line) for line in (workspace.store / "repairs.jsonl").read_text().splitlines()]
    assert [(line["task_id"], line["function"]) for line in lines] == [
        (tasks[0].task_id, [True, True]),
        (tasks[1].task_id, [True, False]),
    ]
    assert "1 of 2 repaired programs passed their tests before and fail now" in capsys.readouterr().out


def test_a_request_without_findings_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    own = tmp_path / "request.txt"
    own.write_text("Try again.", encoding="utf-8")
    workspace.cfg.method.self_repair.text = str(own)
    (lack,) = REPAIR.missing(workspace.cfg)
    assert "has no field {findings}" in lack
    workspace.cfg.method.self_repair.text = str(tmp_path / "absent.txt")
    (lack,) = REPAIR.missing(workspace.cfg)
    assert lack.startswith(f"the file method.self_repair.text={tmp_path / 'absent.txt'} cannot be read: No such file")
