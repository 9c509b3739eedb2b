"""Signals: when they stop a run at once, when after the step, and that children never see SLURM's warning."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from real.stopping import Stopped, at_boundaries, obeying_signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGUSR1, 138)])
def test_outside_of_training_a_signal_stops_at_once(number: signal.Signals, code: int) -> None:
    with pytest.raises(Stopped) as stopped, obeying_signals():
        signal.raise_signal(number)
    assert stopped.value.exit_code == code
    assert str(stopped.value) == f"stopped by {number.name}"


def test_a_warning_waits_for_the_boundary() -> None:
    with obeying_signals(), at_boundaries() as boundary:
        boundary.leave()
        signal.raise_signal(signal.SIGUSR1)
        assert boundary.requested == signal.SIGUSR1
        with pytest.raises(Stopped):
            boundary.leave()


def test_a_second_warning_stops_at_once() -> None:
    with obeying_signals(), at_boundaries():
        signal.raise_signal(signal.SIGUSR1)
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGUSR1)


def test_sigterm_never_waits() -> None:
    with obeying_signals(), at_boundaries(), pytest.raises(Stopped):
        signal.raise_signal(signal.SIGTERM)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with obeying_signals():
        assert signal.getsignal(signal.SIGUSR1) is not before
    assert signal.getsignal(signal.SIGUSR1) is before


SHIELDED = """
import os, signal, subprocess, sys, time
from real.stopping import Stopped, at_boundaries, obeying_signals, shield_children
with obeying_signals():
    shield_children()
    child = subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"],
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    print(child.pid, flush=True)
    try:
        with at_boundaries() as boundary:
            while boundary.requested is None:
                time.sleep(0.01)
            assert child.poll() is None, "the child died of the warning"
            boundary.leave()
    except Stopped as stopped:
        child.kill()
        sys.exit(stopped.exit_code)
"""


def test_children_never_see_the_warning() -> None:
    with subprocess.Popen([sys.executable, "-c", SHIELDED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        os.kill(child, signal.SIGUSR1)  # as SLURM does: every process of the step
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGUSR1)
        timer = threading.Timer(20, process.kill)
        timer.start()
        assert process.wait() == 138
        timer.cancel()
