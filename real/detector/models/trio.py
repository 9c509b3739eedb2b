"""Trio: asynchronous programs."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks
from real.detector.models.when import Truthy

LIBRARY = Library(
    "trio",
    "trio==0.35.0",
    (
        *calls(Role.RUNS_PROGRAM, arg(0, "command"), "trio.{run_process,lowlevel.open_process}"),
        *sinks(Kind.SHELL, arg(0, "command"), "trio.run_process", when=Truthy(arg(None, "shell"))),
    ),
)
