"""Outcomes of programs that were judged before, by (program, tests, limits, comparison rule, version of the grader)."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict

from real.types import ExecutionRequest, OutcomeStatus, Suite, TestOutcome

_PER_OUTCOME = 200  # bytes of an outcome besides its texts, roughly
_SUITES = 256


class UnhashableTestsError(ValueError):
    """The tests are nested so deeply that they can neither be hashed nor sent to a worker."""


class OutcomeCache:
    """A least-recently-used cache of ``max_bytes``; safe from any thread; never holds ``infra_error``."""

    def __init__(self, max_bytes: int, version: str) -> None:
        self._max_bytes, self._version = max_bytes, version
        self._lock = threading.Lock()
        self._bytes = 0
        self._kept: OrderedDict[bytes, tuple[TestOutcome, ...]] = OrderedDict()
        self._suites: OrderedDict[int, tuple[Suite, bytes]] = OrderedDict()

    def key(self, request: ExecutionRequest, protocol: str) -> bytes:
        """The hash of everything that outcomes depend on; raises ``UnhashableTestsError``."""
        digest = hashlib.sha256(self._suite_digest(request.suite))
        for text in (
            self._version,
            protocol,
            repr(request.limits),
            str(request.counts_prompts),
            str(request.repeat),
            request.code,
        ):
            data = text.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.digest()

    def _suite_digest(self, suite: Suite) -> bytes:
        """The same suite object judges many programs: its hash is remembered, with the suite, so that ids stay true."""
        with self._lock:
            found = self._suites.get(id(suite))
            if found is not None:
                self._suites.move_to_end(id(suite))
                return found[1]
        try:
            digest = hashlib.sha256(pickle.dumps(suite)).digest()
        except RecursionError as error:
            raise UnhashableTestsError("the arguments or expected values are nested too deeply") from error
        with self._lock:
            self._suites[id(suite)] = (suite, digest)
            if len(self._suites) > _SUITES:
                self._suites.popitem(last=False)
        return digest

    def get(self, key: bytes) -> tuple[TestOutcome, ...] | None:
        """The outcomes kept under a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: bytes, outcomes: tuple[TestOutcome, ...]) -> None:
        """Keep outcomes, and evict the least recently used ones where the cache is full."""
        if any(outcome.status is OutcomeStatus.INFRA_ERROR for outcome in outcomes):
            return
        with self._lock:
            if key not in self._kept:
                self._bytes += _size(outcomes)
            self._kept[key] = outcomes
            while self._bytes > self._max_bytes and self._kept:
                self._bytes -= _size(self._kept.popitem(last=False)[1])


def _size(outcomes: tuple[TestOutcome, ...]) -> int:
    return sum(_PER_OUTCOME + len(outcome.output) + len(outcome.detail) for outcome in outcomes)
