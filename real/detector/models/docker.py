"""docker: containers."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Call, Library, arg, sinks

LIBRARY = Library(
    "docker",
    "docker==7.2.0",
    (
        Call("**.exec_run", Role.RUNS_INSIDE, (arg(0, "cmd"),), of=("docker.models.containers.Container",)),
        Call("**.exec_create", Role.RUNS_INSIDE, (arg(1, "cmd"),), of=("docker.APIClient",)),
        *sinks(Kind.REMOTE_SHELL, arg(0, "cmd"), "docker.**.exec_run", of=("docker.models.containers.Container",)),
    ),
)
