"""One thread per worker, all served from one queue of requests."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from real.errors import InfrastructureError
from real.execution.retries import RetryingWorkers, RetryResult, can_join
from real.execution.watchdog import Watchdog
from real.types import ExecutionRequest

_DOUBTS = 3  # programs in a row that slept, and slept again alone, after which what is seen of others is believed
_EVERY = 8  # but of so many one is run again all the same: the machine may have been to blame for those before
_CLOSED = "the execution pool is closed"


@dataclass(slots=True)
class _Pending:
    request: ExecutionRequest
    protocol: str
    future: Future[RetryResult]
    first: RetryResult | None = None  # of a request that waits for its second chance
    must_run: bool = False  # again, whatever is believed of others
    partner: _Pending | None = None  # the next request, where it can be joined with this one


class WorkerGroup:
    """Runs requests as they come; a request whose program waited is run again when nothing else is, alone.

    A program that slept by itself is run again, too: a slow network drive looks like that. But a policy that learns to
    sleep would hold the training, since nothing else runs meanwhile; so after a few in vain only one of many is, until
    one of them does not sleep again.
    Two neighbours that ask the same of one program (its function and its safety tests) share its compilation.
    """

    def __init__(self, workers: RetryingWorkers, watchdog: Watchdog) -> None:
        self.workers, self.watchdog = workers, watchdog
        self._changed = threading.Condition()
        self._waiting: deque[_Pending] = deque()
        self._stalled: deque[_Pending] = deque()
        self._active = 0
        self._alone = False  # the one active request must stay the only one
        self._slept_again = self._believed = 0  # programs in a row
        self._threads: list[threading.Thread] = []

    def put(self, request: ExecutionRequest, protocol: str) -> Future[RetryResult]:
        """Add a request to the queue; raises ``InfrastructureError`` on a closed pool. Callers bound what they add."""
        pending = _Pending(request, protocol, Future())
        with self._changed:
            if self.workers.closed:
                raise InfrastructureError(_CLOSED)
            self._waiting.append(pending)
            slot = len(self._threads)
            if slot < self.workers.count and slot < self._active + len(self._waiting):
                thread = threading.Thread(target=self._serve, args=(slot,), name=f"execution-{slot}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify_all()
        return pending.future

    def close(self) -> None:
        """End every worker and fail what still waits; safe to call twice."""
        self.watchdog.close()
        self.workers.close()
        with self._changed:
            left = [*self._waiting, *self._stalled]
            self._waiting.clear()
            self._stalled.clear()
            self._changed.notify_all()
        for pending in left:
            if pending.future.set_running_or_notify_cancel():
                pending.future.set_exception(InfrastructureError(_CLOSED))

    def _take(self) -> _Pending | None:
        """The next request, as soon as it may run; ``None`` once the pool is closed."""
        with self._changed:
            while not self.workers.closed:
                if self._waiting and not self._alone:
                    self._active += 1
                    pending = self._waiting.popleft()
                    if self._waiting and _is_pair(pending, self._waiting[0]):
                        pending.partner = self._waiting.popleft()
                    return pending
                if self._stalled and self._active == 0:
                    self._active, self._alone = 1, True
                    return self._stalled.popleft()
                self._changed.wait()
        return None

    def _done(self) -> None:
        with self._changed:
            self._active -= 1
            self._alone = False
            self._changed.notify_all()

    def _serve(self, slot: int) -> None:
        while (pending := self._take()) is not None:
            self.watchdog.started(slot, pending.request.request_id)
            try:
                self._answer(slot, pending)
            except BaseException as error:  # handed to whoever waits, who has no other way to learn of it
                for one in filter(None, (pending, pending.partner)):
                    with suppress(Exception):
                        one.future.set_exception(error)
            finally:
                self.watchdog.ended(slot)
                self._done()

    def _answer(self, slot: int, pending: _Pending) -> None:
        if pending.first is not None and not pending.must_run and self._is_believed(pending.first):
            pending.future.set_result(pending.first)  # those before it slept again in the meantime
            return
        if pending.first is not None:
            result = self.workers.second_chance(slot, pending.request, pending.protocol, pending.first)
            self._check_open()
            if pending.first.slept:
                self._slept_again = self._slept_again + 1 if result.waited else 0
            pending.future.set_result(result)
            return
        pair = [pending] if pending.partner is None else [pending, pending.partner]
        wanted = [one for one in pair if one.future.set_running_or_notify_cancel()]
        results: list[RetryResult] | None = None
        if len(wanted) == 2:
            requests = (wanted[0].request, wanted[1].request)
            results = self.workers.run_joined(slot, requests, pending.protocol)
        for index, one in enumerate(wanted):
            result = results[index] if results else self.workers.run(slot, one.request, one.protocol)
            self._settle(one, result)

    def _settle(self, pending: _Pending, result: RetryResult) -> None:
        if result.waited and not self.workers.closed and not self._is_believed(result):
            pending.first, pending.must_run = result, self._slept_again >= _DOUBTS
            with self._changed:
                self._stalled.append(pending)
            return
        self._check_open()
        pending.future.set_result(result)

    def _is_believed(self, first: RetryResult) -> bool:
        """Whether a program that slept is not run again."""
        if not first.slept or self._slept_again < _DOUBTS:
            return False
        self._believed += 1
        return self._believed % _EVERY != 0

    def _check_open(self) -> None:
        if self.workers.closed:
            raise InfrastructureError(_CLOSED)


def _is_pair(first: _Pending, second: _Pending) -> bool:
    return first.protocol == second.protocol and can_join(first.request, second.request)
