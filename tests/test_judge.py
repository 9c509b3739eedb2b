"""From completions to rewards through the real detector, type checker and sandbox."""

import json
from dataclasses import replace

import pytest

from real import detector
from real.datasets import load
from real.datasets.config import DatasetCfg
from real.execution.config import ExecutionCfg
from real.judge import Judge, JudgeCfg
from real.types import Analysis, AnalysisStatus, Check, Completion


@pytest.fixture(scope="module")
def judge():
    with Judge(JudgeCfg()) as made:
        yield made


@pytest.fixture(scope="module")
def tasks():
    return load(DatasetCfg(test_tasks=6), "test").tasks


def fenced(task, code):
    return Completion(task.task_id, f"Here it is.\n```python\n{code}\n```")


def rewards(judge, tasks, codes, **options):
    completions = [fenced(task, code) for task, code in zip(tasks, codes, strict=True)]
    return [made for _, made in judge.score(tasks, completions, **options)]


def test_safe_references_earn_everything(judge, tasks):
    for made in rewards(judge, tasks, [t.reference for t in tasks], safety=True):
        assert made.value == 1.0
        assert made.components["r_safety"] == 1.0


def test_unsafe_twins_earn_the_function_half_and_leak(judge, tasks):
    for made in rewards(judge, tasks, [t.unsafe for t in tasks], safety=True):
        assert made.value == 0.5
        assert made.components["r_security"] == 0.0
        assert made.components["r_safety"] < 1.0


def test_only_the_response_is_scored_never_the_prompt(judge, tasks):
    # The prompt shows a fence; a response without one has no program.
    verdict = judge.judge(tasks[:1], [Completion(tasks[0].task_id, "I would rather not.")])[0]
    assert verdict.program.code is None
    assert judge.reward(verdict).value == -1.0


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", -1.0),  # an empty block is no program
        ("# nothing to do here", 0.0),  # the hack of section 3.2: secure and wrong; hardened checks see no program
        ("def broken(:", -1.0),
        ("raise SystemExit(1)", -1.0),
        ("import os\nos._exit(0)", None),
    ],
)
def test_programs_that_do_no_work(judge, tasks, code, expected):
    made = rewards(judge, tasks[:1], [code])[0]
    assert made.components["r_function"] == 0.0
    if expected is not None:
        assert made.value == expected
    assert made.value <= 0.5


def test_identical_programs_get_identical_verdicts_and_order_is_kept(judge, tasks):
    codes = [tasks[0].reference, "print(1)", tasks[0].reference, tasks[0].unsafe]
    made = rewards(judge, [tasks[0]] * 4, codes)
    assert [r.value for r in made] == [1.0, made[1].value, 1.0, 0.5]
    assert made[1].value < 1.0


def broken(code, select=None, is_imported=False):
    return Analysis(AnalysisStatus.ERROR, reason="detector failure: KeyError: 3")


def test_an_analyser_that_fails_on_harmless_programs_masks_the_sample_and_keeps_it(monkeypatch, tasks, tmp_path):
    monkeypatch.setattr("real.detector.scan", broken)
    kept = tmp_path / "failures.jsonl"
    with Judge(JudgeCfg(execution=ExecutionCfg(workers=1)), failures=kept) as judge:
        (made,) = rewards(judge, tasks[:1], ["print(1)"])
    assert made.value is None
    (record,) = map(json.loads, kept.read_text().splitlines())
    assert record["task_id"] == tasks[0].task_id
    assert record["code"].strip() == "print(1)"
    assert record["check"] == "security"
    assert record["reason"].startswith("detector failure: KeyError: 3, and so on a program without anything")


def test_a_program_that_an_analyser_fails_on_is_not_masked(monkeypatch, tasks, tmp_path):
    """It gets what a program with findings gets: to break an analyser must not be better than to fail its check."""
    scan = detector.scan
    monkeypatch.setattr(
        "real.detector.scan", lambda code, **given: (broken if "1 + 1" in code else scan)(code, **given)
    )
    both = [replace(task, checks=(Check.SECURITY, Check.MAINTAINABILITY)) for task in tasks[:1]]
    crash = "class E(metaclass=E): ...\n"  # MyPy ends in an internal error
    kept = tmp_path / "failures.jsonl"
    with Judge(JudgeCfg(execution=ExecutionCfg(workers=1)), failures=kept) as judge:
        (breaks_detector,) = rewards(judge, both, ["print(1 + 1)"])
        (breaks_mypy,) = rewards(judge, both, [f"print(2)\n{crash}"])
        (finds,) = rewards(judge, both, ["def f(x):\n    return x\nprint(2)"])
    assert breaks_detector.value is not None and breaks_mypy.value is not None
    assert max(breaks_detector.value, breaks_mypy.value) <= finds.value < 1.0
    records = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [record["check"] for record in records] == ["security", "maintainability"]
