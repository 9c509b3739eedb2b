"""W&B runs: what is read back is what was logged, and what cannot be read or sent is one message."""

import shutil
import subprocess
from pathlib import Path

import pytest

from real.errors import DataError, InfrastructureError
from real.logger.config import LoggerCfg
from real.logger.tracker import make_tracker
from real.logger.wandb_documents import log_documents
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


@pytest.fixture
def copied(logged, tmp_path):
    shutil.copytree(logged, tmp_path / "mine", symlinks=True)
    return tmp_path / "mine"


def test_the_documents_are_an_artifact_of_the_same_run_and_its_curves_stay(copied, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    curves = wandb_runs.history(copied)
    report = copied / "report.html"
    report.write_text("the report")
    (copied / "figures").mkdir(exist_ok=True)
    (copied / "figures" / "components.svg").write_text("<svg/>")
    files = [report, copied / "figures" / "components.svg"]
    for _ in range(2):  # a second time, as after an interruption: there is one log of documents
        log_documents(LoggerCfg("wandb_offline"), copied, "mine", files, {"after/func_qual": 0.75}, warn=pytest.fail)
    records = [record for log in wandb_runs.offline_runs(copied) for record in wandb_runs.records(log)]
    (artifact,) = (record["artifact"] for record in records if record["type"] == "artifact")
    held = {entry["path"]: Path(entry["local_path"]).read_text() for entry in artifact["manifest"]["contents"]}
    assert held == {"report.html": "the report", "figures/components.svg": "<svg/>"}
    assert (artifact["name"], artifact["type"]) == ("mine-report", "report")
    assert {record["run"]["run_id"] for record in records if record["type"] == "run"} == {"mine"}
    assert any(
        record["summary"]["update"].get("after/func_qual") == 0.75 for record in records if record["type"] == "summary"
    )
    assert wandb_runs.history(copied).equals(curves)


def test_documents_that_cannot_be_copied_are_a_warning(copied, monkeypatch):
    said = []
    log_documents(LoggerCfg("none"), copied, "mine", [copied / "nowhere"], {}, warn=pytest.fail)
    monkeypatch.setenv("WANDB_MODE", "offline")
    log_documents(LoggerCfg("wandb_offline"), copied, "other", [copied / "status"], {"x": 1.0}, warn=said.append)
    assert said == []
    monkeypatch.setattr("real.logger.wandb_documents.open_run", _refused)
    log_documents(LoggerCfg("wandb_offline"), copied, "mine", [], {}, warn=said.append)
    assert said == [f"the report is not in W&B: no room. It is in {copied}."]


def _refused(*_):
    raise OSError("no room")


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
