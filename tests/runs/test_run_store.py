"""The store: what was written comes back, a kill costs one line at most, and disk trouble is told in words."""

import errno
import json
import os
from pathlib import Path

import pytest

from real.errors import DataError, InfrastructureError
from real.io import disk
from real.runs.store import RunState, RunStore
from real.types import (
    Analysis,
    AnalysisStatus,
    Check,
    Completion,
    Finding,
    OutcomeStatus,
    Program,
    Reward,
    TestOutcome,
    TraceStep,
    Verdict,
)


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs" / "abc")


def test_completions_come_back_whatever_the_model_wrote(store):
    texts = [
        "",
        "line one\nline two\r\n\u2028\x85\x00",
        "lone surrogate \ud83d",
        '"}\n{"task_id": "forged"}',
        "é 漢 🎉",
    ]
    written = [Completion(f"t/{i}", text, finished=i % 2 == 0) for i, text in enumerate(texts)]
    store.write_completions("before", written)
    assert store.read_completions("before") == written


def test_outcomes_hold_the_shape_that_scripts_read(store):
    finding = Finding("CWE-89", 5, "tainted SQL", 4, (TraceStep(2, "source: input()"),), "bind parameters")
    outcomes = (TestOutcome(OutcomeStatus.PASS), TestOutcome(OutcomeStatus.WRONG, detail="expected 3"))
    judged = Verdict(
        "t/1", Program("print(1)"), outcomes, {Check.SECURITY: Analysis(AnalysisStatus.FINDINGS, (finding,))}
    )
    missing = Verdict("t/2", Program(None, "no code block"))
    failed = Verdict("t/3", Program("x"), (TestOutcome(OutcomeStatus.INFRA_ERROR, detail="worker died"),))
    rewards = (Reward(0.25, {"r_function": 0.5, "r_quality": 0.0}), Reward(-1.0), Reward(None, masked=None))
    store.write_outcomes("after", zip((judged, missing, failed), rewards, strict=True))
    first, second, third = store.read_outcomes("after")
    assert first["status"] == "scored"
    assert first["reward"] == 0.25
    assert first["function"] == {
        "passed": 1, "total": 2, "outcomes": ["pass", "wrong"], "details": ["", "expected 3"],
    }  # fmt: skip
    assert first["quality"]["passed"] is False
    assert first["quality"]["findings"][0]["trace"] == [{"line": 2, "note": "source: input()"}]
    assert first["safety"] is None
    assert (second["status"], second["reason"], second["quality"]["passed"]) == ("no_program", "no code block", False)
    assert (third["status"], third["reason"], third["reward"]) == ("masked", "worker died", None)


def test_stage_names_cannot_leave_the_directory(store):
    with pytest.raises(ValueError, match="no stage name"):
        store.write_completions("../evil", [])


def test_resume_drops_later_steps_and_a_torn_line(store):
    for step in range(1, 8):
        store.append_step({"step": step, "reward_mean": step / 10, "explained_variance": float("nan")})
    with (store / "steps.jsonl").open("a") as file:
        file.write('{"step": 8, "rewa')
    assert [record["step"] for record in store.read_steps()] == list(range(1, 8))
    store.rewind_steps(5)
    store.append_step({"step": 6, "reward_mean": 0.9})
    records = store.read_steps()
    assert [record["step"] for record in records] == [1, 2, 3, 4, 5, 6]
    assert records[-1]["reward_mean"] == 0.9
    assert records[0]["explained_variance"] is None


def test_rewinding_a_run_that_never_trained_is_nothing(store):
    store.rewind_steps(0)
    assert store.read_steps() == []


def test_damage_in_the_middle_is_named_by_line(store):
    store.append_step({"step": 1})
    with (store / "steps.jsonl").open("a") as file:
        file.write("{broken\n")
    store.append_step({"step": 3})
    with pytest.raises(DataError, match=r"steps\.jsonl, line 2 is not valid JSON"):
        store.read_steps()


@pytest.mark.parametrize("reason", ["", "Ctrl-C: 3 steps\nare kept"])
def test_status_comes_back(store, reason):
    assert store.read_status() is None
    store.write_status(RunState.INTERRUPTED, reason)
    status = store.read_status()
    assert (status.state, status.reason) == (RunState.INTERRUPTED, " ".join(reason.split()))
    assert (store / "status").read_text().startswith("interrupted")


def test_unknown_status_is_named(store):
    disk.atomic_write(store / "status", "exploded\n")
    with pytest.raises(DataError, match="exploded"):
        store.read_status()


def test_full_disk_while_appending(store):
    store.path.mkdir(parents=True)
    (store / "steps.jsonl").symlink_to("/dev/full")  # the kernel's own full disk
    with pytest.raises(InfrastructureError, match="the disk is full") as caught:
        store.append_step({"step": 1})
    assert "steps.jsonl" in str(caught.value)
    assert "resumes" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "no permission"),
        (errno.EIO, "I/O error"),
    ],
)
def test_a_failed_replacement_keeps_the_old_file_and_no_litter(store, monkeypatch, code, message):
    store.write_metrics({"steps": 1})

    def refuse(descriptor):
        raise OSError(code, os.strerror(code).replace("Input/output", "I/O"))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InfrastructureError, match=message):
        store.write_metrics({"steps": 2})
    assert store.read_metrics() == {"steps": 1}
    assert [path.name for path in store.path.iterdir()] == ["metrics.json"]


def test_a_file_where_the_run_directory_should_be(tmp_path):
    (tmp_path / "abc").write_text("I am a file")
    with pytest.raises(InfrastructureError, match="cannot write"):
        RunStore(tmp_path / "abc").write_status(RunState.RUNNING)


def test_missing_and_wrong_json(store, tmp_path):
    with pytest.raises(DataError, match=r"metrics\.json is missing"):
        store.read_metrics()
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(DataError, match="must hold a JSON object"):
        disk.read_json(tmp_path / "list.json")


def test_results_can_be_read_by_others(store):
    store.write_metrics({"steps": 1})
    assert (store / "metrics.json").stat().st_mode & 0o777 == 0o644


def test_json_has_no_nan(store):
    store.write_metrics({"a": float("nan"), "b": [float("inf"), (1, 2)], "c": {"d": -float("inf")}})
    text = (store / "metrics.json").read_text()
    assert json.loads(text) == {"a": None, "b": [None, [1, 2]], "c": {"d": None}}
    assert "NaN" not in text


def test_making_a_store_touches_nothing(tmp_path):
    RunStore(tmp_path / "new")
    assert list(Path(tmp_path).iterdir()) == []
