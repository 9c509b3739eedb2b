"""A local jail for ``FusionPool``: it makes test data, and reads databases that a server sent back.

Expected values are evaluated here, because on a server they would lie where programs run. A database that a program
had in its hands is opened here, in a process that can do nothing else.
"""

from __future__ import annotations

import threading

from real.errors import InfrastructureError
from real.execution.jail.isolation import CaseLimits
from real.execution.jail.worker_request import WorkerRequest
from real.execution.pool import LEVELS
from real.execution.worker import Worker, WorkerError, WorkerReport

_LEVELS = LEVELS[:2]  # strong, medium: at weak the files of this machine would be open to what a program wrote
_LIMITS = CaseLimits(cpu_s=5.0, memory_mb=512, output_kb=64, file_mb=16, processes=0)
_UNREADABLE = b"null"

# Opens each database as the next program would, which takes an interrupted change back, and removes everything else.
_SETTLE = """
import os, sqlite3
names = {names!r}
for name in names:
    connection = sqlite3.connect("file:" + name + "?mode=rw", uri=True)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    connection.close()
for name in os.listdir("."):
    if name not in names:
        os.unlink(name)
"""


class LocalJail:
    """One jailed process, started when it is first needed; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._closed = False

    def ask(self, request: WorkerRequest) -> WorkerReport:
        """Run one request here; raises ``WorkerError`` when the process is lost, and ``InfrastructureError``."""
        with self._lock:
            self._worker = self._worker or self._start()
            try:
                return self._worker.ask(request)
            except WorkerError:
                self._worker = None
                raise

    def _start(self) -> Worker:
        if self._closed:
            raise InfrastructureError("the execution pool is closed")
        notes = []
        for level in _LEVELS:
            try:
                return Worker(level, slot=0)
            except WorkerError as error:
                notes.append(f"{level}: {error}")
        raise InfrastructureError(
            f"test data has to be handled in a jail on this machine, which has none ({'; '.join(notes)})",
            hint="See `python -m real.execution doctor`.",
        )

    def close(self) -> None:
        """End the process, and whatever it is doing; safe to call twice."""
        self._closed = True
        worker = self._worker
        if worker is not None:
            worker.close()


def state_of(original: dict[str, bytes], returned: dict[str, bytes], jail: LocalJail) -> bytes:
    """A dump of databases that a server sent back, as in ``Database.dump``; empty where no byte has changed.

    Raises ``WorkerError``.
    """
    if returned == original:
        return b""
    code = _SETTLE.format(names=sorted(original))
    report = jail.ask(WorkerRequest("script", code, _LIMITS, cases=[""], files=returned, collect=True))
    if not report.cases or report.cases[0].how != "exit" or report.cases[0].code != 0:
        return _UNREADABLE
    return report.cases[0].state
