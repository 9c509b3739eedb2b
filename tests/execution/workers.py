"""Which levels this machine reaches, and what workers leave behind."""

from __future__ import annotations

import os
from pathlib import Path

from real.errors import InfrastructureError
from real.execution import LEVELS, Pool


def _reachable(level: str) -> bool:
    try:
        Pool(1, level=level).close()
    except InfrastructureError:
        return False
    return True


REACHED = [level for level in LEVELS if _reachable(level)]


def survivors(parent: int | None = None) -> list[str]:
    """Processes of workers that ``parent`` (this process) started; forks keep the launcher's command line."""
    mark = f'"parent": {parent or os.getpid()},'
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if "jail.launcher" in command and mark in command:
            found.append(entry.name)
    return found
