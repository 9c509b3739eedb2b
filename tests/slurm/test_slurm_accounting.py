"""What ``sacct`` says of ended jobs, asked of a real SLURM with slurmdbd and its database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_accounting import why_no_accounting
from local_slurm import local_slurm, why_not
from slurm_user import Slurm

from real.slurm import client

pytestmark = [pytest.mark.slow, pytest.mark.slurm]


@pytest.fixture
def accounting(tmp_path: Path) -> Iterator[Slurm]:
    reason = why_not() or why_no_accounting()
    if reason:
        pytest.skip(f"not run: {reason}")
    home, work = tmp_path / "slurm", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    with local_slurm(home, accounting=True) as conf:
        yield Slurm(conf, work)


def submitted(slurm: Slurm, *words: str) -> str:
    done = slurm.call("sbatch", "--parsable", "--output=/dev/null", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_ended_jobs_are_told_as_they_ended(accounting: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    slurm = accounting
    monkeypatch.setenv("SLURM_CONF", str(slurm.conf))
    good = submitted(slurm, "--array=0-1", "--wrap", "exit 0")
    bad = submitted(slurm, "--wrap", "exit 3")
    cancelled = submitted(slurm, "--wrap", "sleep 600")
    requeued = submitted(slurm, "--requeue", "--wrap", "test ${SLURM_RESTART_COUNT:-0} -gt 0 || sleep 600")
    running = {"RUNNING"}
    slurm.wait("the start", lambda: running >= {slurm.queue().get(j) for j in (cancelled, requeued)}, 900)
    slurm.call("scancel", cancelled)
    slurm.scontrol("requeue", requeued)
    ids = [good, bad, cancelled, requeued]

    def told() -> dict[str, tuple[str, str]]:
        return client.accounted(ids)

    ended = re.compile("COMPLETED|FAILED|CANCELLED")
    slurm.wait("the end", lambda: len(told()) == 5 and all(ended.match(s) for s, _ in told().values()), 900)
    found = told()
    assert found.pop(cancelled)[0] == "CANCELLED"  # with a code that says which signal it took
    assert found == {
        f"{good}_0": ("COMPLETED", "0:0"),
        f"{good}_1": ("COMPLETED", "0:0"),
        bad: ("FAILED", "3:0"),
        requeued: ("COMPLETED", "0:0"),  # its last try, not the one that was put back
    }
