"""The threads that keep the workers busy: one per worker, all fed from one line of waiting jobs."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from real.errors import InfrastructureError
from real.execution.attempts import Attempts, Result
from real.execution.watchdog import Watchdog
from real.types import Job

_CLOSED = "the execution pool is closed"


@dataclass(slots=True)
class _Ticket:
    job: Job
    protocol: str
    future: Future[Result]
    first: Result | None = None  # of a job that waits for its second chance


class Crew:
    """Runs jobs as they come; a job whose program waited is run again when nothing else is, alone."""

    def __init__(self, attempts: Attempts, watchdog: Watchdog) -> None:
        self.attempts, self.watchdog = attempts, watchdog
        self._turn = threading.Condition()
        self._waiting: deque[_Ticket] = deque()
        self._stalled: deque[_Ticket] = deque()
        self._active = 0
        self._alone = False  # the one active job must stay the only one
        self._threads: list[threading.Thread] = []

    def put(self, job: Job, protocol: str) -> Future[Result]:
        """Add a job to the line; raises ``InfrastructureError`` on a closed pool. Callers bound what they add."""
        ticket = _Ticket(job, protocol, Future())
        with self._turn:
            if self.attempts.closed:
                raise InfrastructureError(_CLOSED)
            self._waiting.append(ticket)
            slot = len(self._threads)
            if slot < len(self.attempts.workers) and slot < self._active + len(self._waiting):
                thread = threading.Thread(target=self._serve, args=(slot,), name=f"execution-{slot}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._turn.notify_all()
        return ticket.future

    def close(self) -> None:
        """End every worker and fail what still waits; safe to call twice."""
        self.watchdog.close()
        self.attempts.close()
        with self._turn:
            left = [*self._waiting, *self._stalled]
            self._waiting.clear()
            self._stalled.clear()
            self._turn.notify_all()
        for ticket in left:
            if ticket.future.set_running_or_notify_cancel():
                ticket.future.set_exception(InfrastructureError(_CLOSED))

    def _take(self) -> _Ticket | None:
        """The next job, as soon as it may run; ``None`` once the pool is closed."""
        with self._turn:
            while not self.attempts.closed:
                if self._waiting and not self._alone:
                    self._active += 1
                    return self._waiting.popleft()
                if self._stalled and self._active == 0:
                    self._active, self._alone = 1, True
                    return self._stalled.popleft()
                self._turn.wait()
        return None

    def _done(self) -> None:
        with self._turn:
            self._active -= 1
            self._alone = False
            self._turn.notify_all()

    def _serve(self, slot: int) -> None:
        while (ticket := self._take()) is not None:
            self.watchdog.started(slot, ticket.job.job_id)
            try:
                self._answer(slot, ticket)
            except BaseException as error:  # handed to whoever waits, who has no other way to learn of it
                with suppress(Exception):
                    ticket.future.set_exception(error)
            finally:
                self.watchdog.ended(slot)
                self._done()

    def _answer(self, slot: int, ticket: _Ticket) -> None:
        if ticket.first is None:
            if not ticket.future.set_running_or_notify_cancel():
                return
            result = self.attempts.run(slot, ticket.job, ticket.protocol)
            if result.waited and not self.attempts.closed:
                ticket.first = result
                with self._turn:
                    self._stalled.append(ticket)
                return
        else:
            result = self.attempts.second_chance(slot, ticket.job, ticket.protocol, ticket.first)
        if self.attempts.closed:
            raise InfrastructureError(_CLOSED)
        ticket.future.set_result(result)
