"""The check of a new node: what it finds in a run's records, how it kills and resumes, and what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from slurm_user import ROOT

from real.errors import InfrastructureError
from real.machine import Machine
from real.runs.store import RunState, RunStore
from real.slurm.node_check import cli, findings, rehearsal, submission
from real.slurm.node_check.peaks import Peaks, PeakWatch, size_gb

GOOD = {
    "policy_loss": 0.1,
    "value_loss": 0.1,
    "kl": 0.1,
    "reward_mean": 0.0,
    "masked": 0.0,
    "vllm_kl": 5e-5,
    "logprobs_diff": 0.2,
    "seconds": 30.0,
}


@pytest.fixture(autouse=True)
def eight_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "machine", lambda: Machine(96, (80.0,) * 8))


def recorded(folder: Path, steps: int = 6, changes: Mapping[int, Mapping[str, Any]] | None = None) -> Path:
    """A finished run of the experiment; ``changes`` are to the metrics of single steps."""
    with initialize_config_dir(config_dir=str(ROOT / "conf"), version_base="1.3"):
        cfg = compose("config", ["+exp=first_node_check", f"trainer.steps={steps}"])
    store = RunStore(folder)
    (folder / "openrlhf").mkdir(parents=True)
    OmegaConf.save(cfg, folder / "config.yaml")
    for number in range(1, steps + 1):
        store.append_step({"step": number, **GOOD, **(changes or {}).get(number, {})})
    rows = [{"mode": "train", "row": row, "time": float(row)} for row in range(64 * steps)]
    (folder / "openrlhf" / "scored.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    store.write_status(RunState.DONE)
    return folder


def wrong(found: list[findings.Finding]) -> dict[str, str]:
    return {finding.name: finding.change for finding in found if finding.change}


def test_a_good_run_passes(tmp_path: Path) -> None:
    found = findings.examine(recorded(tmp_path / "run"), resumed=True, peaks=Peaks(60.0, 100.0, 500.0, 14.0))
    assert wrong(found) == {}
    assert findings.verdict(found) == "passed"
    said = "\n".join(map(str, found))
    for figure in (
        "60 of 80 GB (estimated: ",
        "100 of 500 GB",
        "14.0 GB (estimated: 12.9)",
        "30 s a step (estimated: ",
    ):
        assert figure in said


@pytest.mark.parametrize(
    ("change", "name", "advice"),
    [
        ({"vllm_kl": 0.2}, "weights", "Engines sample with old weights"),
        ({"vllm_kl": 0.03}, "weights", "round differently"),
        ({"vllm_kl": None}, "weights", ""),
        ({"masked": 0.25}, "rewards", "python -m real.execution doctor"),
        ({"policy_loss": None}, "losses", "trainer.actor_lr"),
    ],
)
def test_a_bad_step_is_told_with_what_to_change(change: dict[str, Any], name: str, advice: str, tmp_path: Path) -> None:
    every = range(1, 7) if change.get("vllm_kl", 0) is None else [4]
    found = wrong(findings.examine(recorded(tmp_path / "run", changes=dict.fromkeys(every, change))))
    assert list(found) == [name]
    assert advice in found[name]


def test_prompts_steps_resume_end_and_memory_are_looked_at(tmp_path: Path) -> None:
    run = recorded(tmp_path / "run")
    with (run / "steps.jsonl").open("a") as file:
        file.write(json.dumps({"step": 6, **GOOD}) + "\n")
    scored = run / "openrlhf" / "scored.jsonl"
    lines = scored.read_text().splitlines()
    scored.write_text("\n".join([*lines[:5], *lines]) + "\n")
    RunStore(run).write_status(RunState.FAILED, "a GPU ran out of memory")
    found = findings.examine(run, resumed=False, peaks=Peaks(79.0, 495.0, 500.0))
    assert set(wrong(found)) == {"end", "resume", "steps", "prompts", "GPU memory", "main memory"}
    assert findings.verdict(found).startswith("to change: end, resume, ")


STAND_IN = """
import json, os, subprocess, sys, time
from pathlib import Path
out = Path(next(word.partition("=")[2] for word in sys.argv if word.startswith("output_dir=")))
run = out / "the-run"
(out / "asked").open("a").write(" ".join(sys.argv[1:]) + "\\n")
if "force=true" in sys.argv:
    print("RUN the-run", flush=True)
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    (out / "child").write_text(str(child.pid))
    # a guard that ends the child with its parent, as real.training.openrlhf.child_process has
    guard = "import os, signal, sys, time\\nparent, child = map(int, sys.argv[1:])\\n"
    guard += "while os.getppid() == parent: time.sleep(0.05)\\nos.kill(child, signal.SIGKILL)"
    subprocess.Popen([sys.executable, "-c", guard, str(os.getpid()), str(child.pid)])
    os.rename(out / "prepared", run)
    time.sleep(600)
