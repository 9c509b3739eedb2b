"""Submitting, with programs that stand in for SLURM's: what is frozen, refused, skipped, and left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import namedtuple
from pathlib import Path

import hydra
import pytest
from fake_slurm import FakeSlurm
from slurm_user import CLUSTER, ROOT

from real.config import cli as run_cli
from real.runs.store import RunState, RunStore
from real.settings import RootCfg
from real.slurm import active_jobs, attempts, client, manifest
from real.slurm.cli import main
from real.slurm.manifest import Submission
from real.slurm.resources import folders_of

CONF = ROOT / "conf"
METHODS = ("vanilla", "sft", "real")
PAIR = ["reward=hybrid,quality_only", "logger=none", "-m", *CLUSTER]


def last() -> Submission:
    *_, found = manifest.submissions(Path("outputs"))
    return found


def mark(submission: Submission, index: int, state: RunState) -> None:
    RunStore(submission.entries[index].run_dir).write_status(state)


def test_a_sweep_becomes_one_array_and_a_table_after_it(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PAIR, CONF) == 0

    one = last()
    assert one.name == "0001-quickstart"
    assert one.job_ids == {"train": "101", "tables": "102"}
    assert [entry.run_id.split("-")[3] for entry in one.entries] == ["hybrid", "quality_only"]
    train, tables = fake.calls("sbatch")
    assert train == ["--parsable", str(one.folder / "train.sh")]
    assert "--dependency=afterany:101" in tables
    script = (fake.folder / "submitted-101.sh").read_text()
    assert "#SBATCH --array=0-1\n" in script
    assert capsys.readouterr().out.splitlines()[0] == "submitted 2 of 2 runs as 0001-quickstart: train 101, tables 102"


def test_the_configuration_is_frozen_and_knows_its_place(fake: FakeSlurm, tmp_path: Path) -> None:
    assert main([*PAIR, "output_dir=out"], CONF) == 0
    (folder,) = Path("out/slurm").glob("0*")
    text = (folder / "configs" / "0000.yaml").read_text()
    assert f"output_dir: {tmp_path}/work/out\n" in text
    assert "${" not in text
    assert "variant: hybrid" in text


def test_evaluation_in_a_job_of_its_own_waits_for_its_training(fake: FakeSlurm) -> None:
    assert main([*PAIR, "cluster.evaluate=own_job"], CONF) == 0

    one = last()
    assert list(one.job_ids) == ["train", "evaluate", "tables"]
    _, evaluate, tables = fake.calls("sbatch")
    assert {"--dependency=aftercorr:101", "--kill-on-invalid-dep=yes"} <= set(evaluate)
    assert "--dependency=afterany:101:102" in tables


def test_what_is_done_is_skipped_and_what_is_trained_is_only_evaluated(fake: FakeSlurm) -> None:
    three = ["seed=0,1,2", "logger=none", "-m", *CLUSTER, "cluster.evaluate=own_job"]
    assert main(three, CONF) == 0
    mark(last(), 0, RunState.DONE)
    mark(last(), 1, RunState.TRAINED)
    fake.queue()

    assert main(three, CONF) == 0
    one = last()
    assert one.stages == {"train": (2,), "evaluate": (2,), "evaluate-trained": (1,), "tables": ()}
    assert [entry.submitted for entry in one.entries] == [False, True, True]


def test_nothing_to_do_submits_nothing(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PAIR, CONF) == 0
    for index in (0, 1):
        mark(last(), index, RunState.DONE)
    calls = len(fake.calls("sbatch"))
    assert main(PAIR, CONF) == 0
    assert "nothing to submit" in capsys.readouterr().out
    assert len(fake.calls("sbatch")) == calls


def test_a_run_that_is_queued_is_not_submitted_twice(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PAIR, CONF) == 0
    one = last()
    script = str(one.folder / "train.sh")
    fake.queue(("101", "1", "RUNNING", "None", script), ("7", "0", "RUNNING", "None", "/home/someone/train.sh"))

    assert main(PAIR, CONF) == 2
    err = capsys.readouterr().err
    assert "1 of 2 runs are queued or running; nothing was submitted" in err
    assert f"{one.entries[1].run_id}: job 101_1 is RUNNING" in err
    assert last() == one

    assert main([*PAIR, "--rest"], CONF) == 0
    assert [entry.run_id for entry in last().entries] == [one.entries[0].run_id]


def test_jobs_are_known_by_script_or_by_id_and_others_are_not(fake: FakeSlurm) -> None:
    assert main(PAIR, CONF) == 0
    one = last()
    here, moved = str(one.folder / "train.sh"), f"/elsewhere/{one.name}/train.sh"
    fake.queue(
        ("101", "0", "PENDING", "Priority", here),
        ("101", "1", "PENDING", "Priority", moved),  # the output folder had another name
        ("102", "N/A", "PENDING", "Dependency", str(one.folder / "tables.sh")),
        ("101", "0", "RUNNING", "None", "/home/me/other.sh"),  # the same id after SLURM was installed anew
        ("999", "0", "PENDING", "Priority", here),  # submit.py was killed before it wrote the id down
    )
    found = active_jobs.jobs_of(one, client.queue())
    assert [(job.array_id, job.script) for job in found] == [
        ("101", here), ("101", moved), ("102", str(one.folder / "tables.sh")), ("999", here),
    ]  # fmt: skip


def test_a_refusal_is_told_in_one_message_and_leaves_nothing(
    fake: FakeSlurm, capsys: pytest.CaptureFixture[str]
) -> None:
    (fake.folder / "refuse").write_text("101")
    assert main(PAIR, CONF) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: SLURM refused the job: Batch job submission failed: Job violates accounting/QOS")
    assert "a sweep can also be submitted in parts" in err
    assert list(Path("outputs/slurm").glob("0*")) == []
    assert list(Path("outputs").glob("safesql_mini*")) == []


def test_half_a_chain_is_taken_back(fake: FakeSlurm) -> None:
    (fake.folder / "refuse").write_text("102")
    assert main([*PAIR, "cluster.evaluate=own_job"], CONF) == 2
    assert fake.calls("scancel") == [["101"]]
    assert list(Path("outputs/slurm").glob("0*")) == []


def test_an_unknown_partition_is_answered_with_those_there_are(
    fake: FakeSlurm, capsys: pytest.CaptureFixture[str]
) -> None:
    (fake.folder / "sbatch.script").unlink()
    fake.answer("sbatch", err="sbatch: error: invalid partition specified: gppu\nsbatch: error: Batch job submission "
                "failed: Invalid partition name specified\n", code=1)  # fmt: skip
    fake.answer("sinfo", out="gpu\nlong\n")
    assert main([*PAIR, "cluster.partition=gppu"], CONF) == 2
    assert "Did you mean gpu? cluster.partition=NAME chooses one; here are: gpu, long." in capsys.readouterr().err


def test_more_time_than_the_partition_gives_is_refused(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*PAIR, "cluster.time=3-00:00:00"], CONF) == 2
    assert "cluster.time is 3-00:00:00, but the partition gpu allows 2-00:00:00" in capsys.readouterr().err
    assert fake.calls("sbatch") == []


def test_without_sbatch_it_says_where_to_go(fake: FakeSlurm, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert main(PAIR, CONF) == 2
    assert "sbatch is not on PATH: submit from a login node" in capsys.readouterr().err
    assert not Path("outputs").exists()


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root may write everywhere: run the tests as an ordinary user, as .ci/elsewhere does"
)
def test_a_folder_that_cannot_be_written_to(fake: FakeSlurm, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert main([*PAIR, f"output_dir={tmp_path}/closed/out"], CONF) == 4


def test_a_folder_that_cannot_be(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    assert main([*PAIR, "output_dir=file/out"], CONF) == 4
    assert capsys.readouterr().err.startswith("error: cannot write ")
    assert fake.calls("sbatch") == []


def test_a_cluster_without_slurm_is_a_mistake(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cluster=local"], CONF) == 2
    assert "cluster=local is not a SLURM cluster" in capsys.readouterr().err


def test_dry_run_shows_everything_and_touches_nothing(fake: FakeSlurm, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*PAIR, "cluster.gpus_per_node=2", "dry_run=true"], CONF) == 0
    out = capsys.readouterr().out
    assert "2 jobs for SLURM, 2 to submit" in out
    assert "#SBATCH --gres=gpu:2\n" in out
    assert "at most 3.33333 GPU-hours" in out
    assert list(Path().iterdir()) == []
    assert fake.calls("sbatch") == fake.calls("squeue") == []


def test_dry_run_of_table_4_has_the_command_lines_of_openrlhf(
    fake: FakeSlurm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["+exp=ablation_reward", "-m", "model=qwen25_coder_7b", "reward=hybrid", "dry_run=true"], CONF) == 0
    out = capsys.readouterr().out
    assert out.count("python -m real.training.openrlhf.entry") == 3
    assert "#SBATCH --exclusive\n#SBATCH --mem=0\n" in out
    assert "#SBATCH --cpus-per-task=8\n#SBATCH --mem=64G\n" in out  # the evaluation loads 7B: about 52 GB
    assert "evaluate: 3 jobs of 1 x 1 GPUs" in out


def test_only_real_gets_all_gpus_of_a_cluster(
    fake: FakeSlurm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one process trains gets the GPU of an evaluation, evaluates in the same job, and needs no Ray."""
    free(monkeypatch, 1000)
    words = ["method=vanilla,sft,real", "model=qwen25_coder_0p5b", "trainer=openrlhf", "cluster=slurm_1x8", "-m"]
    words += ["cluster.venv=/gpu", "logger=none"]
    assert main([*words, "dry_run=true"], CONF) == 0
    said = capsys.readouterr().out
    assert said.count("python -m real.training.openrlhf.entry") == 1
    costs = {method: next(line for line in said.splitlines() if f"method={method} " in line) for method in METHODS}
    assert all(cost.endswith("GPU-hours") for cost in costs.values())
    assert "updates" not in costs["vanilla"]
    assert "updates" in costs["sft"]
    assert main(words, CONF) == 0
    one = last()
    assert one.stages == {"train": (0, 1), "train-2": (2,), "evaluate-2": (2,), "tables": ()}
    single, whole = ((one.folder / f"{name}.sh").read_text() for name in ("train", "train-2"))
    assert "#SBATCH --gres=gpu:1\n" in single
    assert "--exclusive" not in single
    assert "#SBATCH --gres=gpu:8\n" in whole
    assert "#SBATCH --exclusive\n" in whole
    assert "#SBATCH --time=02:00:00\n" in single  # by its estimate, not the longest that the site allows
    assert [entry.steps for entry in one.entries[:2]] == [0, 0]
    run = one.entries[1].run_dir
    run.mkdir(parents=True)
    (run / "losses.jsonl").write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.0}\n')
    assert attempts.progress(run) == (2, 0, 0)  # a job that is queued again for them is not stuck


