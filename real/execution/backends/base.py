"""The interface of all backends."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from real.types import ExecutionRequest, ExecutionResult


class Backend(Protocol):
    """Runs requests somewhere; a context manager, because it owns processes or connections."""

    @property
    def isolation(self) -> str:
        """The weakest isolation that a request may get: ``strong``, ``medium``, ``weak``, or ``external``."""

    def run(self, requests: Sequence[ExecutionRequest], protocol: str = "strict") -> list[ExecutionResult]:
        """One result per request, in order, with one outcome per case; what the machines fail at is ``infra_error``.

        Raises ``UsageError`` for an unknown protocol, and ``InfrastructureError`` on a closed pool and where the
        machines fail more than one request in twenty.
        """

    def describe(self) -> str:
        """One line for a log: where programs run, and how they are confined there."""

    def close(self) -> None:
        """Release processes and connections; safe to call twice."""

    def __enter__(self) -> Backend: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
