"""Typer: commands whose arguments are converted as they are annotated."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Framework, Library, calls

LIBRARY = Library(
    "typer",
    "typer==0.29.2",
    (Framework("typer", typed=True, web=False), *calls(Role.COMMAND, (), "typer.Typer().command")),
)
