"""Fabric: commands over SSH."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "fabric",
    "fabric==3.2.3",
    (
        *sinks(Kind.REMOTE_SHELL, arg(0, "command"), "fabric.**.{run,sudo}", of=("fabric.Connection",)),
        *sinks(Kind.SHELL, arg(0, "command"), "fabric.**.local", until="Fabric 2", of=("fabric.Connection",)),
    ),
)
