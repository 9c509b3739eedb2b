"""AnyIO: asynchronous programs on asyncio or Trio."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "anyio", "anyio==4.16.0", (*calls(Role.RUNS_PROGRAM, arg(0, "command"), "anyio.{run_process,open_process}"),)
)
