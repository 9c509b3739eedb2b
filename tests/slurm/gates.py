"""Runs of a real SLURM that wait for the test at their second step, so that nothing hangs on who is faster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STEP = 2
# Python imports it at start-up in every process of a job; only the one that trains has a gate.
_SITECUSTOMIZE = f"""
import sys, time
from pathlib import Path

if "real.slurm.array_task" in sys.orig_argv:
    from real.runs.store import RunStore

    append, gates = RunStore.append_step, Path(__file__).parent

    def append_and_wait(self, record):
        append(self, record)
        while record["step"] >= {STEP} and not (gates / self.path.name).exists():
            time.sleep(0.05)

    RunStore.append_step = append_and_wait
"""


@dataclass
class Gates:
    """A folder with a file for each run that may go on."""

    folder: Path

    def setting(self) -> str:
        """What makes the jobs of a submission wait."""
        self.folder.mkdir()
        (self.folder / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        return f"cluster.setup=['export PYTHONPATH={self.folder}']"

    def open(self, run_id: str) -> None:
        """Let a run go on."""
        (self.folder / run_id).touch()
