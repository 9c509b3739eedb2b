"""Stopping on a signal: SIGTERM at once, SIGUSR1 (SLURM's warning) after the training step at hand.

SIGTERM reaches every process of a SLURM job, the sandboxed programs among them: what they are scored at from then on
is not true any more, so nothing computed after it is kept. SIGUSR1 is kept from our children by blocking it.
"""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType


class Stopped(KeyboardInterrupt):
    """A signal ended the run in order, as Ctrl-C would; the exit code is 128 plus its number, as shells have it."""

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        super().__init__(f"stopped by {self.signal.name}")

    @property
    def exit_code(self) -> int:
        """143 for SIGTERM; 138 for SIGUSR1, on which the batch script has SLURM queue the job again."""
        return 128 + self.signal


class Boundary:
    """What a trainer asks between two steps."""

    def __init__(self) -> None:
        self.requested: int | None = None

    def leave(self) -> None:
        """Raise ``Stopped`` where a signal asked for it; call it when the checkpoint is on the disk."""
        if self.requested is not None:
            raise Stopped(self.requested)


_boundaries: list[Boundary] = []


@contextlib.contextmanager
def at_boundaries() -> Iterator[Boundary]:
    """In the body the first SIGUSR1 is noted, for the trainer to act on; a second one stops at once."""
    boundary = Boundary()
    _boundaries.append(boundary)
    try:
        yield boundary
    finally:
        _boundaries.remove(boundary)


@contextlib.contextmanager
def obeying_signals() -> Iterator[None]:
    """In the body SIGTERM and SIGUSR1 raise ``Stopped`` in the main thread; call it there, before threads start."""
    before = {number: signal.signal(number, _on_signal) for number in (signal.SIGTERM, signal.SIGUSR1)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def shield_children() -> None:
    """Keep SIGUSR1 from every process started from now on, which SLURM would send it to as well (and kill).

    Children inherit a blocked signal, not a handler; a thread receives it here and has the main thread act on it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    threading.Thread(target=_pass_on, name="SIGUSR1", daemon=True).start()


def _pass_on() -> None:
    while True:
        signal.sigwait({signal.SIGUSR1})
        _thread.interrupt_main(signal.SIGUSR1)


def _on_signal(number: int, frame: FrameType | None) -> None:
    if number == signal.SIGUSR1 and _boundaries and _boundaries[-1].requested is None:
        _boundaries[-1].requested = number
        print("SIGUSR1: stopping after this step (a second one stops at once)", file=sys.stderr, flush=True)
        return
    raise Stopped(number)
