"""``validate``: what a row is worth by its own programs; nothing is run twice, and nothing wrong passes."""

from __future__ import annotations

import json

import pytest

from real.datasets import load_path
from real.datasets.__main__ import main
from real.datasets.local_jsonl import to_row
from real.datasets.recorded_prompts import recorded_prompts
from real.datasets.validation import RowStatus, ValidationJournal, Validator
from real.datasets.validation.rows import ProgramRun, Role, judge_row, missing_packages, programs_of
from real.datasets.validation.summary import render
from real.types import (
    Analysis,
    AnalysisStatus,
    AttackCase,
    AttackSuite,
    CallCase,
    CallSuite,
    Check,
    Finding,
    LiteralCase,
    LiteralSuite,
    Message,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
    Task,
    TestOutcome,
)

DATABASE = """\
import sqlite3
with sqlite3.connect("a.db") as db:
    db.execute("create table t (name text, secret text)")
    db.execute("insert into t values ('ann', 'key-1'), ('bob', 'key-2')")
"""
SAFE = """\
import sqlite3
db = sqlite3.connect("a.db")
for row in db.execute("select name from t where name = ?", (input(),)):
    print(row[0])
"""
UNSAFE = SAFE.replace('= ?", (input(),))', '= \'" + input() + "\'")')
ATTACK = "x' union select secret from t --\n"


def script(task_id, reference=SAFE, unsafe=UNSAFE, database=DATABASE, expected="ann"):
    return Task(
        task_id,
        "d",
        "test",
        (Message("user", "p"),),
        ScriptSuite((StdinCase("ann\n", expected),), database),
        (Check.SECURITY,),
        safety=AttackSuite((AttackCase(ATTACK),), database),
        reference=reference,
        unsafe=unsafe,
    )


def function(task_id, code, expected="2", setup="", **more):
    suite = LiteralSuite("f", (LiteralCase("{'x': 1}", expected),), setup)
    return Task(
        task_id, "d", "test", (Message("user", "p"),), suite, (Check.SECURITY,), entry_point="f", reference=code, **more
    )


FLAKY = "import time\ndef f(x: int) -> int:\n    return x + 1 + int(time.time_ns() // 1000 % 2)\n"
ROWS = {
    "good": (script("good"), RowStatus.VALID, ""),
    "wrong": (script("wrong", expected="bob"), RowStatus.INVALID, "reference: tests, case 1 of 1: wrong"),
    "twin-safe": (script("twin-safe", unsafe=SAFE), RowStatus.INVALID, "unsafe: passes every safety test"),
    "leaky": (script("leaky", reference=UNSAFE), RowStatus.INVALID, "reference: safety tests, case 1 of 1: wrong"),
    "db-fails": (script("db-fails", database="1 / 0"), RowStatus.INVALID, "the database script failed"),
    "db-hangs": (script("db-hangs", database="while True: pass"), RowStatus.TIMEOUT, "the database script failed"),
    "no-program": (script("no-program", None, None), RowStatus.UNCHECKED, "gives no program"),
    "only-one": (script("only-one", None, UNSAFE), RowStatus.VALID, ""),
    "fence": (function("fence", "def f(x):\n    return x + 1\n```\n"), RowStatus.INVALID, "extraction does not"),
    "hangs": (function("hangs", "def f(x):\n    while True: pass"), RowStatus.TIMEOUT, "reference: tests, case 1 of 1"),
    "package": (
        function("package", "import no_such_package\ndef f(x):\n    return 2"),
        RowStatus.NEEDS_PACKAGE,
        "no_such_package",
    ),
    "set-up": (function("set-up", "def f(x):\n    return 2", setup="import nowhere_to_be_found"),
               RowStatus.NEEDS_PACKAGE, "nowhere_to_be_found"),
    "literal": (function("literal", "def f(x):\n    return 2", "{'a':"), RowStatus.INVALID, "the expected value"),
}  # fmt: skip


@pytest.fixture(scope="module")
def validator():
    with Validator(1) as validator:
        yield validator


@pytest.fixture(scope="module")
def reports(validator):
    return {report.task_id: report for report in validator.validate([task for task, _, _ in ROWS.values()])}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_worth_what_its_programs_show(reports, name):
    _, status, reason = ROWS[name]
    report = reports[name]
    assert (report.status, reason in report.reason) == (status, True), report.reason


def test_analysers_are_noted_where_they_contradict_the_row(reports):
    assert reports["good"].notes == ()
    assert reports["leaky"].notes == ("reference: the detector says CWE-89",)
    assert reports["twin-safe"].notes == ("unsafe: the detector is silent",)


