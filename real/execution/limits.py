"""The limits of a task's programs: tied to the time that its reference takes, where that is known."""

from __future__ import annotations

from dataclasses import replace

from real.types import Limits, Task

REFERENCE_TAG = "reference_cpu_s"  # of a task: CPU seconds of its reference's slowest case, on the reference machine
_DEFAULT = Limits()
_TIMES = 10.0  # a program may be that much slower than the reference


def limits_for(task: Task, default: Limits = _DEFAULT) -> Limits:
    """``default``, with more CPU time where the task's reference needs a good part of it.

    Raises ``ValueError`` where the tag is no number.
    """
    known = task.tags.get(REFERENCE_TAG)
    return default if known is None else replace(default, cpu_s=max(default.cpu_s, _TIMES * float(known)))
