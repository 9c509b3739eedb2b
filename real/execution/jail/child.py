"""One confined process: started, fed, watched to its end, and cleaned up after."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from . import linux
from .claims import READY, REFUSED, ClaimReader, ClaimWriter
from .layers import CaseLimits, Jail, confine
from .orphans import kill_orphans

_CLAIM_FD = 3
_CHUNK = 1 << 16
_CLAIM_FACTOR = 4  # an encoded value is that much longer than a printed one
_FREE_FDS = 10  # lowest descriptor used while 0-3 are being arranged

Body = Callable[[ClaimWriter], int]  # runs in the child; returns the exit code
Progress = Callable[[bytes, float], bool]  # takes a claim and its CPU seconds; returns whether to go on


@dataclass(slots=True)
class Ending:
    """How a process ended and what it left.

    ``how`` is exit, signal, cpu, wall, output (a limit was hit) or jail (a layer could not be had).
    """

    how: str
    code: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    reason: str = ""
    stdout: bytearray = field(default_factory=bytearray)
    claims: list[bytes] = field(default_factory=list)


def _become(jail: Jail, limits: CaseLimits, cpu_budget: float, stdin: bytes, fds: tuple[int, int], parent: int) -> None:
    """Arrange the descriptors of a new process and confine it: 0 input, 1 output, 2 nothing, 3 claims."""
    source = os.memfd_create("stdin")  # a memory file: feeding it cannot block
    while stdin:
        stdin = stdin[os.write(source, stdin) :]
    os.lseek(source, 0, os.SEEK_SET)
    null = os.open("/dev/null", os.O_RDWR)
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, _FREE_FDS) for fd in (source, fds[0], null, fds[1])]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(_CLAIM_FD + 1, 1 << 16)
    os.chdir(jail.box)
    confine(jail, limits, cpu_budget, parent)


class Child:
    """Forks a process that confines itself and runs ``body``; the caller then ``watch``es it."""

    def __init__(self, jail: Jail, limits: CaseLimits, body: Body, *, stdin: bytes = b"", cases: int = 1) -> None:
        self._jail, self._limits = jail, limits
        self._max_output = limits.output_kb << 10
        self._reader = ClaimReader(self._max_output * _CLAIM_FACTOR)
        self._stdout_fd, out_end = os.pipe()
        self._claim_fd, claim_end = os.pipe()
        self._started = time.monotonic()
        parent = os.getpid()
        leave = os._exit  # a local name, which a program that replaces things cannot reach
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            writer = ClaimWriter(claim_end)
            try:
                _become(jail, limits, limits.cpu_s * cases, stdin, (out_end, claim_end), parent)
                writer = ClaimWriter(_CLAIM_FD)
                writer.raw(READY)
                status = body(writer)
            except (OSError, ValueError) as error:
                writer.raw(REFUSED + str(error).encode("utf-8", "replace")[:500])
            finally:
                leave(status)
        os.close(out_end)
        os.close(claim_end)
        self._pidfd = os.pidfd_open(self._pid)
        self._clock = linux.cpu_clock(self._pid)

    def watch(self, progress: Progress | None = None) -> Ending:  # noqa: PLR0912 - one loop, one branch per event
        """Wait for the end of the process, killing it at its limits, then remove whatever it started.

        With ``progress`` the process serves several cases: the limits hold from one claim to the next, and each claim
        is handed on as soon as it is there.
        """
        ending = Ending("exit")
        poll = select.poll()
        for fd in (self._stdout_fd, self._claim_fd, self._pidfd):
            os.set_blocking(fd, False)
            poll.register(fd, select.POLLIN)
        mark, deadline, killed = 0.0, self._started + self._limits.wall_s, ""
        while not killed:
            cpu_left = self._limits.cpu_s - (time.clock_gettime(self._clock) - mark)
            wall_left = deadline - time.monotonic()
            if cpu_left <= 0 or wall_left <= 0:
                killed = "cpu" if cpu_left <= 0 else "wall"
                break
            ended = False
            for fd, _ in poll.poll(1 + 1000 * min(cpu_left, wall_left)):
                if fd == self._pidfd:
                    ended = True
                elif (data := os.read(fd, _CHUNK)) == b"":
                    poll.unregister(fd)
                elif fd == self._stdout_fd:
                    ending.stdout += data
                else:
                    messages = self._reader.feed(data)
                    ending.claims += messages
                    if progress is not None and messages:
                        now = time.clock_gettime(self._clock)
                        for message in messages:
                            if not progress(message, now - mark):
                                killed = "output"
                            mark = now
                        deadline = time.monotonic() + self._limits.wall_s
            if len(ending.stdout) > self._max_output or self._reader.overflow:
                killed = "output"
            if ended:
                break
        self._finish(ending, killed, progress, mark)
        return ending

    def _finish(self, ending: Ending, killed: str, progress: Progress | None, mark: float) -> None:
        """Kill what is left, reap, drain the pipes, and say how it ended."""
        if killed:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        _, status, usage = os.wait4(self._pid, 0)
        ending.cpu = usage.ru_utime + usage.ru_stime
        ending.wall = time.monotonic() - self._started
        kill_orphans(whole_namespace=self._jail.own_namespaces)
        while len(ending.stdout) <= self._max_output and (data := _read_some(self._stdout_fd)):
            ending.stdout += data
        while not self._reader.overflow and (data := _read_some(self._claim_fd)):
            for message in self._reader.feed(data):
                ending.claims.append(message)
                if progress is not None and not killed and not progress(message, max(ending.cpu - mark, 0.0)):
                    killed = "output"
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
        del ending.stdout[self._max_output :]


def _read_some(fd: int) -> bytes:
    try:
        return os.read(fd, _CHUNK)
    except BlockingIOError:
        return b""
