"""``Checker``: batches of programs over a few warm worker processes."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from real.errors import InfrastructureError
from real.typecheck.process import WorkerDiedError, WorkerProcess
from real.types import Analysis, AnalysisStatus

CHUNK = 64  # programs per request: enough to spread the cost of a fork, few enough to share between workers


class Checker:
    """Type-checks programs with MyPy ``--strict --warn-unreachable``; a context manager, usable from many threads.

    Creating it starts the workers (about two seconds each, in the background). ``preamble`` is source text put before
    every program, for example imports; findings carry the lines of the program. A worker that dies is replaced.
    """

    def __init__(self, workers: int = 1, preamble: str = "") -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self._preamble = preamble
        self._room = tempfile.TemporaryDirectory(prefix="real-typecheck-")
        self._workers = [self._start() for _ in range(workers)]
        self._idle: SimpleQueue[int] = SimpleQueue()
        for index in range(workers):
            self._idle.put(index)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="typecheck")
        self._closed = False
        self._closing = threading.Lock()

    def check(self, programs: Sequence[str]) -> list[Analysis]:
        """One analysis per program, in the order given; equal programs are checked once.

        ``ERROR`` means that MyPy crashed or hung on this program, twice. Raises ``InfrastructureError`` when no worker
        can be started, ``UsageError`` when the preamble itself has findings.
        """
        if self._closed:
            raise ValueError("the checker is closed")
        unique = list(dict.fromkeys(programs))
        size = min(CHUNK, -(-len(unique) // len(self._workers)) or 1)
        chunks = [unique[start : start + size] for start in range(0, len(unique), size)]
        known: dict[str, Analysis] = {}
        for chunk, analyses in zip(chunks, self._threads.map(self._check_chunk, chunks), strict=True):
            known.update(zip(chunk, analyses, strict=True))
        return [known[program] for program in programs]

    def worker_pids(self) -> list[int]:
        """Process ids of the workers, for monitoring."""
        return [worker.pid for worker in self._workers]

    def close(self) -> None:
        """End the workers; safe to call twice."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._room.cleanup()

    def __enter__(self) -> Checker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> WorkerProcess:
        return WorkerProcess(Path(self._room.name), self._preamble)

    def _check_chunk(self, programs: list[str]) -> list[Analysis]:
        """Check with one idle worker; after its death go on, program by program, with a new one."""
        index = self._idle.get()
        analyses: list[Analysis] = []
        try:
            try:
                for analysis in self._workers[index].check(programs):
                    analyses.append(analysis)  # one by one: what came before a death is kept
            except WorkerDiedError:
                self._replace(index)
            except InfrastructureError:
                self._replace(index)  # so that a later call can succeed
                raise
            for program in programs[len(analyses) :]:
                analyses.append(self._check_alone(index, program))
            return analyses
        finally:
            self._idle.put(index)

    def _check_alone(self, index: int, program: str) -> Analysis:
        try:
            return next(self._workers[index].check([program]))
        except WorkerDiedError as error:
            self._replace(index)
            return Analysis(AnalysisStatus.ERROR, reason=str(error))

    def _replace(self, index: int) -> None:
        self._workers[index].kill()
        self._workers[index] = self._start()
