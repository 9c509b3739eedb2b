"""A SLURM of this machine for the tests that are marked ``slurm``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_slurm import FakeSlurm
from local_slurm import local_slurm, why_not
from slurm_user import Slurm

from real.config.schema import register
from real.machine import machine

register()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    reason = why_not()
    if reason:
        pytest.skip(f"not run: {reason}")
    with local_slurm(tmp_path_factory.mktemp("slurm")) as conf:
        yield conf


@pytest.fixture
def slurm(cluster: Path, tmp_path: Path) -> Slurm:
    return Slurm(cluster, tmp_path)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlurm]:
    """A SLURM that only notes what it is asked, in an empty working directory."""
    folder = tmp_path / "bin"
    folder.mkdir()
    made = FakeSlurm(folder)
    made.install()
    monkeypatch.setenv("PATH", made.path())
    for name in ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "REAL_DATA", "REAL_RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    machine.cache_clear()
    yield made
    machine.cache_clear()
