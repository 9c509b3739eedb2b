"""``python run.py`` as a user runs it: end to end on a toy, killed in the middle, and asked again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOY = [
    "+debug=fast", "logger=none", "dataset.train_tasks=24", "dataset.test_tasks=6", "model.tiny.hidden=32",
    "model.tiny.layers=1", "model.tiny.intermediate=32", "model.warm_start.epochs=1",
    "model.warm_start.samples_per_task=1",
    "trainer.steps=4", "trainer.rollout_batch=8", "trainer.minibatch=4", "trainer.microbatch=4", "trainer.threads=1",
    "trainer.checkpoint_every=2", "generation.max_new_tokens=24",
]  # fmt: skip


def command(out, *extra):
    return [sys.executable, str(ROOT / "run.py"), *TOY, f"output_dir={out}", *extra]


def run_dir(out):
    (found,) = [p for p in out.iterdir() if p.name.startswith("safesql_mini-")]
    return found


def facts(folder):
    """Everything a run computed, without clocks."""
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics.pop("seconds")
    steps = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    return metrics, [{k: v for k, v in step.items() if not k.startswith(("seconds", "tokens_per_s"))} for step in steps]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    out = tmp_path_factory.mktemp("straight")
    done = subprocess.run(command(out), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out, done


def test_a_run_leaves_what_it_promises(straight):
    out, done = straight
    folder = run_dir(out)
    assert done.stdout.splitlines()[-1] == f"results: {folder}"
    metrics, steps = facts(folder)
    for stage in ("before", "after"):
        assert {"function", "quality", "func_qual", "n", "intervals"} <= metrics[stage].keys()
        assert metrics[stage]["n"] == 6
    assert [s["step"] for s in steps] == [1, 2, 3, 4]
    assert {"reward_mean", "r_function", "not_runnable", "kl", "policy_loss", "value_loss"} <= steps[0].keys()
    for name in ("config.yaml", "env.json", "table.md", "table.tex", "report.html", "figures/components.svg"):
        assert (folder / name).stat().st_size > 0
    assert (folder / "status").read_text().strip() == "done"
    environment = json.loads((folder / "env.json").read_text())
    assert environment["versions"].keys() == {"detector", "typecheck", "execution", "protocols"}
    assert environment["compute"]["dtype"] == "float32"
    assert environment["compute"]["threads"] == 1
    assert environment["policy"]["origin"].startswith("warm-started here just now: ")
    assert environment["policy"]["origin"] in done.stdout


def test_a_finished_run_is_skipped(straight):
    out, _ = straight
    before = facts(run_dir(out)), (run_dir(out) / "steps.jsonl").stat().st_mtime_ns
    done = subprocess.run(command(out), capture_output=True, text=True, check=True)
    assert "SKIP" in done.stdout
    assert done.stdout.splitlines()[-1] == f"results: {run_dir(out)}"
    assert (facts(run_dir(out)), (run_dir(out) / "steps.jsonl").stat().st_mtime_ns) == before


def test_killed_in_the_middle_it_continues_to_the_same_numbers(straight, tmp_path):
    steps = None
    with subprocess.Popen(
        command(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while process.poll() is None:
            steps = next(iter(tmp_path.glob("safesql_mini-*/steps.jsonl")), None)
            if steps and steps.read_text().count("\n") >= 3:
                os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.01)
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed"
    assert (run_dir(tmp_path) / "status").read_text().strip() == "running"
    done = subprocess.run(command(tmp_path), capture_output=True, text=True, check=True)
    assert "RESUME" in done.stdout
    assert "resuming at step 3 of 4" in done.stdout
    assert facts(run_dir(tmp_path)) == facts(run_dir(straight[0]))
