"""A lock that is waited for: the second process enters when the first has left."""

import errno
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from real.errors import InfrastructureError
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


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match=r"cannot write .*file"), hold(tmp_path / "file" / ".lock"):
        pass


def test_a_disk_without_locks_is_no_held_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    for wait in (False, True):
        with pytest.raises(InfrastructureError, match="No locks available"), hold(tmp_path / ".lock", wait=wait):
            pass


def test_what_a_killed_process_left_in_the_file_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("process 1 on gone, since 2020-01-01 00:00 UTC\n")
    with hold(tmp_path / ".lock"):
        assert f"process {os.getpid()} " in (tmp_path / ".lock").read_text()
