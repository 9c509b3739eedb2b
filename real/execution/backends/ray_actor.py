"""What runs on a node of a Ray cluster: an actor with a local pool."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from real.errors import InfrastructureError
from real.execution.pool import VERSION, Pool
from real.types import ExecutionRequest, ExecutionResult


@dataclass(frozen=True, slots=True)
class ActorFacts:
    """What an actor says of itself; ``version`` covers what may alter a verdict: grader and Python."""

    version: str
    isolation: str
    host: str
    node_id: str
    pid: int
    description: str


def version() -> str:
    """The version of the grader and of Python in this process: where both are equal, verdicts are."""
    return f"grader {VERSION}, Python {sys.version_info.major}.{sys.version_info.minor}"


class PoolActor:
    """The body of one actor: ``cores`` jailed processes on its node."""

    def __init__(self, cores: int, min_isolation: str) -> None:
        self._cores, self._min_isolation = cores, min_isolation
        self._pool: Pool | None = None

    def open(self) -> ActorFacts:
        """Start the pool; raises ``InfrastructureError`` where this node cannot reach the isolation asked for."""
        self._pool = Pool(self._cores, self._min_isolation)
        node_id = importlib.import_module("ray").get_runtime_context().get_node_id()
        isolation, description = self._pool.isolation, self._pool.describe()
        return ActorFacts(version(), isolation, platform.node(), node_id, os.getpid(), description)

    def run(self, requests: Sequence[ExecutionRequest], protocol: str) -> list[ExecutionResult]:
        """Run some requests here, whatever fails: failures are counted where the whole batch is known."""
        if self._pool is None:
            raise InfrastructureError("the pool is not open")
        results = [self._pool.submit(request, protocol) for request in requests]
        return [result.result() for result in results]

    def close(self) -> None:
        """End the jailed processes before the actor goes."""
        if self._pool is not None:
            self._pool.close()
