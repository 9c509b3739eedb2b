"""The limits of a task's programs: tied to the time that its reference takes, where that is known."""

from __future__ import annotations

from dataclasses import replace

from real.errors import UsageError
from real.types import Limits, Task

MOST_CPU_S = 3600.0
MOST_MEMORY_MB = 1 << 20

REFERENCE_TAG = "reference_cpu_s"  # of a task: CPU seconds of its reference's slowest case, on the reference machine
PROCESSES_TAG = "processes"  # of a task: child processes that its programs have to start, because its tests say so
_DEFAULT = Limits()
_TIMES = 10.0  # a program may be that much slower than the reference
# An endless loop is endless in every case. With seven tests and seven attacks it would take a core for a minute, and a
# training step waits for its slowest sample. Whether all tests pass is the same either way.
_TIMEOUTS = 2


def limits_for(task: Task, default: Limits = _DEFAULT) -> Limits:
    """``default``, with the processes the task asks for, and more CPU time where its reference needs a good part of it.

    After two cases that ran out of time the others are not run.

    Raises ``ValueError`` where a tag is no number.
    """
    processes = int(task.tags.get(PROCESSES_TAG, default.processes))
    known = task.tags.get(REFERENCE_TAG)
    cpu_s = default.cpu_s if known is None else max(default.cpu_s, _TIMES * float(known))
    return replace(default, cpu_s=cpu_s, processes=processes, timeouts=_TIMEOUTS)


def check_limits(limits: Limits) -> None:
    """Raise ``UsageError`` for limits that no process can have."""
    if not 0 < limits.cpu_s <= MOST_CPU_S:  # nor NaN
        raise UsageError(f"a limit of {limits.cpu_s} CPU seconds: it must be above 0 and at most {MOST_CPU_S:g}")
    if not 0 < limits.memory_mb <= MOST_MEMORY_MB:
        raise UsageError(f"a limit of {limits.memory_mb} MiB of memory: it must be 1 to {MOST_MEMORY_MB}")
