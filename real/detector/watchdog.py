"""The last bound on time: whatever a thread does in Python, it stops when it has used its seconds of CPU.

Budgets (``limits``) end the analysis by steps, which are the same everywhere. This ends what no budget sees, such as a
pass of the front end that somebody writes next year: one program must never be able to stall a training run. A second
thread looks at the CPU clocks of those that analyse, and has the interpreter raise an exception in one that is over its
time. On systems without clocks of other threads, it is the time of day that counts.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from real.detector.limits import UnanalyzableError

_BETWEEN_LOOKS_S = 0.5
_IDLE_LOOKS = 120  # then the thread ends; the next analysis starts another


class OutOfTimeError(UnanalyzableError):
    """Raised in the thread that is over its time, wherever it is."""


@dataclass(slots=True, eq=False)
class _Watch:
    now: Callable[[], float]
    end: float
    is_over: bool = False


_lock = threading.Lock()
_watches: dict[int, _Watch] = {}  # by the number of the thread
_looking: list[threading.Thread] = []


def _in_a_forked_child() -> None:
    """The looking thread is not there, and the lock may have been taken for ever."""
    global _lock  # noqa: PLW0603 - a lock that another thread held cannot be released here
    _lock = threading.Lock()
    _watches.clear()
    _looking.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_forked_child)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTimeError`` in this block some time after it has used ``seconds`` of CPU."""
    thread = threading.get_ident()
    now = _clock(thread)
    watch = _Watch(now, now() + seconds)
    with _lock:
        _watches[thread] = watch
        if not _looking or not _looking[0].is_alive():
            _looking[:] = [threading.Thread(target=_look, name="detector-watchdog", daemon=True)]
            _looking[0].start()
    try:
        yield
    finally:
        with _lock:
            _watches.pop(thread, None)
            if watch.is_over:  # it may not have been raised yet, and must not be later
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)


def _clock(thread: int) -> Callable[[], float]:
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(thread)
    return lambda: time.clock_gettime(clock)


def _look() -> None:
    idle = 0
    while idle < _IDLE_LOOKS:
        time.sleep(_BETWEEN_LOOKS_S)
        with _lock:
            idle = 0 if _watches else idle + 1
            for thread, watch in _watches.items():
                if not watch.is_over and watch.now() > watch.end:
                    watch.is_over = True
                    error = ctypes.py_object(OutOfTimeError)
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)
