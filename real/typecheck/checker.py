"""``Checker``: batches of programs over a few warm worker processes."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from real.analyser_failures import attributed
from real.errors import InfrastructureError
from real.registry import chosen
from real.typecheck.config import Policy, TypecheckCfg
from real.typecheck.submission import Submission
from real.typecheck.worker_process import WorkerDiedError, WorkerProcess
from real.types import Analysis, AnalysisStatus, JsonValue

_STARTS = 3  # of a worker that is killed while it warms up
CHUNK = 32  # programs per request at most: few enough to share between workers, and to repeat when one dies


class Checker:
    """Type-checks programs under one policy; a context manager, usable from many threads.

    Findings carry the lines of the program; ``advice`` adds findings that fail no program.
    Creating it starts the workers (about two seconds each, in the background). A worker that dies is replaced.
    """

    def __init__(self, workers: int = 1, *, policy: Policy | str = Policy.hardened, advice: bool = False) -> None:
        """Raises ``ValueError`` for a number of workers below 1 and ``UsageError`` for an unknown policy."""
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self._settings: dict[str, JsonValue] = {"policy": chosen(Policy, policy, "typecheck.policy"), "advice": advice}
        self._room = tempfile.TemporaryDirectory(prefix="real-typecheck-")
        self._workers = [self._start() for _ in range(workers)]
        self._idle: SimpleQueue[int] = SimpleQueue()
        for index in range(workers):
            self._idle.put(index)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="typecheck")
        self._closed = False
        self._closing = threading.Lock()

    @classmethod
    def configured(cls, cfg: TypecheckCfg, workers: int = 1) -> Checker:
        """The checker of a run's configuration."""
        return cls(workers, policy=cfg.policy)

    def check(self, programs: Sequence[Submission | str]) -> list[Analysis]:
        """One analysis per program, in the order given; equal submissions are checked once.

        A text stands for a program whose task is unknown. A program that breaks MyPy is ``UNANALYZABLE``
        (``real.analyser_failures``); ``ERROR`` means that a harmless program fails too, or that the starter code cannot
        be read. Raises ``InfrastructureError`` when no worker can be started.
        """
        if self._closed:
            raise ValueError("the checker is closed")
        submissions = [program if isinstance(program, Submission) else Submission(program) for program in programs]
        unique = list(dict.fromkeys(submissions))
        size = min(CHUNK, -(-len(unique) // (4 * len(self._workers))) or 1)  # so that no worker waits long for another
        chunks = [unique[start : start + size] for start in range(0, len(unique), size)]
        known: dict[Submission, Analysis] = {}
        for chunk, analyses in zip(chunks, self._threads.map(self._check_chunk, chunks), strict=True):
            known.update(zip(chunk, analyses, strict=True))
        return [known[submission] for submission in submissions]

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
        return WorkerProcess(Path(self._room.name), self._settings)

    def _check_chunk(self, programs: list[Submission]) -> list[Analysis]:
        """Check with one idle worker; after its death go on, program by program, with a new one."""
        index = self._idle.get()
        analyses: list[Analysis] = []
        try:
            try:
                self._warm(index)
                for analysis in self._workers[index].check(programs):
                    analyses.append(analysis)  # one by one: what came before a death is kept
            except WorkerDiedError:
                self._replace(index)
            except InfrastructureError:
                self._replace(index)  # so that a later call can succeed
                raise
            alone = partial(self._check_alone, index)
            analyses += [attributed(alone, program, program.harmless) for program in programs[len(analyses) :]]
            return analyses
        finally:
            self._idle.put(index)

    def _warm(self, index: int) -> None:
        """Wait until the worker is ready, through kills that hit it while it warms up."""
        for left in reversed(range(_STARTS)):
            try:
                self._workers[index].wait_ready()
            except WorkerDiedError as error:
                if not left:
                    raise InfrastructureError(
                        f"the type checker cannot start: {error}, {_STARTS} times", hint="Was it short of memory?"
                    ) from error
                self._replace(index)
            else:
                return

    def _check_alone(self, index: int, program: Submission) -> Analysis:
        self._warm(index)
        try:
            return next(self._workers[index].check([program]))
        except WorkerDiedError as error:
            self._replace(index)
            return Analysis(AnalysisStatus.ERROR, reason=str(error))

    def _replace(self, index: int) -> None:
        self._workers[index].kill()
        self._workers[index] = self._start()
