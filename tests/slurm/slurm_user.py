"""What a user types, in a working directory, with a SLURM that is really there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_slurm import environment

ROOT = Path(__file__).resolve().parents[2]
# Seconds of computing each, yet every part of a run; one core, so that four jobs fit the two nodes.
TOY = [
    "+debug=fast", "logger=none", "dataset.train_tasks=24", "dataset.test_tasks=6", "model.tiny.hidden=32",
    "model.tiny.layers=1", "model.tiny.intermediate=32", "model.warm_start.epochs=1",
    "model.warm_start.samples_per_task=1",
    "trainer.rollout_batch=8", "trainer.minibatch=4", "trainer.microbatch=4", "trainer.threads=1",
    "generation.max_new_tokens=24",
]  # fmt: skip
CLUSTER = [
    "cluster=slurm_1x1", "cluster.gpus_per_node=0", "cluster.cpus_per_node=1", "cluster.memory_gb_per_node=0",
    "cluster.time=00:50:00", "cluster.evaluate_time=00:50:00",
]  # fmt: skip


@dataclass
class Slurm:
    """A running SLURM, a working directory, and what a user does with them."""

    conf: Path
    folder: Path

    def user(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of our own commands: ``run.py``, ``slurm/submit.py``, ..."""
        return self.call(sys.executable, str(ROOT / script), *arguments)

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run any command with this SLURM, in the working directory."""
        return subprocess.run(
            command, cwd=self.folder, env=environment(self.conf), capture_output=True, text=True, check=False
        )

    def scontrol(self, *arguments: str) -> None:
        """Do what an administrator does."""
        done = self.call("scontrol", *arguments)
        assert done.returncode == 0, done.stderr

    def queue(self) -> dict[str, str]:
        """Job id -> state, asked without our code."""
        lines = self.call("squeue", "-h", "-r", "-o", "%i %T").stdout.splitlines()
        return dict(line.split(maxsplit=1) for line in lines)

    def status(self, *arguments: str) -> list[dict[str, Any]]:
        """The rows of ``status.py`` for the last submission."""
        done = self.user("slurm/status.py", "--json", *arguments)
        assert done.stdout, done.stderr
        (rows,) = json.loads(done.stdout).values()
        return rows

    def wait(self, what: str, happened: Callable[[], object], seconds: float) -> None:
        """Poll until ``happened``; where it does not, the logs of the jobs are the message."""
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                logs = "\n".join(f"== {p}\n{p.read_text()[-1500:]}" for p in self.folder.rglob("logs/*.log"))
                raise AssertionError(f"{what} did not happen in {seconds:.0f} s; queue {self.queue()}\n{logs}")
            time.sleep(0.3)
