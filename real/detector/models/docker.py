"""docker: containers."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "docker",
    "docker==7.2.0",
    (*sinks(Kind.REMOTE_SHELL, arg(0, "cmd"), "docker.**.exec_run", of=("docker.models.containers.Container",)),),
)
