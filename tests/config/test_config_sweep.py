"""Sweeps: checked as a whole before they start, resumable, honest about jobs that failed."""

import json
import re
from pathlib import Path

import pytest

from real.config import preflight
from real.config.shell import shown_command
from real.machine import Machine

FOUR = ("-m", "reward=hybrid,function_only", "seed=0,1", "exp_name=four")


def test_a_failing_job_stops_no_other_and_reruns_alone(command, engine, tmp_path: Path) -> None:
    engine.ends["function_only", 0] = ZeroDivisionError("boom")

    ended = command(*FOUR)

    assert ended.code == 1
    assert len(engine.runs) == 4
    assert "1 of 4 jobs are not done" in ended.out
    assert "ZeroDivisionError: boom" in ended.out
    assert ended.out.rstrip().splitlines()[-1] == f"results: {tmp_path}/outputs/sweeps/four"
    recorded = json.loads((tmp_path / "outputs" / "sweeps" / "four" / "sweep.json").read_text())["jobs"]
    assert [job["state"] for job in recorded] == ["done", "done", "failed", "done"]
    assert all((Path(job["directory"]) / "status").exists() for job in recorded)

    again = command(*FOUR)

    assert again.code == 0
    assert "3 of them done already" in again.out
    assert engine.runs[4:] == [("function_only", 0)]
    assert "0.125 -> 0.500" in again.out
    written = {entry.name for entry in (tmp_path / "outputs" / "sweeps" / "four").iterdir()}
    assert written >= {"sweep.json", "sweep.md", "sweep.csv", "sweep.tex", "sweep.png", "multirun.yaml"}
    assert "hybrid (REAL)" in (tmp_path / "outputs" / "sweeps" / "four" / "sweep.md").read_text()


def test_a_sweep_that_no_table_pools_still_ends_well(command) -> None:
    ended = command("-m", "reward.alpha=0.2,0.4")

    assert ended.code == 0
    assert "no pooled table" in ended.out
    assert ended.out.count("0.125 -> 0.500") == 2


def test_jobs_of_a_sweep_are_shared_with_single_runs(command, engine, tmp_path: Path) -> None:
    command("seed=2")

    ended = command("+exp=ablation_reward_tiny", "seed=2", "-m")

    assert ended.code == 0
    assert engine.runs == [("hybrid", 2), ("function_only", 2), ("quality_only", 2)]
    assert len(list((tmp_path / "outputs").iterdir())) == 4  # three runs and the folder of sweeps


def test_ctrl_c_stops_a_sweep_and_the_same_command_continues(command, engine) -> None:
    engine.ends["hybrid", 0] = KeyboardInterrupt()

    ended = command("-m", "seed=0,1")
    assert ended.code == 130
    assert engine.runs == [("hybrid", 0)]
    assert "results:" not in ended.out

    assert command("-m", "seed=0,1").code == 0
    assert engine.runs[1:] == [("hybrid", 0), ("hybrid", 1)]


def test_the_command_line_narrows_an_experiment(command, engine) -> None:
    assert command("+exp=ablation_reward_tiny", "seed=5", "reward=hybrid", "-m").code == 0
    assert engine.runs == [("hybrid", 5)]


def test_one_job_of_an_experiment(command, engine) -> None:
    assert command("+exp=ablation_reward_tiny", "hydra.mode=RUN").code == 0
    assert engine.runs == [("hybrid", 0)]


def test_table_4_is_refused_here_before_any_job(command, engine, tmp_path: Path) -> None:
    ended = command("+exp=ablation_reward", "-m")

    assert ended.code == 2
    assert "27 jobs; none was started" in ended.err
    assert "27 of 27 jobs: a SLURM cluster with 8 GPUs" in ended.err
    for dataset in ("safesql", "seccodeplt_plus", "apps_plus"):
        assert f"9 of 27 jobs: the data set {dataset}" in ended.err
    assert shown_command(["run.py", "+exp=ablation_reward_tiny", "-m"]) in ended.err
    assert engine.runs == []
    assert list(tmp_path.iterdir()) == []


def test_dry_run_of_a_sweep_lists_its_jobs(command, engine, tmp_path: Path) -> None:
    ended = command("+exp=ablation_reward", "-m", "dry_run=true", "dataset=apps_plus", "reward=hybrid")

    assert ended.code == 0
    assert "3 jobs" in ended.out
    for size in ("0p5b", "3b", "7b"):
        assert f"apps_plus-qwen25_coder_{size}-real-hybrid-s0-" in ended.out
    assert ended.out.index("cannot run this") < ended.out.index("train.sh")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("sizes", "noted"), [((), True), ((24.0,), True), ((39.6,), False)])
def test_a_gpu_that_is_too_small_is_said_and_stops_nobody(
    command, engine, here, tmp_path: Path, sizes: tuple[float, ...], noted: bool
) -> None:
    here(Machine(cpus=2, gpus_gb=sizes, packages=frozenset({"torch", "transformers", "wandb"})))
    (tmp_path / "data" / "safesql").mkdir(parents=True)
    for split in ("train", "test"):
        (tmp_path / "data" / "safesql" / f"{split}.jsonl").touch()

    ended = command("dataset=safesql", "model=qwen25_coder_0p5b", "trainer=local")

    assert ended.code == 0
    assert len(engine.runs) == 1
    assert ("is meant for a GPU with 40 GB" in ended.out) == noted


def test_dry_run_estimates_a_local_training_of_a_real_model(command, engine, monkeypatch) -> None:
    monkeypatch.setattr(preflight, "measured_gflops", lambda dtype: 200.0)
    monkeypatch.setattr(preflight, "free_memory_gb", lambda: 24.0)
    words = ["dataset=safesql", "model=qwen25_coder_0p5b", "trainer=local", "trainer.gradient_checkpointing=true"]
    small = command(*words, "model.lora.enabled=true", "dry_run=true").out
    large = command(*words, "dry_run=true").out
    found = [re.search(r"([\d.]+) to ([\d.]+) hours for \d+ steps", text) for text in (small, large)]
    assert all(match and float(match[1]) < float(match[2]) for match in found)
    memory = [int(re.search(r"roughly (\d+) GB of memory", text)[1]) for text in (small, large)]
    assert memory[0] < 24 < memory[1] or memory[0] < memory[1] / 3
    assert ("more than there is" in large) == (memory[1] > 24)
    assert engine.runs == []
