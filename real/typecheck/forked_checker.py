"""Analyses programs in forked children of the warm process, so that no crash and little state outlives a program."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, Protocol

from real.signals import signal_name
from real.typecheck.diagnostics import from_json, to_json
from real.typecheck.json_frames import DeadlineError, FrameReader, StreamEndError, write_frame
from real.typecheck.program_checker import Checked
from real.typecheck.submission import Submission
from real.types import Analysis, AnalysisStatus

PROGRAM_DEADLINE_S = 30.0
MEMORY_BYTES = 4 << 30  # address space of a child
# A fork costs about 10 ms, most of it page faults; what MyPy remembers of the programs before ends with the child.
PROGRAMS_PER_CHILD = 64


class ChecksPrograms(Protocol):
    """What is forked here: ``ProgramChecker``, or a stand-in for it."""

    def check(self, submission: Submission) -> Checked: ...


class ForkedChecker:
    """Analyses programs with a warm checker that itself never sees one. ``close`` it in the end."""

    def __init__(self, checker: ChecksPrograms, deadline_s: float = PROGRAM_DEADLINE_S) -> None:
        self._checker = checker
        self._deadline_s = deadline_s
        self._child: _Child | None = None

    def check(self, programs: Sequence[Submission]) -> Iterator[Analysis]:
        """One analysis per program, in order, as soon as each is known.

        A program on which the child dies, hangs or reports a crash of MyPy is tried again in a new one; what fails
        twice is an ``ERROR``.
        """
        for program in programs:
            answer = self._ask(program)
            if isinstance(answer, str):
                answer = self._ask(program)
            yield Analysis(AnalysisStatus.ERROR, reason=answer) if isinstance(answer, str) else answer

    def close(self) -> None:
        """End the child; the next program would start another."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ask(self, program: Submission) -> Analysis | str:
        """The analysis, or how it failed."""
        if self._child is None:
            self._child = _Child(self._checker)
        answer = self._child.ask(program, self._deadline_s)
        if isinstance(answer, str) or not answer.reusable or self._child.asked == PROGRAMS_PER_CHILD:
            self.close()
        return answer if isinstance(answer, str) else answer.analysis


class _Child:
    """A forked copy of the warm process that answers one program after another."""

    def __init__(self, checker: ChecksPrograms) -> None:
        request_end, self._requests = os.pipe()
        self._answers, answer_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._requests)  # so that the child sees the end of its input
            os.close(self._answers)
            _serve(checker, request_end, answer_end)
        os.close(request_end)
        os.close(answer_end)
        self._reader = FrameReader(self._answers)
        self.asked = 0

    def ask(self, program: Submission, deadline_s: float) -> Checked | str:
        """The answer, or how the child failed; after a failure only ``end`` may be called."""
        self.asked += 1
        try:
            write_frame(self._requests, [program.code, program.starter])
            answer: Any = self._reader.read(deadline_s)
        except DeadlineError:
            return f"no verdict after {deadline_s:g} seconds"
        except (StreamEndError, BrokenPipeError):
            _, status = os.waitpid(self._pid, 0)
            self._pid = 0
            return f"the type checker died ({_ending(status)})"
        if "crash" in answer:
            return f"the type checker crashed ({answer['crash']})"
        return Checked(from_json(answer["analysis"]), answer["reusable"])

    def end(self) -> None:
        """Kill the child, which keeps nothing that matters."""
        os.close(self._requests)
        os.close(self._answers)
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _serve(checker: ChecksPrograms, requests: int, answers: int) -> NoReturn:
    """Answer until the input ends or MyPy crashes; end the process without running anything of the parent's."""
    code = 1
    try:
        _limit_memory()
        _silence()
        reader = FrameReader(requests)
        while True:
            request: Any = reader.read()
            analysed = checker.check(Submission(*request))
            write_frame(answers, {"analysis": to_json(analysed.analysis), "reusable": analysed.reusable})
    except StreamEndError:
        code = 0
    # SystemExit is how MyPy ends on an internal error of its own.
    except (Exception, SystemExit) as error:
        name = "internal error of MyPy" if isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"
        with contextlib.suppress(OSError):
            write_frame(answers, {"crash": name})
    finally:
        os._exit(code)


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
        return signal_name(os.WTERMSIG(status))
    return f"exit code {os.WEXITSTATUS(status)}"
