"""The bound on CPU time: it ends a loop, leaves others alone, and survives a fork that happens while it is locked."""

import multiprocessing
import time

import pytest

from real.detector import watchdog
from real.detector.watchdog import OutOfTimeError, within


def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_loop_without_end_is_ended():
    with pytest.raises(OutOfTimeError), within(0.05):
        spin(60)


def test_nothing_is_raised_after_the_block():
    with within(30):
        spin(0.01)
    spin(0.7)


def _ends_in_the_child(told):
    try:
        with within(0.05):
            spin(60)
    except OutOfTimeError:
        told.send("ended")


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="no clocks of threads here")
def test_a_process_forked_while_the_lock_is_held_is_bounded_too():
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_ends_in_the_child, args=(theirs,))
    with watchdog._lock:
        child.start()
    try:
        assert ours.poll(120)
        assert ours.recv() == "ended"
    finally:
        child.kill()
        child.join()
