"""Layer 5 (optional): control groups, which limit what all processes of a worker use together.

Resource limits hold for each process by itself; that suffices while a program is one process. Both versions of the
kernel's interface are tried, below the groups that this process is in.
"""

from __future__ import annotations

import itertools
import os
import time
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "real-jail-"
_MIB = 1 << 20
_OF_THE_WORKER_MB = 64  # launcher, zygote and supervisor
_OF_THE_WORKER = 8  # processes
_UNLIMITED = {"memory.limit_in_bytes": "-1"}  # version 1; everything else understands "max"
_THREADS = 16  # of a program that may start processes; see ``layers``
_UNSET = Path()
_NUMBERS = itertools.count()  # of the groups made by this process
_PATIENCE_S = 2.0


class Cgroup:
    """The groups of one worker, whose launcher is ``pid``; raises ``OSError`` where no group can be made."""

    def __init__(self, pid: int) -> None:
        name = f"{_PREFIX}{os.getpid()}-{next(_NUMBERS)}"
        self._folders: list[Path] = []
        self._memory, self._count = _UNSET, _UNSET
        self._limits: tuple[int, int] | None = None
        try:
            for parent, memory, count in _parents():
                _remove_stale(parent)
                folder = parent / name
                folder.mkdir()
                self._folders.append(folder)
                if memory and (folder / memory).exists():
                    self._memory = folder / memory
                if count and (folder / count).exists():
                    self._count = folder / count
                (folder / "cgroup.procs").write_text(str(pid), "ascii")
            self.limit(0, 0)
        except OSError:
            self.close()
            raise
        if not self._folders or _UNSET in (self._memory, self._count):
            self.close()
            raise OSError("no control group for memory and processes")

    def limit(self, memory_mb: int, processes: int) -> None:
        """Bound what the worker's processes use together, where a program may start ``processes``; 0: no bound."""
        wanted = (memory_mb, processes) if processes else (0, 0)
        if wanted == self._limits:
            return
        memory = str((memory_mb + _OF_THE_WORKER_MB) * _MIB) if processes else _UNLIMITED.get(self._memory.name, "max")
        count = str(processes + _THREADS + _OF_THE_WORKER) if processes else "max"
        self._memory.write_text(memory, "ascii")
        self._count.write_text(count, "ascii")
        self._limits = wanted

    def close(self) -> None:
        """Remove the groups; their processes must have ended."""
        deadline = time.monotonic() + _PATIENCE_S
        for folder in self._folders:
            while folder.exists() and time.monotonic() < deadline:
                with suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.01)


def _parents() -> list[tuple[Path, str, str]]:
    """The groups that this process is in: folder, name of the file that limits memory, and of that for processes."""
    found = []
    for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2
            found.append((_ROOT / path.lstrip("/"), "memory.max", "pids.max"))
        elif "memory" in controllers.split(","):
            found.append((_ROOT / "memory" / path.lstrip("/"), "memory.limit_in_bytes", ""))
        elif "pids" in controllers.split(","):
            found.append((_ROOT / "pids" / path.lstrip("/"), "", "pids.max"))
    return [(folder, memory, count) for folder, memory, count in found if _limits_something(folder)]


def _limits_something(folder: Path) -> bool:
    if not (folder / "cgroup.procs").exists():
        return False
    version_2 = folder / "cgroup.subtree_control"
    return not version_2.exists() or {"memory", "pids"} <= set(version_2.read_text("ascii").split())


def _remove_stale(parent: Path) -> None:
    """Remove what graders left behind that were killed."""
    for folder in parent.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            with suppress(OSError):
                folder.rmdir()
