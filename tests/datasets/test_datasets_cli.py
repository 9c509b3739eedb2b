"""``python -m real.datasets``: export, load again, show."""

from __future__ import annotations

import json

import pytest

from real.datasets import load_path
from real.datasets.__main__ import main


def test_an_exported_split_loads_as_the_same_tasks(tmp_path, capsys, test):
    out = tmp_path / "test.jsonl"
    assert main(["export", "safesql_mini", "--split", "test", "--out", str(out)]) == 0
    assert "150 tasks of safesql_mini" in capsys.readouterr().out
    again = load_path(str(out), "test")
    assert again.tasks == test
    assert again.skipped == []


def test_show_prints_everything_about_one_task(capsys, test):
    assert main(["show", "safesql_mini", "--index", "3"]) == 0
    shown = capsys.readouterr().out
    task = test[3]
    for part in (task.task_id, "CWE-89", task.prompt[0].content, task.reference, task.unsafe, "… and 4 more"):
        assert part in shown


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["show", "safesql_min"], 2, "Did you mean safesql_mini"),
        (["show", "safesql_mini", "--index", "999"], 3, "has 150"),
        (["show", "safesql_mini", "--index", "-1"], 3, "has 150"),
        (["export", "safesql_mini", "--out", "/"], 2, "is a folder"),
        (["export", "safesql_mini", "--out", "/proc/absent/x.jsonl"], 2, "cannot be written"),
    ],
)
def test_mistakes_give_one_message_and_an_exit_code(capsys, argv, code, message):
    assert main(argv) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err


def test_skipped_rows_are_reported(tmp_path, capsys):
    rows = [
        {"task_id": f"t{i}", "prompt": "p", "cases": [{"stdin": "", "expected": "1"}]} if i else {"task_id": "t0"}
        for i in range(25)
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["show", str(path)]) == 0
    assert "skipped row 0 t0: missing field 'prompt'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["export", "NAME", "--out", "NAME"],
        ["stats", "NAME", "--out", "NAME"],
        ["contamination", "NAME", "--out", "NAME"],
        ["card", "NAME", "--out", "NAME"],
        ["targets", "NAME", "--out", "NAME"],
        ["targets", "safesql_mini", "--completions", "NAME", "--out", "NAME"],
    ],
    ids=" ".join,
)
def test_no_command_replaces_a_file_that_it_reads(capsys, tmp_path, command):
    path = tmp_path / "test.jsonl"
    case = {"stdin": "", "expected": "1"}
    path.write_text(json.dumps({"task_id": "1", "description": "print 1", "cases": [case]}) + "\n")
    before = path.read_bytes()
    assert main([str(path) if word == "NAME" else word for word in command]) == 2
    assert "same file" in capsys.readouterr().err
    assert path.read_bytes() == before
