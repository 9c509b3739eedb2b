"""Paramiko: SSH."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "paramiko",
    "paramiko==5.1.0",
    (
        *calls(Role.KEY_SIZE, arg(0, "bits"), "paramiko.RSAKey.generate"),
        *sinks(Kind.REMOTE_SHELL, arg(0, "command"), "**.exec_command", of=("paramiko.SSHClient", "paramiko.Channel")),
        *calls(Role.KEY_SIZE, arg(0, "bits"), "paramiko.DSSKey.generate", until="Paramiko 4"),
        *calls(Role.HOST_KEY_CHECK, arg(0, "policy"), "paramiko.SSHClient().set_missing_host_key_policy"),
        *calls(Role.ANY_HOST_KEY, (), "paramiko.AutoAddPolicy", "paramiko.WarningPolicy"),
    ),
)
