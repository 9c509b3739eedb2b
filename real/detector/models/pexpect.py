"""Pexpect: programs that are talked to."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "pexpect",
    "pexpect==4.9.0",
    (
        *calls(Role.RUNS_PROGRAM, arg(0, "command"), "pexpect.{spawn,run}"),
        *sinks(Kind.SHELL, arg(0, "command"), "pexpect.{spawn,run,runu}"),
    ),
)
