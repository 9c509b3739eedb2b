"""AsyncSSH: SSH."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

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
        *calls(Role.HOST_KEY_CHECK, arg(None, "known_hosts"), "asyncssh.connect"),
    ),
)
