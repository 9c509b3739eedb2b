"""What a batch script runs: frozen configurations, tries that are noted, and giving up where nothing moves."""

from __future__ import annotations

import signal
import sys
import types
from pathlib import Path

import pytest
from fake_slurm import FakeSlurm
from slurm_user import CLUSTER, ROOT

from real.runs.store import RunStore
from real.settings import RootCfg
from real.slurm import array_task, attempts, manifest
from real.slurm.cli import main as submit
from real.slurm.manifest import Submission
from real.slurm.status import main as status
from real.stopping import Stopped

CONF = ROOT / "conf"


@pytest.fixture(autouse=True)
def _unshielded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is a process of its own; here it would block the signal for all tests after it."""
    monkeypatch.setattr(array_task, "shield_children", lambda: None)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Stands in for the engine; notes what it is asked, and stops by SIGUSR1 while ``stop`` is the last entry."""
    asked: list[tuple[str, int]] = []

    def run(root: RootCfg, run_dir: Path, *, train_only: bool = False) -> None:
        stop = bool(asked) and asked[-1][0] == "stop"
        asked.append(("train" if train_only else "run", root.seed))
        if stop:
            asked.append(("stop", 0))
            raise Stopped(signal.SIGUSR1)

    module = types.ModuleType("real.pipeline")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "real.pipeline", module)
    return asked


def submitted(*extra: str) -> Submission:
    assert submit(["logger=none", *CLUSTER, *extra], CONF) == 0
    *_, found = manifest.submissions(Path("outputs"))
    return found


def test_a_job_runs_what_was_frozen_under_the_id_it_had(fake: FakeSlurm, engine: list[tuple[str, int]]) -> None:
    one = submitted("seed=3")
    assert array_task.main(["train", str(one.folder), "0"]) == 0
    assert engine == [("run", 3)]
    entry = one.entries[0]
    assert (entry.run_dir / "status").read_text() == "done\n"
    assert entry.run_dir.name == entry.run_id
    (tried,) = attempts.read(one, 0)
    assert (tried.stage, tried.code) == ("train", 0)
    assert array_task.main(["train", str(one.folder), "0"]) == 0  # queued again by mistake: skipped
    assert engine == [("run", 3)]


def test_training_stops_where_evaluation_is_another_job(fake: FakeSlurm, engine: list[tuple[str, int]]) -> None:
    one = submitted("cluster.evaluate=own_job")
    assert array_task.main(["train", str(one.folder), "0"]) == 0
    assert RunStore(one.entries[0].run_dir).read_status().state == "trained"  # type: ignore[union-attr]
    assert array_task.main(["train", str(one.folder), "0"]) == 0
    assert array_task.main(["evaluate", str(one.folder), "0"]) == 0
    assert engine == [("train", 0), ("run", 0)]


def test_the_same_point_three_times_is_given_up(
    fake: FakeSlurm, engine: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    one = submitted()
    engine.append(("stop", 0))
    assert [array_task.main(["train", str(one.folder), "0"]) for _ in range(3)] == [138, 138, 1]
    assert "cluster.time is too short for one step" in capsys.readouterr().err
    assert (one.entries[0].run_dir / "status").read_text().startswith("failed: stopped 3 times")


def test_force_sets_the_old_run_aside_once(fake: FakeSlurm, engine: list[tuple[str, int]]) -> None:
    first = submitted()
    assert array_task.main(["train", str(first.folder), "0"]) == 0
    again = submitted("force=true")
    old = again.entries[0].run_dir
    (old / "marker").touch()
    engine.append(("stop", 0))
    assert array_task.main(["train", str(again.folder), "0"]) == 138
    assert not (old / "marker").exists()
    (old / "progress").touch()
    engine.pop()
    assert array_task.main(["train", str(again.folder), "0"]) == 0
    assert (old / "progress").exists()
    assert len(list((old.parent / "old").iterdir())) == 1


@pytest.mark.parametrize("words", [[], ["train"], ["train", "x", "y"], ["sing", "x", "0"]])
def test_usage(words: list[str]) -> None:
    assert array_task.main(words) == 2


def test_a_submission_that_is_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    assert array_task.main(["train", str(tmp_path), "0"]) == 3
    assert "is damaged" in capsys.readouterr().err


def test_status_shows_the_last_error_and_asks_for_a_person(
    fake: FakeSlurm, engine: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    one = submitted()
    fake.queue()
    assert status([]) == 1
    assert "never started" in capsys.readouterr().out
    attempts.started(one, 0, "train")
    RunStore(one.entries[0].run_dir).append_step({"step": 1, "reward_mean": 0.25, "seconds": 2.0})
    RunStore(one.entries[0].run_dir).write_status(manifest_state("running"))
    (one.folder / "logs" / "train-0.log").write_text(
        "fine\nCUDA error: out of memory\nsrun: error: Exited with exit code 1\n"
    )
    assert status([]) == 1
    out = capsys.readouterr().out
    assert all(text in out for text in ("lost", "+0.250", f"1/{one.entries[0].steps}"))
    assert "CUDA error: out of memory; log: " in out
    assert status(["--json", "--all", "1"]) == 1


def manifest_state(word: str):
    from real.runs.store import RunState

    return RunState(word)


def test_status_without_submissions_and_without_slurm(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    assert status([]) == 3
    submitted()
    fake.answer("squeue", err="slurm_load_jobs error: Unable to contact slurm controller\n", code=1)
    assert status([]) == 4
    assert "--offline tells" in capsys.readouterr().err
    assert status(["--offline"]) == 1
    assert status(["nope"]) == 2
