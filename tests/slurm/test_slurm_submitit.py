"""Hydra's own way to a cluster, ``hydra/launcher=submitit_slurm``, against a real SLURM."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from local_slurm import environment
from slurm_user import ROOT, TOY, Slurm

pytestmark = [pytest.mark.slow, pytest.mark.slurm]

LAUNCHER = [
    "hydra/launcher=submitit_slurm",
    "hydra.launcher.cpus_per_task=1",
    "hydra.launcher.timeout_min=30",
    "+hydra.launcher.additional_parameters={gpus: 0}",
    "hydra.launcher.gpus_per_node=null",
]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the launcher is installed: not in this environment, whose users may well do without it."""
    folder = tmp_path_factory.mktemp("submitit")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    done = subprocess.run(
        [*command, "hydra-submitit-launcher==1.2.0", "submitit==1.5.4", "cloudpickle==3.1.2"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"not run: the launcher cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return folder


def test_a_sweep_by_hydras_launcher_gives_the_results_of_a_local_run(slurm: Slurm, plugin: Path) -> None:
    sweep = ["seed=0,1", *TOY, "trainer.steps=2", "-m"]

    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *sweep, *LAUNCHER],
        cwd=slurm.folder,
        env=environment(slurm.conf) | {"PYTHONPATH": str(plugin)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )

    logs = "\n".join(path.read_text() for path in slurm.folder.rglob("*.err"))
    assert done.returncode == 0, done.stdout + done.stderr + logs
    mine = metrics_below(slurm.folder)
    assert len(mine) == 2
    assert len(list(slurm.folder.rglob("*_submitted.pkl"))) == 2  # they were jobs
    local = slurm.folder / "local"
    local.mkdir()
    subprocess.run([sys.executable, str(ROOT / "run.py"), *sweep], cwd=local, env=os.environ.copy(), check=True)
    assert metrics_below(local) == mine


def metrics_below(folder: Path) -> dict[str, object]:
    """What each run computed, by its id, without clocks."""
    found = {}
    for path in folder.glob("outputs/**/metrics.json"):
        record = json.loads(path.read_text())
        record.pop("seconds")
        found[record["run_id"]] = record
    return found
