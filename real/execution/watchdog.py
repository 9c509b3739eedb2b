"""Reports requests that run for long, and remembers the slowest."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable

SlowRequestReport = Callable[[str, float], None]  # takes a request id and its seconds so far

_LOG = logging.getLogger("real.execution")
_LOOK_S = 1.0
_KEPT = 10


def log(request_id: str, seconds: float) -> None:
    """The default report: a warning in the log."""
    _LOG.warning("sample %s has been running for %.0f s", request_id, seconds)


class Watchdog:
    """Reports, once, each request that runs longer than ``patience_s``, from a thread of its own."""

    def __init__(self, patience_s: float, report: SlowRequestReport = log) -> None:
        self._patience_s, self._report = patience_s, report
        self._lock = threading.Lock()
        self._running: dict[int, tuple[str, float, bool]] = {}  # by slot: request id, start, reported
        self._slowest: list[tuple[float, str]] = []
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def started(self, slot: int, request_id: str) -> None:
        """A request begins in a slot."""
        with self._lock:
            self._running[slot] = (request_id, time.monotonic(), False)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="execution-watchdog", daemon=True)
                self._thread.start()

    def ended(self, slot: int) -> None:
        """The request of a slot is done."""
        with self._lock:
            request_id, began, _ = self._running.pop(slot)
            heapq.heappush(self._slowest, (time.monotonic() - began, request_id))
            if len(self._slowest) > _KEPT:
                heapq.heappop(self._slowest)

    def slowest(self) -> list[tuple[str, float]]:
        """The slowest requests that ended, with their wall-clock seconds, slowest first."""
        with self._lock:
            return [(request_id, seconds) for seconds, request_id in sorted(self._slowest, reverse=True)]

    def close(self) -> None:
        """End the thread."""
        self._end.set()

    def _look(self) -> None:
        while not self._end.wait(_LOOK_S):
            now, late = time.monotonic(), []
            with self._lock:
                for slot, (request_id, began, reported) in self._running.items():
                    if not reported and now - began > self._patience_s:
                        self._running[slot] = (request_id, began, True)
                        late.append((request_id, now - began))
            for request_id, seconds in late:
                self._report(request_id, seconds)
