"""One confined process: start it, enforce its limits, collect its output, remove what it left."""

from __future__ import annotations

import math
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from . import linux
from .isolation import CaseLimits, Confinement, Jail
from .orphans import kill_orphans
from .program_output import CLAIM_FACTOR, READY, REFUSED, ClaimReader, ClaimWriter

_CLAIM_FD = 3
_CHUNK = 1 << 16
_WATCH_FILES_S = 0.05
_SAMPLE_S = 0.02  # CPU seconds of the work that shows how busy the machine is
_BUSY = 1.5  # the factor below which a machine is not busy
_PATIENCE = 16.0  # the longest extension of a wall-clock limit, as a factor
_AWAKE = 0.25  # of the CPU time that it could have had: who used less has slept
_LOOK_S = 1.0  # between two looks at how busy the machine is, while a case takes its time

Body = Callable[[ClaimWriter], int]  # runs in the child; returns the exit code
Progress = Callable[[bytes, float], bool]  # takes a claim and its CPU seconds; returns whether to go on


def _slowed_down() -> float:
    """How many wall-clock seconds a second of work takes now: 1 where the machine has nothing else to do."""
    wall, cpu = time.monotonic(), time.thread_time()
    while time.thread_time() - cpu < _SAMPLE_S:
        pass
    factor = (time.monotonic() - wall) / _SAMPLE_S
    return factor if factor > _BUSY else 1.0


class Ending:
    """How a process ended and what it left.

    ``how`` is exit, signal, cpu, wall, output, files (a limit was hit), jail (a layer could not be had) or skipped (it
    never started); ``cpu`` and ``wall`` are in seconds. ``complained``: text came out on standard error, where that is
    heard. ``waited_for_machine``: the machine may be to blame for a wall-clock limit; otherwise the process slept.
    """

    __slots__ = ("claims", "code", "complained", "cpu", "how", "reason", "stdout", "waited_for_machine", "wall")

    def __init__(self, how: str = "exit", cpu: float = 0.0) -> None:
        self.how, self.cpu = how, cpu
        self.code, self.wall, self.reason = 0, 0.0, ""
        self.stdout = bytearray()
        self.claims: list[bytes] = []
        self.complained = False
        self.waited_for_machine = False


class _Machine:
    """What the machine gave while one case ran, looked at now and then by the process that watches the case.

    A process that wants to run gets its share of the CPU even of a busy machine; one that sleeps takes none of it.
    """

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._offered = 0.0  # CPU seconds that a process had got which wanted to run all the time
        self.stood_still = False

    def look(self, now: float) -> None:
        """Take a sample, where the last is long ago."""
        if now - self._looked >= _LOOK_S:
            factor = _slowed_down()
            now = time.monotonic()
            self._offered += (now - self._looked) / factor
            self._looked = now

    def slept(self, patience: float, since: float) -> None:
        """The watcher slept since ``since``: longer than ``patience`` only where it was stopped itself."""
        self.stood_still |= time.monotonic() - since - patience > _LOOK_S

    def kept_waiting(self, cpu_s: float) -> bool:
        """Whether a process that used ``cpu_s`` may have waited for the machine rather than slept."""
        return self.stood_still or cpu_s >= _AWAKE * self._offered


def reserve_low_descriptors(kept: int) -> int:
    """Move a descriptor out of 0-3, which mean something in every child, and keep those four taken; returns it."""
    null = os.open("/dev/null", os.O_RDWR)
    while null <= _CLAIM_FD:
        null = os.dup(null)
    while kept <= _CLAIM_FD:
        kept = os.dup(kept)
    for target in range(_CLAIM_FD + 1):
        os.dup2(null, target)
    os.close(null)
    return kept


