"""Checks programs in forked children of the warm process, so that no crash and little state outlives a program."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, Protocol

from real.analyser_failures import attributed
from real.signals import signal_name
from real.typecheck.diagnostics import from_json, to_json
from real.typecheck.json_frames import DeadlineError, FrameReader, StreamEndError, write_frame
from real.typecheck.program_checker import Checked
from real.typecheck.submission import Submission
from real.types import Analysis, AnalysisStatus

# A thousand times what a program takes, and five times the whole standard library or 200,000 bytes of statements. CPU
# time, because a busy machine is no program's fault; short, because a policy that found an endless program repeats it.
PROGRAM_CPU_S = 5
PROGRAM_DEADLINE_S = 180.0  # wall-clock, for what waits without working
MEMORY_BYTES = 2 << 30  # address space of a child, which has about 0.3 GiB to begin with
# A fork costs about 10 ms, most of it page faults; what MyPy remembers of the programs before ends with the child.
PROGRAMS_PER_CHILD = 64
_MAX_DESCRIPTION = 500  # characters of what MyPy says about its own error


class ChecksPrograms(Protocol):
    """What is forked here: ``ProgramChecker``, or a stand-in for it."""

    def check(self, submission: Submission) -> Checked: ...


class ForkedChecker:
    """Checks programs in copies of a warm process, which itself never sees a program. ``close`` it in the end.

    ``deadline_s`` is wall-clock time for one program. No exception of the type checker leaves this class.
    """

    def __init__(self, checker: ChecksPrograms, deadline_s: float = PROGRAM_DEADLINE_S) -> None:
        self._checker = checker
        self._deadline_s = deadline_s
        self._child: _Child | None = None

    def check(self, programs: Sequence[Submission]) -> Iterator[Analysis]:
        """One analysis per program, in order, as soon as each is known.

        A program on which the child dies, hangs or reports a crash of MyPy is tried again in a new one
        (``real.analyser_failures`` says what follows); the programs after it are checked as if it had not been there.
        """
        for program in programs:
            yield attributed(self._ask, program, program.harmless)

    def close(self) -> None:
        """End the child; the next program would start another."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ask(self, program: Submission) -> Analysis:
        """The analysis, with the status ``ERROR`` where the child failed; the next one is asked in a new child then."""
        if self._child is None:
            self._child = _Child(self._checker)
        answer = self._child.ask(program, self._deadline_s)
        if isinstance(answer, str) or not answer.reusable or self._child.asked == PROGRAMS_PER_CHILD:
            self.close()
        return Analysis(AnalysisStatus.ERROR, reason=answer) if isinstance(answer, str) else answer.analysis


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
            write_frame(self._requests, list(program))
            answer: Any = self._reader.read(deadline_s)
        except DeadlineError:
            return f"no verdict after {deadline_s:g} seconds"
        except (StreamEndError, BrokenPipeError):
            _, status = os.waitpid(self._pid, 0)
            self._pid = 0
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
                return f"no verdict after {PROGRAM_CPU_S} seconds of work"
            return f"the type checker died ({_ending(status)})"
        except ValueError as error:
            return f"the type checker's answer cannot be read ({error})"
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
        _limit_resources()
        _silence()
        reader = FrameReader(requests)
        while True:
            request: Any = reader.read()
            _limit_cpu(PROGRAM_CPU_S)
            analysed = checker.check(Submission(*request))
            write_frame(answers, {"analysis": to_json(analysed.analysis), "reusable": analysed.reusable})
    except StreamEndError:
        code = 0
    # SystemExit is how MyPy ends on an internal error of its own.
    except (Exception, SystemExit) as error:
        with contextlib.suppress(OSError):
            write_frame(answers, {"crash": _description(error)})
    finally:
        os._exit(code)


def _description(error: BaseException) -> str:
    cause = error.__context__ if isinstance(error, SystemExit) else error
    if cause is None:
        return "internal error of MyPy"
    first_line = str(cause).partition("\n")[0][:_MAX_DESCRIPTION]
    return f"{type(cause).__name__}: {first_line}" if first_line else type(cause).__name__


def _limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a stack that overflows needs no record of it
    # Not every system has this limit; without it a child may use more before it is killed by its deadline.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _limit_cpu(seconds: int) -> None:
    """Let the kernel end this process when the next program has worked that long."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):  # more than a stricter limit that was there before
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


def _silence() -> None:
    """MyPy prints on internal errors; the reason travels in a frame instead."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal_name(os.WTERMSIG(status))
    return f"exit code {os.WEXITSTATUS(status)}"
