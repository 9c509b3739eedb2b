"""Many files on all cores: each in a process that analyses one after the other, answers in the order of the files."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext

from real.detector.rules import all_rules, extended_rules
from real.formats.files import Source
from real.formats.record import ScannedProgram
from real.linter.scanning import Scanned, Scanner
from real.types import AnalysisStatus

_AHEAD = 64  # files per process that may wait for an earlier one that takes long


def scan_all(sources: Sequence[Source], scanner: Scanner, jobs: int) -> Iterator[Scanned]:
    """Scan in ``jobs`` processes; stopped workers go with the generator.

    A file whose process dies, of memory or of a crash of the interpreter, has the status ``error``; the others go on.
    """
    context = _context()
    all_rules(), extended_rules()  # loaded once, before the processes split
    gc.freeze()
    crew = [_Worker(context, scanner) for _ in range(min(jobs, len(sources)))]
    done: dict[int, Scanned] = {}
    given = shown = 0
    try:
        while shown < len(sources):
            for position, worker in enumerate(crew):
                if worker.at is None and given < min(len(sources), shown + _AHEAD * jobs):
                    crew[position] = worker if worker.give(given, sources[given]) else _Worker(context, scanner)
                    given += crew[position] is worker
            busy = {worker.pipe: position for position, worker in enumerate(crew) if worker.at is not None}
            for pipe in wait(list(busy)):
                position = busy[pipe]  # type: ignore[index]  # only connections were waited for
                worker = crew[position]
                at, answer = worker.take(sources)
                done[at] = answer
                if not worker.is_alive:
                    crew[position] = _Worker(context, scanner)
            while shown in done:
                yield done.pop(shown)
                shown += 1
    finally:
        for worker in crew:
            worker.stop()


def _context() -> ForkContext | SpawnContext:
    """Copies of this process, where that is safe: they start at once, with the rules loaded."""
    return multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context("spawn")


class _Worker:
    """A process and our end of its pipe; ``at`` is the number of the file that it has."""

    def __init__(self, context: ForkContext | SpawnContext, scanner: Scanner) -> None:
        self.pipe, theirs = context.Pipe()
        self.at: int | None = None
        self.is_alive = True
        self._process = context.Process(target=_serve, args=(theirs, scanner), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, at: int, source: Source) -> bool:
        """Hand a file over; ``False`` where the process has gone."""
        try:
            self.pipe.send(source)
        except OSError:
            self.stop()
            return False
        self.at = at
        return True

    def take(self, sources: Sequence[Source]) -> tuple[int, Scanned]:
        """The number of the file and the answer, which has come or never will."""
        assert self.at is not None
        at, self.at = self.at, None
        try:
            return at, self.pipe.recv()
        except (EOFError, OSError):
            self.stop()
            self.is_alive = False
            reason = "the process that analysed it ended: killed, out of memory, or a crash of the interpreter"
            return at, Scanned(ScannedProgram(sources[at].path, (), AnalysisStatus.ERROR, reason=reason))

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.terminate()
        self._process.join()
        self.pipe.close()


def _serve(pipe: Connection, scanner: Scanner) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it, shows what there is, and ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        while True:
            pipe.send(scanner.scanned(pipe.recv()))
    except (EOFError, OSError):
        return  # the parent has gone