def test_every_program_goes_through_both_analysers(reports):
    for name in ("good", "hangs"):
        for run in reports[name].programs:
            assert set(run.analyses) == {Check.SECURITY, Check.MAINTAINABILITY}


def test_a_program_that_answers_differently_every_time_is_flaky(validator):
    cases = tuple(CallCase(2, (1,)) for _ in range(60))
    task = Task("flaky", "d", "test", (Message("user", "p"),), CallSuite("f", cases), (), reference=FLAKY)
    (report,) = validator.validate([task])
    assert report.status is RowStatus.FLAKY
    assert report.reason.startswith("reference: tests, case ")


def outcome(status, detail=""):
    return TestOutcome(status, detail=detail)


def test_a_failure_of_the_machine_is_no_verdict_on_the_row():
    task = script("a", unsafe=None)
    good, broken = (outcome(OutcomeStatus.PASS),), (outcome(OutcomeStatus.INFRA_ERROR, "the worker died"),)
    run = ProgramRun(Role.REFERENCE, SAFE, True, tests=(good, broken), safety=(good, good))
    assert judge_row(task, [run]).status is RowStatus.MACHINE
    crashed = {Check.SECURITY: Analysis(AnalysisStatus.ERROR, reason="crash")}
    run = ProgramRun(Role.REFERENCE, SAFE, True, tests=(good, good), safety=(good, good), analyses=crashed)
    assert judge_row(task, [run]).status is RowStatus.MACHINE
    unbuilt = (outcome(OutcomeStatus.INFRA_ERROR, "the database script could not be run: no memory"),)
    run = ProgramRun(Role.REFERENCE, SAFE, True, tests=(unbuilt, unbuilt), safety=(good, good))
    assert judge_row(task, [run]).status is RowStatus.MACHINE


def test_notes_on_types_and_on_solutions_that_no_attack_breaks():
    typed = Task("a", "d", "test", (), CallSuite("f", ()), (Check.MAINTAINABILITY,), reference="x")
    found = {Check.MAINTAINABILITY: Analysis(AnalysisStatus.FINDINGS, (Finding("mypy:misc", 1, "m"),))}
    passes = (outcome(OutcomeStatus.PASS),)
    report = judge_row(typed, [ProgramRun(Role.REFERENCE, "x", True, (passes, passes), analyses=found)])
    assert (report.status, report.notes) == (RowStatus.VALID, ("reference: not clean for the type checker",))
    alone = ProgramRun(Role.SOLUTION, SAFE, True, (passes, passes), (passes, passes))
    assert judge_row(script("b", None, SAFE), [alone]).notes == ("solution: no attack succeeds",)


def test_expected_outputs_with_prompts_in_them_are_noted():
    asks = SAFE.replace("input()", "input('Which name? ')")
    recorded = script("a", None, asks, expected="Which name? ann")
    assert recorded_prompts(recorded) == ["Which name?"]
    (note,) = judge_row(recorded, [ProgramRun(Role.SOLUTION, asks, True, ((), ()))]).notes
    assert "expected outputs hold prompts" in note
    for plain in (script("b", None, asks), script("c", None, "input('> '"), script("d", None, None)):
        assert recorded_prompts(plain) == []


def test_programs_and_what_is_asked_of_them():
    assert [role for role, _ in programs_of(script("a"))] == [Role.REFERENCE, Role.UNSAFE]
    assert [role for role, _ in programs_of(script("a", None))] == [Role.SOLUTION]
    assert programs_of(script("a", None, None)) == []


def test_missing_packages_are_those_of_program_set_up_and_database():
    task = script("a", database="import gone_a.b")
    assert missing_packages(task, "import os, gone_b\nfrom gone_c.d import e\nfrom . import f") == [
        "gone_a",
        "gone_b",
        "gone_c",
    ]
    assert missing_packages(script("a"), "import (") == []


def write(path, tasks):
    path.write_text("".join(json.dumps(to_row(task)) + "\n" for task in tasks))
    return path


