"""A lock that is waited for: the second process enters when the first has left."""

import subprocess
import sys
import time
from pathlib import Path

from real.io.lock import hold

HOLDER = "import sys, time; from pathlib import Path; from real.io.lock import hold\n" \
    "with hold(Path(sys.argv[1])):\n    print('in', flush=True); sys.stdin.read()\n"  # fmt: skip


def test_waits_until_the_holder_is_gone(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        subprocess.Popen(["sh", "-c", f"sleep 1; kill -9 {holder.pid}"])
        began = time.monotonic()
        with hold(path, wait=True):
            assert time.monotonic() - began > 0.4
            assert holder.wait() == -9


def test_a_free_lock_is_taken_at_once(tmp_path: Path) -> None:
    with hold(tmp_path / ".lock", wait=True):
        pass
