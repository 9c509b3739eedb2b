"""A SLURM of this machine for the tests that are marked ``slurm``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_slurm import local_slurm, why_not
from slurm_user import Slurm


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
