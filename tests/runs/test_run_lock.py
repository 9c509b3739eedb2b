"""The lock of a run directory: one process at a time, and a killed one leaves nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from real.errors import InfrastructureError
from real.runs.store import RunStore


def test_second_holder_is_told_who_has_it(tmp_path):
    with RunStore(tmp_path).lock():
        held = pytest.raises(InfrastructureError, match=f"in use by process {os.getpid()} on .*, since 20")
        with held, RunStore(tmp_path).lock():
            pass
    with RunStore(tmp_path).lock():  # released
        pass


def test_a_killed_run_frees_the_lock_even_while_its_forked_workers_live(tmp_path):
    script = textwrap.dedent(
        """
        import os, sys, time
        from real.runs.store import RunStore
        with RunStore(sys.argv[1]).lock():
            child = os.fork()
            if child == 0:  # it speaks itself: until it has run at all, it still holds what it was born with
                print(os.getpid(), flush=True)
                time.sleep(60)
                os._exit(0)
            time.sleep(60)
        """
    )
    run = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    worker = int(run.stdout.readline())
    try:
        with pytest.raises(InfrastructureError, match=f"process {run.pid}"), RunStore(tmp_path).lock():
            pass
        run.kill()
        run.wait()
        os.kill(worker, 0)  # the worker is alive and must not hold on
        with RunStore(tmp_path).lock():
            pass
    finally:
        os.kill(worker, signal.SIGKILL)
        run.kill()
        run.stdout.close()
        run.wait()
