"""One training of ``+exp=first_node_check`` that is killed in the middle and started again, as a user would."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from real.errors import InfrastructureError
from real.io import disk
from real.slurm.batch_script import REPOSITORY
from real.slurm.node_check.findings import Finding, examine
from real.slurm.node_check.peaks import PeakWatch, size_gb
from real.training.openrlhf import child_process

KILL_AT = 3  # a step after a checkpoint (every 2 steps), which the resumed run has to make once more
_SAVED = 2
_TICK_S = 0.5
_GONE_S = 60.0
_RUN = re.compile(r"^(?:RUN|RESUME) (\S+)", re.M)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``words`` are settings beside those of the experiment; ``log`` gets everything that the runs say."""

    words: tuple[str, ...]
    output_dir: Path
    log: Path

    def run(self) -> list[Finding]:
        """Train, kill, train on; what came of it. Raises ``InfrastructureError`` where it never came to the kill."""
        with disk.disk_errors(self.log):
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_bytes(b"")
        with PeakWatch() as watch:
            run_dir = self._train_and_kill()
            watch.peaks.checkpoint_gb = size_gb(run_dir / "openrlhf" / "checkpoints", _SAVED)
            before = self.log.stat().st_size
            print(f"  killed after step {KILL_AT}; the same command again", flush=True)
            self._start(()).wait()
        said = self.log.read_bytes()[before:].decode(errors="replace")
        return examine(run_dir, resumed=f"resuming at step {_SAVED + 1} of" in said, peaks=watch.peaks)

    def _start(self, more: Sequence[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(REPOSITORY / "run.py"), "+exp=first_node_check", *self.words, *more]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, f"output_dir={self.output_dir}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _train_and_kill(self) -> Path:
        process = self._start(("force=true",))
        try:
            while process.poll() is None:
                run_dir = self._run_dir()
                if run_dir is not None and _steps(run_dir) >= KILL_AT:
                    family = descendants(process.pid)
                    process.send_signal(signal.SIGKILL)  # no chance to say anything
                    process.wait()
                    _wait_until_gone(family)
                    return run_dir
                time.sleep(_TICK_S)
        except BaseException:
            child_process.stop(process)
            raise
        last = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-4:]
        raise InfrastructureError(
            "\n".join([f"it ended with code {process.returncode} before step {KILL_AT}:", *last]),
            hint=f"Everything that it said is in {self.log}.",
        )

    def _run_dir(self) -> Path | None:
        found = _RUN.search(self.log.read_text(encoding="utf-8", errors="replace"))
        return self.output_dir / found[1] if found else None


def _steps(run_dir: Path) -> int:
    path = run_dir / "steps.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def descendants(pid: int) -> set[int]:
    """Process ids of everything that ``pid`` and its children have started."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it has just ended
    found: set[int] = set()
    new = {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def _wait_until_gone(family: set[int]) -> None:
    """They hold the GPUs' memory until they have seen that their parent is gone; Ray's head may take for ever."""
    deadline = time.monotonic() + _GONE_S
    while (left := [pid for pid in family if lives(pid)]) and time.monotonic() < deadline:
        time.sleep(_TICK_S)
    if left:
        print(f"  {len(left)} processes outlived it by {_GONE_S:.0f} s and are killed too", flush=True)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def lives(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
