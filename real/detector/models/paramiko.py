"""Paramiko: SSH."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "paramiko",
    "paramiko==5.1.0",
    (
        *sinks(
            Kind.REMOTE_SHELL,
            arg(0, "command"),
            "**.exec_command",
            of=(
                "paramiko.SSHClient",
                "paramiko.Channel",
            ),
        ),
    ),
)
