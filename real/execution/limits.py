"""The limits of a task's programs, the same wherever they run: for a reward, in an evaluation, for ``validate``.

They follow what the task says of itself in its tags, and the tests' own expected values.
"""

from __future__ import annotations

import math
from dataclasses import replace

from real.errors import UsageError
from real.types import Limits, LiteralSuite, Suite, Task

MOST_CPU_S = 3600.0
MOST_MEMORY_MB = 1 << 20
MOST_OUTPUT_KB = 32 << 10  # whatever a test expects: the grader holds the output of every worker in memory

REFERENCE_TAG = "reference_cpu_s"  # of a task: CPU seconds of its reference's slowest case, on the reference machine
PROCESSES_TAG = "processes"  # of a task: child processes that its programs have to start, because its tests say so
MEMORY_TAG = "memory_mb"  # of a task: memory that its programs have to use, because its tests say so
_DEFAULT = Limits()
_TIMES = 10.0  # a program may be that much slower than the reference
# An endless loop is endless in every case. With seven tests and seven attacks it would take a core for a minute, and a
# training step waits for its slowest sample. Whether all tests pass is the same either way.
_TIMEOUTS = 2
_PAPER_S, _PAPER_LITERAL_S = 10.0, 1.0  # the released scorers: of a test; of all tests of SecCodePLT+ together
_TIMES_EXPECTED = 2  # a wrong output may be that much longer than the right one


def limits_for(task: Task, default: Limits = _DEFAULT) -> Limits:
    """``default``, with the processes and the memory that the task asks for, and more CPU time for a slow reference.

    After two cases that ran out of time the others are not run. Raises ``ValueError`` where a tag is no number.
    """
    processes = int(task.tags.get(PROCESSES_TAG, default.processes))
    memory_mb = max(default.memory_mb, int(task.tags.get(MEMORY_TAG, 0)))
    known = task.tags.get(REFERENCE_TAG)
    cpu_s = default.cpu_s if known is None else max(default.cpu_s, _TIMES * float(known))
    return replace(default, cpu_s=cpu_s, memory_mb=memory_mb, processes=processes, timeouts=_TIMEOUTS)


def with_paper_seconds(limits: Limits, suite: Suite) -> Limits:
    """``limits`` that give the protocol ``paper`` its own seconds: a run may last as long as either protocol says."""
    return replace(limits, paper_s=_PAPER_LITERAL_S if isinstance(suite, LiteralSuite) else _PAPER_S)


def output_kb_for(expected_bytes: int, limits: Limits) -> int:
    """KiB that a program may print or return where the longest that its tests expect has ``expected_bytes``."""
    needed = math.ceil(_TIMES_EXPECTED * expected_bytes / 1024)
    return max(limits.output_kb, min(needed, MOST_OUTPUT_KB))


def check_limits(limits: Limits) -> None:
    """Raise ``UsageError`` for limits that no process can have."""
    if not 0 < limits.cpu_s <= MOST_CPU_S:  # nor NaN
        raise UsageError(f"a limit of {limits.cpu_s} CPU seconds: it must be above 0 and at most {MOST_CPU_S:g}")
    if not 0 < limits.memory_mb <= MOST_MEMORY_MB:
        raise UsageError(f"a limit of {limits.memory_mb} MiB of memory: it must be 1 to {MOST_MEMORY_MB}")
    if not 0 < limits.output_kb <= MOST_OUTPUT_KB:
        raise UsageError(f"a limit of {limits.output_kb} KiB of output: it must be 1 to {MOST_OUTPUT_KB}")