print("RESUME the-run (it was killed)\\nresuming at step 3 of 6", flush=True)
"""


def test_a_training_is_killed_with_all_that_it_started_and_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.py").write_text(STAND_IN)
    out = tmp_path / "first_node_check"
    recorded(out / "prepared")
    checkpoint = out / "prepared" / "openrlhf" / "checkpoints" / "_actor" / "global_step2"
    checkpoint.mkdir(parents=True)
    (checkpoint / "weights").write_bytes(b"0" * 1024)
    monkeypatch.setattr(rehearsal, "REPOSITORY", tmp_path)
    assert cli.main(["small", "cluster=local", f"output_dir={tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert "went on from its checkpoint" in said
    assert "small: passed" in said
    first, second = (out / "asked").read_text().splitlines()
    assert first.replace(" force=true", "") == second == f"+exp=first_node_check cluster=local output_dir={out}"
    assert not rehearsal.lives(int((out / "child").read_text()))


def test_a_training_that_fails_at_once_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.py").write_text("import sys; sys.exit('error: this machine has no GPU')")
    monkeypatch.setattr(rehearsal, "REPOSITORY", tmp_path)
    assert cli.main(["large", f"output_dir={tmp_path}"]) == InfrastructureError.exit_code
    said = capsys.readouterr().err
    assert "ended with code 1 before step 3" in said
    assert "error: this machine has no GPU" in said
    assert "Traceback" not in said


def test_two_jobs_are_submitted_and_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scripts = tmp_path / "slurm"
    scripts.mkdir()
    runs = [recorded(tmp_path / f"run{n}") for n in (0, 1)]
    rows = [
        {
            "state": state,
            "run_dir": str(run),
            "changes": [f"seed={n}"],
            "error": "no such partition",
            "note": "",
            "log": "l",
        }
        for n, (state, run) in enumerate(zip(("done", "failed"), runs, strict=True))
    ]
    asked = tmp_path / "asked"
    (scripts / "submit.py").write_text(
        f"import sys; open({str(asked)!r}, 'w').write(' '.join(sys.argv[1:])); print('submission: /x/0001-first')"
    )
    # the first answer is that a job still runs
    (scripts / "status.py").write_text(
        f"import json, pathlib; seen = pathlib.Path({str(tmp_path / 'seen')!r}); rows = {rows!r}\n"
        "if not seen.exists(): seen.touch(); rows[1]['state'] = 'running'\n"
        "print(json.dumps({'0001-first': rows}))"
    )
    monkeypatch.setattr(submission, "REPOSITORY", tmp_path)
    monkeypatch.setattr(submission, "_TICK_S", 0.01)
    assert cli.main(["submit", "cluster=slurm_1x8", f"output_dir={tmp_path}"]) == 1
    words = f"+exp=first_node_check seed=0,1 -m cluster=slurm_1x8 output_dir={tmp_path / 'first_node_check'}"
    assert asked.read_text() == words
    said = capsys.readouterr().out
    assert "submit: to change: job seed=1" in said
    assert "no such partition" in said


def test_mistakes_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["smal"]) == 2
    assert cli.main(["dry_run=true"]) == 2
    assert "There are small, large and submit" in capsys.readouterr().err
    assert cli.main(["--help"]) == 0


def test_peaks_of_this_machine(tmp_path: Path) -> None:
    with PeakWatch() as watch:
        pass
    assert 0 < watch.peaks.host_gb < watch.peaks.host_total_gb
    for role, size in (("_actor", 3), ("_critic", 4)):
        folder = tmp_path / role / "global_step2" / "deep"
        folder.mkdir(parents=True)
        (folder / "weights").write_bytes(b"0" * size)
        (tmp_path / role / "global_step4").mkdir()
    assert round(size_gb(tmp_path, 2) * 2**30) == 7
