"""The batch scripts: what they ask for, how they enter an environment, and when they have a job queued again."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fake_slurm import FakeSlurm
from slurm_user import ROOT

from real.config.cluster import ClusterCfg
from real.errors import UsageError
from real.slurm.batch_script import Stage, render

ONE = ClusterCfg(scheduler="slurm", cpus_per_node=8, memory_gb_per_node=64, gpus_per_node=4)
CLUSTERS = sorted((ROOT / "conf" / "cluster").glob("slurm_*.yaml"))


def text(stage: Stage, folder: Path = Path("/out/slurm/0001-x"), workdir: Path = Path("/work dir")) -> str:
    return render(stage, name="real-x", key="real:k", folder=folder, workdir=workdir)


@pytest.mark.parametrize("path", CLUSTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["train", "evaluate", "tables"])
def test_every_cluster_makes_scripts_that_bash_reads(path: Path, kind: str) -> None:
    cluster = ClusterCfg(**yaml.safe_load(path.read_text()))
    cluster.check()
    script = text(Stage(kind, cluster, () if kind == "tables" else (0, 1)))
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert script.startswith("#!/bin/bash\n#SBATCH ")
    head = script.partition("\n# --- Environment")[0]
    assert all(line.startswith("#") for line in head.splitlines() if line)  # sbatch stops reading at a command


def test_training_asks_for_all_and_evaluation_for_its_share() -> None:
    train, evaluate = text(Stage("train", ONE, (0,))), text(Stage("evaluate", ONE, (0,)))
    for line in ("--gres=gpu:4", "--cpus-per-task=8", "--mem=64G", "--time=24:00:00", "--signal=B:USR1@300"):
        assert f"#SBATCH {line}\n" in train
    for line in ("--gres=gpu:1", "--cpus-per-task=2", "--mem=16G", "--time=04:00:00", "--signal=B:USR1@60"):
        assert f"#SBATCH {line}\n" in evaluate


@pytest.mark.parametrize(
    ("indices", "parallel", "array"),
    [((0, 1, 2), 0, "0-2"), ((0, 2, 5), 0, "0,2,5"), ((3,), 0, "3"), ((0, 1), 1, "0-1%1")],
)
def test_array(indices: tuple[int, ...], parallel: int, array: str) -> None:
    assert f"#SBATCH --array={array}\n" in text(Stage("train", replace(ONE, parallel=parallel), indices))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"modules": ["cuda/13.0"]}, "module load cuda/13.0\n"),
        ({"venv": "/a b/env"}, "source '/a b/env/bin/activate'\n"),
        ({"conda": "real"}, "conda activate real\n"),
        ({"setup": ["ulimit -n 65536"]}, "ulimit -n 65536\n"),
        ({"partition": "gpu"}, "#SBATCH --partition=gpu\n"),
        ({"account": "me"}, "#SBATCH --account=me\n"),
        ({"gpu_type": "h100"}, "#SBATCH --gres=gpu:h100:4\n"),
        ({"sbatch": ["--exclude=n7"]}, "#SBATCH --exclude=n7\n"),
        ({"container": "real.sif"}, "apptainer exec --nv --bind "),
        ({"container": "real.sif"}, " real.sif python -m real.slurm.array_task train "),
        ({"container": "nv/x", "container_runtime": "pyxis"}, "--container-image=nv/x "),
    ],
)
def test_settings_reach_the_script(change: dict[str, object], line: str) -> None:
    assert line in text(Stage("train", replace(ONE, **change), (0,)))


def test_ray_is_started_outside_of_a_container_only() -> None:
    two = replace(ONE, nodes=2)
    assert "ray start" not in text(Stage("train", two, (0,), ray=True))
    script = text(Stage("train", replace(two, container="real.sif"), (0,), ray=True))
    assert script.count("ray start") == 2
    assert "export REAL_RAY_ADDRESS=" in script
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


def test_templates_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "job.sh.j2").write_text("#!/bin/bash\n# ours {{ name }}\n")
    assert text(Stage("train", replace(ONE, templates=str(tmp_path)), (0,))) == "#!/bin/bash\n# ours real-x\n"
    (tmp_path / "job.sh.j2").write_text("{{ nothing_of_that_name }}")
    with pytest.raises(UsageError, match="cannot be rendered"):
        text(Stage("train", replace(ONE, templates=str(tmp_path)), (0,)))


def ends(fake: FakeSlurm, tmp_path: Path, code: int, restarts: int = 0) -> tuple[int, bool]:
    """Run a batch script whose driver ends with ``code``: its own code, and whether it had the job queued again."""
    (tmp_path / "attempts").mkdir(exist_ok=True)
    fake.answer("srun", code=code)
    before = len(fake.calls("scontrol"))
    script = tmp_path / "job.sh"
    script.write_text(text(Stage("train", replace(ONE, max_requeues=3, retries=1), (0,)), tmp_path, tmp_path))
    environment = {**os.environ, "SLURM_JOB_ID": "9", "SLURM_ARRAY_TASK_ID": "0", "SLURM_JOB_NODELIST": "n1"}
    environment |= {"SLURM_RESTART_COUNT": str(restarts)} if restarts else {}
    done = subprocess.run(["bash", str(script)], env=environment, capture_output=True, text=True, check=False)
    calls = fake.calls("scontrol")[before:]
    assert calls in ([], [["requeue", "9"]]), done.stderr
    return done.returncode, bool(calls)


@pytest.mark.parametrize(
    ("code", "again"),
    [(0, False), (1, False), (2, False), (3, False), (4, True), (130, False), (137, True), (138, True), (143, False)],
)
def test_what_is_queued_again(fake: FakeSlurm, tmp_path: Path, code: int, again: bool) -> None:
    assert ends(fake, tmp_path, code) == (code, again)


def test_a_machine_that_fails_twice_is_given_up(fake: FakeSlurm, tmp_path: Path) -> None:
    assert [ends(fake, tmp_path, 137, restarts=n)[1] for n in (0, 1)] == [True, False]


def test_warnings_do_not_use_up_the_retries(fake: FakeSlurm, tmp_path: Path) -> None:
    assert [ends(fake, tmp_path, 138, restarts=n)[1] for n in (0, 2, 3)] == [True, True, False]
    assert ends(fake, tmp_path, 137, restarts=3)[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"time": "3"}, "cluster.time is '3'"),
        ({"time": "00:04:00"}, "cluster.warning_s is 300"),
        ({"evaluate": "later"}, "cluster.evaluate is 'later'"),
        ({"venv": "a", "conda": "b"}, "exclude each other"),
        ({"partition": "a b"}, "cluster.partition is 'a b'"),
        ({"sbatch": ["x"]}, "which is no option"),
        ({"mounts": ["/a"]}, "FROM:TO"),
        ({"retries": -1}, "must not be negative"),
        ({"container_runtime": "podman"}, "apptainer or pyxis"),
        ({"templates": "/nowhere"}, "no such folder"),
    ],
)
def test_values_out_of_range(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        replace(ONE, **change).check()