def test_a_container_sees_what_a_method_names(fake: FakeSlurm, tmp_path: Path) -> None:
    """Targets are a file, which is seen through its folder; pairs are a folder."""
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "targets.jsonl").write_text("")
    root = RootCfg()
    root.method.name, root.method.sft.targets = "sft", str(tmp_path / "made" / "targets.jsonl")
    assert folders_of(root) == (str(tmp_path / "made"),)
    root.method.name, root.method.sven.pairs = "sven", str(tmp_path)
    assert folders_of(root) == (str(tmp_path),)


def free(monkeypatch: pytest.MonkeyPatch, gb: int) -> None:
    usage = namedtuple("usage", "total used free")(0, 0, gb << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def test_models_of_different_sizes_ask_for_different_memory(fake: FakeSlurm, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1000)
    models = "model=qwen25_coder_0p5b,qwen25_coder_7b"
    assert (
        main(
            [
                models,
                "trainer=openrlhf",
                "generation=vllm",
                "cluster=slurm_1x8",
                "cluster.venv=/gpu",
                "logger=none",
                "-m",
            ],
            CONF,
        )
        == 0
    )
    one = last()
    assert one.stages == {"train": (0,), "evaluate": (0,), "train-2": (1,), "evaluate-2": (1,), "tables": ()}
    small, large = (
        int(re.findall(r"--mem=(\d+)G", (one.folder / f"{name}.sh").read_text())[0])
        for name in ("evaluate", "evaluate-2")
    )
    assert 8 <= small < 24 < 52 <= large


@pytest.mark.parametrize(
    ("gb", "parallel", "said"),
    [
        (1000, 0, "cluster.parallel=2 runs as many at a time as fit"),  # one of 7B: 411 GB, of which 14 stay
        (1000, 2, ""),
        (300, 0, "Choose another disk"),
        (2000, 0, ""),
    ],
)
def test_checkpoints_of_a_sweep_have_to_fit_the_disk(
    fake: FakeSlurm,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gb: int,
    parallel: int,
    said: str,
) -> None:
    free(monkeypatch, gb)
    words = ["model=qwen25_coder_7b", "trainer=openrlhf", "generation=vllm", "cluster=slurm_1x8", "cluster.venv=/gpu"]
    code = main([*words, "seed=0,1,2", f"cluster.parallel={parallel}", "logger=none", "-m"], CONF)
    assert code == (2 if said else 0)
    assert said in capsys.readouterr().err
    assert bool(fake.calls("sbatch")) == (not said)


@pytest.mark.parametrize(("inside", "submitted"), [(False, True), (True, False)])
def test_run_py_submits_unless_it_is_a_job_already(
    fake: FakeSlurm, monkeypatch: pytest.MonkeyPatch, inside: bool, submitted: bool
) -> None:
    if inside:
        monkeypatch.setenv("SLURM_JOB_ID", "5")
    ran: list[bool] = []
    task = hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(lambda _: ran.append(True))
    assert run_cli.launch(task, ["logger=none", *CLUSTER], CONF) == 0
    assert bool(fake.calls("sbatch")) == submitted
    assert ran == [] if submitted else [True]


def test_variables_of_sbatch_do_not_override_the_script(fake: FakeSlurm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBATCH_PARTITION", "elsewhere")
    (fake.folder / "sbatch.script").write_text('env >"environment"; echo 1')
    assert main(["logger=none", *CLUSTER], CONF) == 0
    assert "SBATCH_PARTITION" not in (fake.folder / "environment").read_text()


def test_the_manifest_names_no_secret(fake: FakeSlurm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "s3cr3t")
    assert main(PAIR, CONF) == 0
    texts = [path.read_text() for path in last().folder.rglob("*") if path.is_file()]
    assert texts and not any("s3cr3t" in text for text in texts)
    assert json.loads((last().folder / "manifest.json").read_text())["job_ids"]["train"] == "101"
