"""AsyncSSH: SSH."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "asyncssh",
    "asyncssh==2.24.1",
    (
        *sinks(
            Kind.REMOTE_SHELL,
            arg(0, "command"),
            "asyncssh.**.{run,create_process}",
            of=("asyncssh.SSHClientConnection",),
        ),
    ),
)
