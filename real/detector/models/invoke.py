"""Invoke: tasks and commands."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "invoke", "invoke==2.2.1", (*sinks(Kind.SHELL, arg(0, "command"), "invoke.**.{run,sudo}", of=("invoke.Context",)),)
)