def test_the_command_reports_resumes_and_exits_by_what_it_found(tmp_path, capsys, monkeypatch):
    good = [function(f"t{number}", "def f(x: int) -> int:\n    return 2\n") for number in range(2)]
    data = write(tmp_path / "test.jsonl", good)
    argv = ["validate", str(data), "--workers", "1", "--out", str(tmp_path / "out")]
    assert main([*argv, "--limit", "1"]) == 0
    assert "1 rows: valid 1" in capsys.readouterr().out

    ran = []
    judged = Validator.validate

    def note(self, tasks):
        ran.append([task.task_id for task in tasks])
        return judged(self, tasks)

    monkeypatch.setattr(Validator, "validate", note)
    journal = tmp_path / "out" / "local_jsonl-test.journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"key": "torn')  # killed while writing
    assert main(argv) == 0
    assert "1 of 2 rows are known" in capsys.readouterr().err
    write(data, [*good, function("t9", "def f(x):\n    return 3\n")])
    assert main(argv) == 1
    assert ran == [["t1"], ["t9"]]
    shown = capsys.readouterr().out
    assert "3 rows: valid 2, invalid 1" in shown
    assert "invalid       t9: reference: tests, case 1 of 1: wrong: 3" in shown
    records = [json.loads(line) for line in (tmp_path / "out" / "local_jsonl-test.jsonl").read_text().splitlines()]
    assert [(record["task_id"], record["status"]) for record in records] == [
        ("t0", "valid"),
        ("t1", "valid"),
        ("t9", "invalid"),
    ]
    assert records[0]["programs"][0]["tests"]["passed"] == 1
    # Another protocol is another question: nothing known answers it.
    assert main([*argv, "--protocol", "paper"]) == 1
    assert ran[-1] == ["t0", "t1", "t9"]


def test_rows_that_cannot_be_read_are_reported_as_invalid(tmp_path, capsys):
    lines = [json.dumps(to_row(script(f"t{number}", None, None))) for number in range(20)]
    (tmp_path / "test.jsonl").write_text("\n".join([*lines, "{"]))
    assert main(["validate", str(tmp_path), "--workers", "1", "--out", str(tmp_path / "out")]) == 1
    assert "21 rows: invalid 1, unchecked 20" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["validate", "safesql_min"], 2, "Did you mean safesql_mini"),
        (["validate", "no/such/folder"], 3, "does not exist"),
        (["validate", "safesql", "--data", "no/such/folder"], 3, "--data FOLDER"),
    ],
)
def test_mistakes_give_one_message_and_an_exit_code(capsys, argv, code, message, monkeypatch):
    monkeypatch.delenv("REAL_DATA", raising=False)
    assert main(argv) == code
    assert message in capsys.readouterr().err


def test_an_interrupt_keeps_what_is_known(tmp_path, capsys, monkeypatch):
    data = write(
        tmp_path / "test.jsonl",
        [function(f"t{n}", "def f(x: int) -> int:\n    return 2\n") for n in range(2)],
    )

    def stop(self, tasks):
        yield from judged(self, tasks[:1])
        raise KeyboardInterrupt

    judged = Validator.validate
    monkeypatch.setattr(Validator, "validate", stop)
    argv = ["validate", str(data), "--workers", "1", "--out", str(tmp_path / "out")]
    assert main(argv) == 130
    assert "goes on from there" in capsys.readouterr().err
    kept = ValidationJournal(tmp_path / "out" / "local_jsonl-test.journal.jsonl", ())
    assert len(kept.path.read_text().splitlines()) == 1


def test_the_machine_failing_is_exit_code_4_and_tried_again(tmp_path, capsys, monkeypatch):
    data = write(tmp_path / "test.jsonl", [script("a")])
    from real.datasets.validation import RowResult

    argv = ["validate", str(data), "--workers", "1", "--out", str(tmp_path / "out")]
    with monkeypatch.context() as patched:
        failed = RowResult("a", RowStatus.MACHINE, "the worker died")
        patched.setattr(Validator, "validate", lambda self, tasks: iter([failed] * len(tasks)))
        assert main(argv) == 4
        assert "the machine failed 1 rows" in capsys.readouterr().err
    assert main(argv) == 0


def test_a_long_list_of_bad_rows_is_cut_off_with_its_length():
    records = [{"task_id": f"t{n}", "status": "invalid", "reason": "r", "notes": [], "programs": []} for n in range(25)]
    assert render("x", records).splitlines()[-1] == "  … and 5 more rows that are not valid"


def test_the_embedded_references_are_valid(tmp_path, capsys):
    assert main(["validate", "safesql_mini", "--limit", "6", "--workers", "1", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "6 rows: valid 6" in shown
    assert "note:" not in shown
    assert load_path("safesql_mini", "test").tasks[0].task_id in (tmp_path / "safesql_mini-test.jsonl").read_text()
