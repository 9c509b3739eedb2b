"""The evolver that asks a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.datasets.build.safesql.evolver import Request
from real.datasets.build.safesql.llm.prompts import messages
from real.datasets.build.safesql.llm.replies import read_reply
from real.datasets.build.safesql.llm.transport import Model, Reply, Transport


class ModelEvolver:
    """Asks for each child once, ``parallel`` at a time; a bad reply becomes ``Rejected`` with its reason."""

    name = "llm"

    def __init__(self, transport: Transport, model: Model, parallel: int = 4) -> None:
        self._transport, self._model, self._parallel = transport, model, parallel

    def evolve(self, requests: Sequence[Request]) -> Iterator[Candidate | Rejected]:
        """One result for each request, in order. Raises ``RealError`` where the endpoint answers none at all."""
        with ThreadPoolExecutor(self._parallel) as threads:
            pending = [threads.submit(self._transport.ask, self._model, messages(request)) for request in requests]
            try:
                for request, waiting in zip(requests, pending, strict=True):
                    yield _result(request, waiting.result())
            finally:
                for waiting in pending:
                    waiting.cancel()


def _result(request: Request, reply: Reply) -> Candidate | Rejected:
    if reply.error:
        return Rejected(request.child_id, request.operators, Reason.NO_ANSWER, reply.error)
    return read_reply(reply.text, reply.finish, request)
