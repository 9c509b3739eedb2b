"""What the processes of one program may use together, where control groups can be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from real.execution import Pool
from real.execution.cgroups import Cgroup
from real.types import ExecutionRequest, Limits, ScriptSuite, StdinCase

GREEDY = """
import os, time
started = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        memory = bytearray(100 << 20)
        memory[::4096] = bytes(len(memory[::4096])).replace(b"\\0", b"x")
        time.sleep(0.3)
        os._exit(0)
    started.append(pid)
print(sum(os.waitpid(pid, 0)[1] == 0 for pid in started) == 4)
"""


def groups() -> set[Path]:
    """Those of this process: others may run sandboxes at the same time, or have been killed with theirs."""
    return set(Path("/sys/fs/cgroup").rglob(f"real-jail-{os.getpid()}-*"))


def have_groups() -> bool:
    with Pool(1) as pool:
        return "no control groups" not in pool.describe()


pytestmark = pytest.mark.skipif(not have_groups(), reason="no control groups can be made here")


def test_processes_of_one_program_share_its_memory_limit() -> None:
    suite = ScriptSuite((StdinCase("", "True\n"),))
    with Pool(1) as pool:
        jobs = [ExecutionRequest(str(mb), GREEDY, suite, Limits(memory_mb=mb, processes=8)) for mb in (128, 700)]
        small, large = pool.run(jobs)
    assert small.outcomes[0].status == "wrong"
    assert large.outcomes[0].status == "pass", large


def test_groups_end_with_their_pool() -> None:
    before = groups()
    with Pool(2) as pool:
        pool.run([])
        assert groups() > before
    assert groups() == before


def test_groups_of_killed_graders_are_removed() -> None:
    with Pool(1):
        folder = groups().pop().parent
    stale = folder / "real-jail-999999999-0"
    stale.mkdir()
    with Pool(1):
        assert not stale.exists()


def test_a_process_that_is_gone_gets_no_group() -> None:
    before = groups()
    with pytest.raises(OSError, match=r".+"):
        Cgroup(999_999_999)
    assert groups() == before
