"""Trackers are mirrors of steps.jsonl: every metric of every step is there once, also after a kill."""

import builtins
import csv
import json
import os
import subprocess
import sys
import textwrap

import pytest

from real.errors import UsageError
from real.logger.config import LoggerCfg
from real.logger.tracker import CsvTracker, make_tracker


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def history_of(run_dir):
    """Steps of the offline run, read with W&B's own reader; exactly one run log may exist."""
    (log,) = (run_dir / "wandb").glob("offline-run-*/*.wandb")
    done = subprocess.run(
        [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(log)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    records = [json.loads(line) for line in done.stdout.splitlines()]
    items = [record["history"]["item"] for record in records if record["type"] == "history"]
    return [{key: value for key, value in item.items() if key in ("kl", "r_function", "_step")} for item in items]


def values(step):
    return {"step": step, "r_function": step / 8, "kl": None if step == 1 else step / 4}


def test_csv_gains_columns_and_keeps_rows(tmp_path):
    tracker = CsvTracker(tmp_path / "steps.csv")
    tracker.log(1, {"step": 1, "a": 0.5})
    tracker.log(2, {"step": 2, "a": 0.25, 'odd,"key"': 3.0})
    tracker.log(3, {"step": 3})
    assert rows(tmp_path / "steps.csv") == [
        {"step": "1", "a": "0.5", 'odd,"key"': ""},
        {"step": "2", "a": "0.25", 'odd,"key"': "3.0"},
        {"step": "3", "a": "", 'odd,"key"': ""},
    ]


def test_csv_of_a_resumed_run_starts_from_its_history(tmp_path):
    before = CsvTracker(tmp_path / "steps.csv")
    for step in range(1, 5):
        before.log(step, values(step))
    after = make_tracker(LoggerCfg("none"), tmp_path, "id", history=[values(1), values(2)])
    after.log(3, values(3))
    after.finish()
    assert [row["step"] for row in rows(tmp_path / "steps.csv")] == ["1", "2", "3"]
    assert not (tmp_path / "wandb").exists()


def test_wandb_offline_holds_every_step_once_after_a_kill(tmp_path, monkeypatch, capfd):
    """A killed client loses steps and has seen others that are trained anew; the resumed log has each exactly once."""
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from real.logger.config import LoggerCfg
        from real.logger.tracker import make_tracker
        tracker = make_tracker(LoggerCfg(), Path(sys.argv[1]), "run1")
        for step in range(1, 6):
            tracker.log(step, {"step": step, "r_function": 0.0})
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    home = {**os.environ, "HOME": "/proc/nowhere"}  # no writable home is needed
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=home, capture_output=True)
    assert killed.returncode == -9
    assert killed.stdout + killed.stderr == b""
    tracker = make_tracker(
        LoggerCfg(), tmp_path, "run1", config={"reward": {"alpha": 0.5}}, history=[values(1), values(2), values(3)]
    )
    for step in (4, 5):
        tracker.log(step, values(step))
    tracker.finish()
    tracker.finish()  # twice is fine
    assert history_of(tmp_path) == [
        {"_step": 1, "r_function": 0.125},
        *({"_step": step, "r_function": step / 8, "kl": step / 4} for step in (2, 3, 4, 5)),
    ]
    assert [row["step"] for row in rows(tmp_path / "steps.csv")] == ["1", "2", "3", "4", "5"]
    assert capfd.readouterr() == ("", "")


def test_online_without_a_key_is_a_usage_error(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with pytest.raises(UsageError, match="WANDB_API_KEY") as caught:
        make_tracker(LoggerCfg("wandb"), tmp_path, "id")
    assert "wandb_offline" in str(caught.value)


@pytest.mark.parametrize("problem", [ImportError("no wandb"), OSError("no sockets here")])
def test_offline_client_that_cannot_start_is_a_warning(tmp_path, monkeypatch, problem):
    real_import = builtins.__import__

    def refuse(name, *rest, **more):
        if name == "wandb":
            raise problem
        return real_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setenv("WANDB_API_KEY", "x")
    warnings = []
    tracker = make_tracker(LoggerCfg("wandb_offline"), tmp_path, "id", warn=warnings.append)
    tracker.log(1, values(1))
    tracker.finish()
    assert len(warnings) == 1
    assert str(problem) in warnings[0]
    assert "goes on" in warnings[0]
    assert len(rows(tmp_path / "steps.csv")) == 1
    with pytest.raises(UsageError, match=str(problem)):
        make_tracker(LoggerCfg("wandb"), tmp_path, "id", warn=warnings.append)


def test_a_client_that_dies_half_way_is_left_out(tmp_path):
    from real.logger.wandb_tracker import WandbTracker

    class Dead:
        def log(self, *_, **__):
            raise BrokenPipeError("service gone")

    warnings = []
    tracker = WandbTracker(Dead(), warnings.append)
    for step in (1, 2):
        tracker.log(step, values(step))
    tracker.finish()
    assert len(warnings) == 1
    assert "service gone" in warnings[0]
