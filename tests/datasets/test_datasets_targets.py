"""Targets: what is proposed, what is kept, and how each was made."""

import json
from dataclasses import replace

import pytest

from real.datasets.__main__ import main
from real.datasets.local_jsonl import to_row
from real.datasets.targets.file import read_targets
from real.errors import DataError
from real.types import AttackSuite


@pytest.fixture
def unsafe_only(tmp_path, test):
    """Two tasks of the miniature whose only program is injectable, and one with a reference."""
    tasks = [replace(test[0], reference=None), replace(test[1], reference=None), test[2]]
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(json.dumps(to_row(task)) + "\n" for task in tasks))
    return path, tasks


def test_an_injectable_program_becomes_a_target_by_binding_and_the_second_call_does_nothing(
    tmp_path, unsafe_only, capsys
):
    path, tasks = unsafe_only
    out = tmp_path / "targets.jsonl"
    sampled = "I think this answers it.\n```python\n" + str(tasks[2].reference) + "\n```"
    given = tmp_path / "given.jsonl"
    lines = [("```python\nprint(1)\n```", tasks[2]), (sampled, tasks[2]), ("no program", tasks[1])]
    given.write_text(
        "".join(json.dumps({"task_id": task.task_id, "completion": text}) + "\n" for text, task in lines)
        + '{"task_id": "x"}\n'
    )
    argv = ["targets", str(path), "--out", str(out), "--completions", str(given), "--workers", "1"]
    assert main(argv) == 0
    printed = capsys.readouterr()
    assert "3 of 3 tasks have a target" in printed.out
    assert "line 4: no task_id or no text" in printed.err
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["task_id"] for record in records] == [task.task_id for task in tasks]
    first, second, third = records
    assert first["made_by"].startswith("parameters bound") and second["made_by"].startswith("parameters bound")
    assert third["made_by"] == "completion 1" and third["response"] == sampled and third["tried"] == 2
    assert "f'" not in first["response"] and "?" in first["response"]
    attacks = tasks[0].safety
    assert isinstance(attacks, AttackSuite) and first["safety"] == f"{len(attacks.cases)} of {len(attacks.cases)}"
    before = out.read_text()
    assert main(argv) == 0
    assert "took" not in capsys.readouterr().err  # nothing was left to do
    assert out.read_text() == before
    assert read_targets(str(out)).keys() == {task.task_id for task in tasks}


def test_what_no_maker_can_mend_has_no_target_but_a_reason(tmp_path, test, capsys):
    hopeless = replace(test[0], reference=None, unsafe="print(eval(input()))")
    path, out = tmp_path / "tasks.jsonl", tmp_path / "targets.jsonl"
    path.write_text(json.dumps(to_row(hopeless)) + "\n")
    assert main(["targets", str(path), "--out", str(out), "--workers", "1"]) == 1
    record = json.loads(out.read_text())
    assert record["response"] is None and "security" in record["reason"]
    with pytest.raises(DataError, match="holds no target"):
        read_targets(str(out))


@pytest.mark.parametrize(
    ("content", "message"), [('{"response": "x"}\n', "no task_id"), ("[]\n", "line 1"), (None, "missing")]
)
def test_a_broken_file_of_targets_is_one_message(tmp_path, content, message):
    path = tmp_path / "t.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_targets(str(path))
