"""Checks programs in forked children of the warm process, so that no crash and no state outlives its batch."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Iterator, Sequence
from typing import Any

from real.typecheck.engine import Engine
from real.typecheck.findings import analysis_of, from_json, to_json
from real.typecheck.frames import DeadlineError, FrameReader, StreamEndError, write_frame
from real.typecheck.screen import unanalyzable
from real.types import Analysis, AnalysisStatus

PROGRAM_DEADLINE_S = 30.0
MEMORY_BYTES = 4 << 30  # address space of a child


class IsolatedEngine:
    """Checks programs with a warm engine that itself never sees one."""

    def __init__(self, engine: Engine, preamble: str = "", deadline_s: float = PROGRAM_DEADLINE_S) -> None:
        self._engine = engine
        lines = preamble.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n") if preamble else []
        self._preamble = "".join(f"{line}\n" for line in lines)
        self._preamble_lines = len(lines)
        self._deadline_s = deadline_s

    def check(self, programs: Sequence[str]) -> Iterator[Analysis]:
        """One analysis per program, in order, as soon as each is known.

        A program on which the child dies, hangs or reports a crash of MyPy is tried again alone; what fails twice is
        an ``ERROR``. The programs after it go on in a fresh child.
        """
        start = 0
        alone = False
        while start < len(programs):
            stop = start + 1 if alone else len(programs)
            failure = None
            for result in self._run_child(programs[start:stop]):
                if isinstance(result, str):
                    failure = result
                else:
                    yield result
                    start += 1
            if failure is not None and alone:
                yield Analysis(AnalysisStatus.ERROR, reason=failure)
                start += 1
            alone = failure is not None and not alone

    def _run_child(self, programs: Sequence[str]) -> Iterator[Analysis | str]:
        """Analyses until the child ends; then the reason, if it did not end of its own will."""
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            self._child(programs, write_end)
        os.close(write_end)
        reader = FrameReader(read_end)
        failure: str | None = None
        ended = False
        try:
            while True:
                frame: Any = reader.read(self._deadline_s)
                if "crash" in frame:
                    failure = frame["crash"]
                else:
                    yield from_json(frame)
        except DeadlineError:
            failure = f"no verdict after {self._deadline_s:g} seconds"
        except StreamEndError:
            ended = True
        finally:
            if not ended:
                os.kill(pid, signal.SIGKILL)
            os.close(read_end)
            _, status = os.waitpid(pid, 0)
        if failure is None and status != 0:
            failure = f"the type checker died ({_ending(status)})"
        if failure is not None:
            yield failure

    def _child(self, programs: Sequence[str], write_end: int) -> None:
        """Check the programs, report each, and end the process without running anything of the parent's."""
        code = 1
        try:
            _limit_memory()
            _silence()
            for program in programs:
                reusable = self._report(program, write_end)
                if not reusable:
                    break
            code = 0
        # SystemExit is how MyPy ends on an internal error of its own.
        except (Exception, SystemExit) as error:
            name = "internal error of MyPy" if isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"
            with contextlib.suppress(OSError):
                write_frame(write_end, {"crash": f"the type checker crashed ({name})"})
        finally:
            os._exit(code)

    def _report(self, program: str, write_end: int) -> bool:
        """Check one program; says whether this process may check another."""
        program = program.removeprefix("\ufeff")
        reason = unanalyzable(program)
        if reason is not None:
            write_frame(write_end, to_json(Analysis(AnalysisStatus.UNANALYZABLE, reason=reason)))
            return True
        result = self._engine.check(self._preamble + program)
        write_frame(write_end, to_json(analysis_of(result.diagnostics, self._preamble_lines)))
        return result.reusable


def _limit_memory() -> None:
    # Not every system has this limit; without it a child may use more before it is killed by its deadline.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _silence() -> None:
    """MyPy prints on internal errors; the reason travels in a frame instead."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit code {os.WEXITSTATUS(status)}"
