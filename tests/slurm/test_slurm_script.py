"""The batch scripts: what they ask for, how they enter an environment, and when they have a job queued again."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fake_slurm import FakeSlurm
from slurm_user import ROOT

from real.errors import UsageError
from real.slurm.batch_script import Stage, render
from real.slurm.config import ClusterCfg, ContainerRuntime, Scheduler

ONE = ClusterCfg(scheduler=Scheduler.slurm, cpus_per_node=8, memory_gb_per_node=64, gpus_per_node=4)
CLUSTERS = sorted((ROOT / "conf" / "cluster").glob("slurm_*.yaml"))


def text(stage: Stage, folder: Path = Path("/out/slurm/0001-x"), workdir: Path = Path("/work dir")) -> str:
    return render(stage, name="real-x", folder=folder, workdir=workdir)


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


def asked(stage: Stage, option: str) -> str | None:
    found = re.search(rf"^#SBATCH --{option}=(\S+)$", text(stage), re.MULTILINE)
    return found[1] if found else None


@pytest.mark.parametrize("path", CLUSTERS, ids=lambda path: path.stem)
def test_cores_and_memory_are_asked_for_on_every_cluster(path: Path) -> None:
    """``--exclusive`` gives a node's cores, and of its memory only the partition's default (man sbatch)."""
    cluster = ClusterCfg(**yaml.safe_load(path.read_text()))
    train, evaluate = Stage("train", cluster, (0,), memory_gb=424), Stage("evaluate", cluster, (0,), memory_gb=64)
    assert asked(train, "mem") == ("0" if cluster.exclusive else f"{cluster.memory_gb_per_node}G")
    assert cluster.exclusive or asked(train, "cpus-per-task") == str(cluster.cpus_per_node)
    assert int(asked(evaluate, "mem").rstrip("G")) >= 64  # type: ignore[union-attr]
    assert int(asked(evaluate, "cpus-per-task")) >= 8  # type: ignore[arg-type]
    tables = Stage("tables", cluster)
    assert (asked(tables, "cpus-per-task"), asked(tables, "mem")) == ("2", "2G")


@pytest.mark.parametrize(
    ("change", "train", "evaluate"),
    [
        ({}, "64G", "48G"),  # loading the model needs more than the share of one GPU in four
        ({"memory_gb_per_node": 0}, "400G", "48G"),
        ({"memory_gb_per_node": 0, "exclusive": True}, "0", "48G"),
        ({"memory_gb_per_node": 512, "exclusive": True}, "512G", "128G"),
        ({"memory_gb_per_node": 32}, "32G", "32G"),  # a node has no more
    ],
)
def test_memory(change: dict[str, object], train: str, evaluate: str) -> None:
    cluster = replace(ONE, **change)
    assert asked(Stage("train", cluster, (0,), memory_gb=400), "mem") == train
    assert asked(Stage("evaluate", cluster, (0,), memory_gb=48), "mem") == evaluate


@pytest.mark.parametrize("runtime", list(ContainerRuntime))
def test_a_container_sees_data_and_models(runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "hub", "model"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("REAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "nothing there"))  # a mount of it would end the container
    cluster = replace(ONE, container="real.sif", container_runtime=runtime, mounts=["/scratch:/s:ro"])
    script = text(Stage("train", cluster, (0,), folders=(str(tmp_path / "model"),)))
    for folder in ("data", "hub", "model"):
        assert f"{tmp_path / folder}:{tmp_path / folder}" in script
    assert "/scratch:/s:ro" in script
    assert "nothing there" not in script


def test_a_folder_that_no_container_can_see_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a:b").mkdir()
    monkeypatch.setenv("REAL_DATA", str(tmp_path / "a:b"))
    with pytest.raises(UsageError, match="the container cannot see"):
        text(Stage("train", replace(ONE, container="real.sif"), (0,)))


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
        ({"sbatch": ["--comment=a b"]}, '#SBATCH "--comment=a b"\n'),
        ({"sbatch": ["-C gpu"]}, "#SBATCH -C gpu\n"),
        ({"sbatch": ['--comment="a # b"']}, '#SBATCH "--comment=a # b"\n'),
        ({"container": "real.sif"}, "apptainer exec --nv --bind "),
        ({"container": "real.sif"}, " real.sif python -m real.slurm.array_task train "),
        ({"container": "nv/x", "container_runtime": ContainerRuntime.pyxis}, "--container-image=nv/x "),
    ],
)
def test_settings_reach_the_script(change: dict[str, object], line: str) -> None:
    assert line in text(Stage("train", replace(ONE, **change), (0,)))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--array=0-3", "REAL's to set"),
        ("-o elsewhere.log", "REAL's to set"),
        ("--wait", "REAL's to set"),
        ("--nice=5 --exclude=n7", "reads like two options"),
        ('--comment="a', "Balance its quotes"),
    ],
)
def test_options_that_would_take_a_job_away_are_refused(option: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        text(Stage("train", replace(ONE, sbatch=[option]), (0,)))
    assert said in f"{caught.value} {caught.value.hint}"


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
        ({"venv": "a", "conda": "b"}, "exclude each other"),
        ({"partition": "a b"}, "cluster.partition is 'a b'"),
        ({"sbatch": ["x"]}, "which is no option"),
        ({"mounts": ["/a"]}, "FROM:TO"),
        ({"retries": -1}, "must not be negative"),
        ({"templates": "/nowhere"}, "no such folder"),
    ],
)
def test_values_out_of_range(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        replace(ONE, **change).check()
