"""Runs ``run.py`` with the real OpenRLHF on this machine: a tiny model, two GPUs that Ray is told of, the CPU shim."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIM = Path(__file__).with_name("shim")
NEEDED = ("openrlhf", "vllm", "deepspeed", "ray", "torchdata")
STEPS, BATCH = 6, 8


def missing() -> list[str]:
    """Packages that the runs need and this Python has not (``make test-cluster`` installs them)."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


@dataclass
class ClusterRun:
    """One command line in one output folder; the same object run again resumes."""

    folder: Path
    model: Path
    settings: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def command(self) -> list[str]:
        return [sys.executable, str(ROOT / "run.py"), *self.words(), f"output_dir={self.folder}"]

    def words(self) -> list[str]:
        """The settings, which make any experiment fit this machine."""
        return [
            *("trainer=openrlhf", "generation=vllm", "model=qwen25_coder_0p5b", "dataset=safesql_mini"),
            *("cluster=local", "cluster.gpus_per_node=2", "logger=wandb_offline", f"model.path={self.model}"),
            *("dataset.train_tasks=43", "dataset.test_tasks=4", f"trainer.steps={STEPS}"),
            *(f"trainer.rollout_batch={BATCH}", f"trainer.minibatch={BATCH}", "trainer.microbatch=2"),
            *("model.placement.microbatch=2", "model.placement.rollout_microbatch=2", "model.placement.eager=true"),
            *("model.placement.engine_memory=0.3", "generation.max_new_tokens=96", "model.max_prompt_tokens=512"),
            *("generation.batch=4", "trainer.actor_lr=5e-3", "trainer.rollout_correction=clip"),
            *("trainer.checkpoint_every=2", "trainer.openrlhf.eval_every=0", "execution.workers=1"),
            *self.settings,
        ]

    def environ(self) -> dict[str, str]:
        scratch = self.folder.parent
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("RAY_", "WANDB_"))}
        return inherited | {
            "PYTHONPATH": f"{SHIM}{os.pathsep}{ROOT}",
            "PATH": f"{SHIM}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",  # Ray's own is 15, with which nothing moves beside other work
            "RAY_DEFAULT_OBJECT_STORE_MEMORY_PROPORTION": "0.05",  # of the memory: experiences are small here
            "DS_ACCELERATOR": "cpu",
            "VLLM_TARGET_DEVICE": "cpu",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "VLLM_NO_USAGE_STATS": "1",
            "TORCHDYNAMO_DISABLE": "1",
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "TORCH_EXTENSIONS_DIR": os.environ.get("REAL_TORCH_EXTENSIONS", str(scratch / "torch_extensions")),
            **self.environment,
        }

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen[str]]:
        """The command, running; whatever is left of it is ended with the body."""
        log = (self.folder.parent / f"{self.folder.name}.log").open("a")
        process = subprocess.Popen(
            self.command(), env=self.environ(), stdout=log, stderr=log, text=True, start_new_session=True, cwd=ROOT
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            log.close()

    def run(self, limit_s: float) -> int:
        """The exit code; raises ``subprocess.TimeoutExpired`` on a run that hangs."""
        with self.started() as process:
            return process.wait(timeout=limit_s)

    def output(self) -> str:
        return (self.folder.parent / f"{self.folder.name}.log").read_text(errors="replace")

    @property
    def directory(self) -> Path:
        """The run's directory, once there is one."""
        (found,) = [path for path in self.folder.iterdir() if (path / "config.yaml").exists()]
        return found

    def steps(self) -> list[dict[str, float]]:
        path = self.directory / "steps.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def rows(self) -> list[int]:
        path = self.directory / "openrlhf" / "scored.jsonl"
        records = [json.loads(line) for line in path.read_text().splitlines()]
        return [record["row"] for record in records if record["mode"] == "train"]

    def wait_for_step(self, step: int, process: subprocess.Popen[str], limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline and process.poll() is None:
            directories = list(self.folder.glob("*/steps.jsonl")) if self.folder.exists() else []
            if directories and any(record["step"] >= step for record in self.steps()):
                return
            time.sleep(0.2)
        raise AssertionError(f"step {step} was not reached:\n{self.output()[-4000:]}")


def weights_have_moved(before: Path, after: Path) -> bool:
    """Whether every tensor of the trained model is whole, finite and not that of the model it started from."""
    from transformers import AutoModelForCausalLM

    first, last = (AutoModelForCausalLM.from_pretrained(path).state_dict() for path in (before, after))
    return first.keys() == last.keys() and all(
        last[name].shape == tensor.shape and last[name].isfinite().all() and not last[name].equal(tensor)
        for name, tensor in first.items()
    )


def leftovers() -> list[str]:
    """Processes of OpenRLHF, Ray or the scorer that a run left behind."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "/real-ray-" in words or "real.training.openrlhf.entry" in words:
            found.append(words[:200])
    return found