def _memory_file(content: bytes) -> int:
    """Standard input as a memory file: feeding it cannot block, and programs may seek in it."""
    fd = os.memfd_create("stdin")
    while content:
        content = content[os.write(fd, content) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class Child:
    """Forks a process that confines itself and runs ``body``; the caller then ``watch``es it.

    Its descriptors are 0 input, 1 output, 2 nothing (with ``hear``: a pipe, of which is kept whether anything came) and
    3 claims; the parent must have called ``reserve_low_descriptors``. ``forget`` is called in the process first.
    """

    def __init__(
        self,
        jail: Jail,
        limits: CaseLimits,
        confinement: Confinement,
        body: Body,
        stdin: bytes = b"",
        forget: Callable[[], None] | None = None,
        hear: bool = False,
    ) -> None:
        self._jail, self._limits = jail, limits
        self._max_output = limits.output_kb << 10
        self._max_claim = self._max_output * CLAIM_FACTOR
        self._reader = ClaimReader(self._max_claim)
        source = _memory_file(stdin)  # like the others a new one: flags of a file are shared
        self._errors_fd: int | None = None
        if hear:
            self._errors_fd, err_end = os.pipe()
        else:
            err_end = os.open("/dev/null", os.O_RDWR)
        self._stdout_fd, out_end = os.pipe()
        self._claim_fd, claim_end = os.pipe()
        self._started = time.monotonic()
        parent = os.getpid()
        descriptors = [
            linux.step("dup3", source, 0),
            linux.step("dup3", out_end, 1),
            linux.step("dup3", err_end, 2),
            linux.step("dup3", claim_end, _CLAIM_FD),
        ]
        leave = os._exit  # a local name, which a program that replaces things cannot reach
        self._pid = linux.fork()
        if self._pid == 0:
            status = 1
            writer = ClaimWriter(_CLAIM_FD, self._max_claim)
            try:
                if forget is not None:
                    forget()
                linux.take_steps(descriptors)
                confinement.take(parent)
                writer.raw(READY)
                status = body(writer)
            except (OSError, ValueError) as error:
                writer.raw(REFUSED + str(error).encode("utf-8", "replace")[:500])
            finally:
                leave(status)
        for fd in (source, err_end, out_end, claim_end):
            os.close(fd)
        self._pidfd = os.pidfd_open(self._pid)
        self._clock = linux.cpu_clock(self._pid)

    def watch(  # noqa: PLR0912, PLR0915 - one loop, one branch per event
        self,
        progress: Progress | None = None,
        overfull: Callable[[], bool] | None = None,
        patient: Callable[[], None] | None = None,
    ) -> Ending:
        """Wait for the end of the process, killing it at its limits, then remove whatever it started.

        With ``progress`` the process serves several cases: the limits hold from one claim to the next, and each claim
        is handed on as soon as it is there. ``overfull`` is asked now and then whether too much was written to files.
        Where other work keeps the machine busy the wall-clock limit grows accordingly; ``patient`` is told each time.
        """
        ending = Ending()
        poll = select.poll()
        os.set_blocking(self._stdout_fd, False)
        os.set_blocking(self._claim_fd, False)
        for fd in (self._stdout_fd, self._claim_fd, self._pidfd):
            poll.register(fd, select.POLLIN)
        if self._errors_fd is not None:
            os.set_blocking(self._errors_fd, False)
            poll.register(self._errors_fd, select.POLLIN)
        mark, since, killed = 0.0, self._started, ""
        machine = _Machine()
        deadline = since + self._limits.wall_s
        look = self._started + _WATCH_FILES_S if overfull is not None else math.inf
        while not killed:
            now = time.monotonic()
            cpu_left = self._limits.cpu_s - (time.clock_gettime(self._clock) - mark)
            wall_left = deadline - now
            if wall_left <= 0 < cpu_left:
                # of processes that a program starts the clock knows nothing: they may wait where it sleeps
                awake = machine.kept_waiting(self._limits.cpu_s - cpu_left) or self._limits.processes > 0
                ending.waited_for_machine = awake
                if awake:
                    wall_left = self._wall_left_on_a_busy_machine(since, patient)
                    deadline = time.monotonic() + wall_left
            if cpu_left <= 0 or wall_left <= 0:
                killed = "cpu" if cpu_left <= 0 else "wall"
                break
            machine.look(now)
            ended = False
            if overfull is not None and now >= look:
                look = now + _WATCH_FILES_S
                if overfull():
                    killed = "files"
                    break
            patience = min(cpu_left, wall_left, look - now, _LOOK_S)
            asked = time.monotonic()
            ready = poll.poll(1 + 1000 * patience)
            machine.slept(patience, asked)
            for fd, _ in ready:
                if fd == self._pidfd:
                    ended = True
                elif (data := os.read(fd, _CHUNK)) == b"":
                    poll.unregister(fd)
                elif fd == self._stdout_fd:
                    ending.stdout += data
                elif fd == self._errors_fd:
                    ending.complained = True
                else:
                    messages = self._reader.feed(data)
                    if progress is None or not ending.claims:  # else each is handed on
                        ending.claims += messages
                    if progress is not None and messages:
                        spent = time.clock_gettime(self._clock)
                        for message in messages:
                            if not progress(message, spent - mark):
                                killed = "output"
                            mark = spent
                        since = time.monotonic()
                        machine = _Machine()
                        deadline = since + self._limits.wall_s
            too_much = self._reader.overflow or (progress is None and len(ending.claims) > 1)
            if too_much or len(ending.stdout) > self._max_output:
                killed = "output"
            if ended:
                break
        self._finish(ending, killed, progress, mark)
        return ending

    def _wall_left_on_a_busy_machine(self, since: float, patient: Callable[[], None] | None) -> float:
        """Seconds by which to extend the limit of what began at ``since``: at most as much as it is, at a time."""
        allowed = self._limits.wall_s * min(_slowed_down(), _PATIENCE)
        left = min(since + allowed - time.monotonic(), self._limits.wall_s)
        if left > 0 and patient is not None:
            patient()
        return left

    def _finish(self, ending: Ending, killed: str, progress: Progress | None, mark: float) -> None:
        """Kill what is left, reap, drain the pipes, and say how it ended."""
        if killed:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        _, status, usage = os.wait4(self._pid, 0)
        ending.cpu = usage.ru_utime + usage.ru_stime
        ending.waited_for_machine |= usage.ru_majflt + usage.ru_inblock > 0  # a slow disk keeps waiting, too
        ending.wall = time.monotonic() - self._started
        kill_orphans(whole_namespace=self._jail.own_namespaces)
        while len(ending.stdout) <= self._max_output and (data := _read_some(self._stdout_fd)):
            ending.stdout += data
        while not self._reader.overflow and (data := _read_some(self._claim_fd)):
            for message in self._reader.feed(data):
                if progress is None or not ending.claims:
                    ending.claims.append(message)
                if progress is not None and not killed and not progress(message, max(ending.cpu - mark, 0.0)):
                    killed = "output"
        if self._errors_fd is not None:
            ending.complained = ending.complained or bool(_read_some(self._errors_fd))
            os.close(self._errors_fd)
        for fd in (self._stdout_fd, self._claim_fd, self._pidfd):
            os.close(fd)
        code = os.waitstatus_to_exitcode(status)
        ending.how, ending.code = ("signal", -code) if code < 0 else ("exit", code)
        if self._reader.first != READY and not killed:
            ending.how, ending.reason = "jail", self._reader.refusal() or f"the process ended with status {code}"
        elif killed:
            ending.how = killed
        elif len(ending.stdout) > self._max_output or self._reader.overflow:
            ending.how = "output"
        if ending.how == "output":
            ending.reason = self._excess(len(ending.stdout))
        del ending.stdout[self._max_output :]

    def _excess(self, printed: int) -> str:
        """What was too much, with its size and the limit."""
        if printed > self._max_output:
            return f"at least {_kib(printed)} were printed, and the limit is {_kib(self._max_output)}"
        if self._reader.overflow:
            return f"an encoded result of {_kib(self._reader.overflow)}, and the limit is {_kib(self._max_claim)}"
        return "more results than calls"


def _kib(size: int) -> str:
    return f"{-(-size // 1024):,} KiB"


def _read_some(fd: int) -> bytes:
    try:
        return os.read(fd, _CHUNK)
    except BlockingIOError:
        return b""
