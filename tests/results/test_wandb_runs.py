"""W&B runs: what is read back is what was logged, and what cannot be read or sent is one message."""

import subprocess

import pytest

from real.errors import DataError, InfrastructureError
from real.logger.config import LoggerCfg
from real.logger.tracker import make_tracker
from real.results import frames, wandb_runs
from real.results.__main__ import main


@pytest.fixture(scope="module")
def logged(tmp_path_factory, make_run):
    """A run whose steps went to W&B as well, as the trainer logs them."""
    store = make_run(tmp_path_factory.mktemp("runs") / "mine", steps=5)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WANDB_MODE", "offline")
        tracker = make_tracker(LoggerCfg("wandb_offline"), store.path, "mine")
        for record in store.read_steps():
            tracker.log(int(record["step"]), record)
        tracker.finish()
    return store.path


def test_curves_in_wandb_equal_those_of_the_store(logged):
    ours = frames.steps(logged)
    theirs = wandb_runs.history(logged).set_index("step")
    assert set(theirs.run_id) == {"mine"}
    for name in ("reward_mean", "r_function", "r_quality", "kl", "func_qual"):
        assert list(theirs[name]) == pytest.approx(list(ours[name])), name


def test_no_run_and_a_damaged_one_are_named(tmp_path):
    with pytest.raises(DataError, match="no W&B run under"):
        wandb_runs.history(tmp_path)
    folder = tmp_path / "wandb" / "offline-run-20260101_000000-x"
    folder.mkdir(parents=True)
    (folder / "run-x.wandb").write_bytes(b"no log")
    with pytest.raises(DataError, match=r"run-x.wandb holds nothing that W&B can read"):
        wandb_runs.history(tmp_path)


def test_sync_sends_each_offline_run_with_wandbs_own_command(logged, monkeypatch, capsys):
    sent = []

    def send(*arguments):
        sent.append(arguments)
        return subprocess.CompletedProcess(arguments, 0, "", "")

    monkeypatch.setattr(wandb_runs, "_wandb", send)
    assert main(["sync", str(logged), "--dry-run"]) == 0
    assert sent == []
    assert main(["sync", str(logged)]) == 0
    ((command, _, folder),) = sent
    assert command == "sync"
    assert "offline-run-" in folder
    assert folder in capsys.readouterr().out


def test_a_refusal_is_told_in_words(logged, monkeypatch):
    refused = subprocess.CompletedProcess((), 1, "", "wandb: ERROR no API key\n")
    monkeypatch.setattr(wandb_runs, "_wandb", lambda *_: refused)
    with pytest.raises(InfrastructureError, match="no API key"):
        wandb_runs.sync([logged])
