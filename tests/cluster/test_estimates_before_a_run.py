"""What is told before a training starts: hours, disk, updates; and the disk that is given back after it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from test_openrlhf_command import planned

from real.slurm.config import seconds
from real.slurm.time_limits import longest, training_time
from real.training.config import TrainerCfg
from real.training.openrlhf import disk_space, gpu_hours
from real.training.openrlhf import trainer as openrlhf
from real.training.openrlhf.command import Files
from real.training.openrlhf.plan import describe

SIZES = ("qwen25_coder_0p5b", "qwen25_coder_3b", "qwen25_coder_7b")
DATASETS = ("safesql", "seccodeplt_plus", "apps_plus")


def test_the_sweep_of_table_4_takes_hours_and_disk_as_derived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read beside the sources of OpenRLHF and DeepSpeed: 1,600 to 2,300 GPU-hours, 5.3 TB of checkpoints (issue 15).

    20 to 40 s of each step were the tokenizer in every call to an engine, which is sent once now.
    """
    runs = [planned(f"model={size}", f"dataset={data}", "cluster=slurm_1x8") for size in SIZES for data in DATASETS]

    def sweep() -> gpu_hours.Range:
        return gpu_hours.total([gpu_hours.gpu_hours(root, plan.layout) for root, plan in runs for _ in range(3)])

    assert sweep().low < 1_000 < 1_500 < sweep().high < 1_800
    monkeypatch.setattr(gpu_hours, "_DISPATCH_S", (20 / 256, 40 / 256))
    assert sweep().low < 1_600 < 2_300 < sweep().high < 3_000
    peak = disk_space.sweep_gb([root for root, _ in runs for _ in range(3)], 0)
    assert peak == pytest.approx(5_300, rel=0.05)
    root, plan = runs[-1]  # 7B on APPS+: 16 to 22 hours
    longest = gpu_hours.training_hours(root, plan.layout)
    assert longest.low < 16 < 22 < longest.high < 26


@pytest.mark.parametrize(
    ("constant", "times"),
    [("_DISPATCH_S", 256), ("_TENSOR_S", 12 * 28), ("_SLEEP_S", 1), ("_SCORING_S", 1)],  # prompts, tensors of 28 layers
)
def test_every_overhead_is_in_the_hours_of_a_step(constant: str, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    root, plan = planned("model=qwen25_coder_7b", "dataset=safesql", "cluster=local_1x8")
    before = gpu_hours.step_seconds(root, plan.layout)
    low, high = getattr(gpu_hours, constant)
    monkeypatch.setattr(gpu_hours, constant, (low + 1, high + 2))
    after = gpu_hours.step_seconds(root, plan.layout)
    assert (after.low - before.low, after.high - before.high) == pytest.approx((times, 2 * times))


def test_checkpoints_are_in_the_hours_of_a_step() -> None:
    root, plan = planned("model=qwen25_coder_7b", "dataset=safesql", "cluster=local_1x8")
    before = gpu_hours.step_seconds(root, plan.layout)
    root.trainer.checkpoint_every = 1
    assert gpu_hours.step_seconds(root, plan.layout).low > before.low + 0.9 * disk_space.checkpoint_gb(root) / 2


def test_peaks_of_trainings_that_run_together() -> None:
    small, large = (
        planned(f"model={size}", "dataset=safesql", "cluster=local_1x8")[0] for size in (SIZES[0], SIZES[2])
    )
    stays = disk_space.model_gb(small) + disk_space.model_gb(large)
    assert disk_space.sweep_gb([small, large], 1) == pytest.approx(stays + 2 * disk_space.checkpoint_gb(large))
    every = disk_space.training_gb(small) + disk_space.training_gb(large)
    assert disk_space.sweep_gb([small, large], 0) == pytest.approx(every)
    assert disk_space.sweep_gb([], 0) == 0


@pytest.mark.parametrize(
    ("trainer", "updates", "warns"), [("openrlhf", "140", True), ("openrlhf_released", "1,120", False)]
)
def test_few_updates_are_told(trainer: str, updates: str, warns: bool) -> None:
    settings = ("model=qwen25_coder_3b", "dataset=seccodeplt_plus", "cluster=local_1x8", f"trainer={trainer}")
    text = describe(*planned(*settings), ())
    assert f"updates    {updates} of the policy" in text
    assert ("the released runs made 1,120 updates from 71,680 samples" in text) == warns


def test_a_dry_run_tells_main_memory_and_disk() -> None:
    text = describe(*planned("model=qwen25_coder_7b", "dataset=safesql", "cluster=local_1x8"), (80.0,) * 8)
    assert "380 GB of main memory on a node" in text
    assert "disk       about 411 GB while it trains (2 checkpoints), 14 GB afterwards" in text


@pytest.mark.parametrize("complete", [True, False])
def test_checkpoints_are_deleted_once_the_model_is_there(
    complete: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(tmp_path)
    (files.checkpoints / "_actor" / "global_step3").mkdir(parents=True)
    (tmp_path / "trained").touch()
    if complete:
        files.final.mkdir()
        (files.final / "config.json").touch()
    monkeypatch.setattr(openrlhf, "make_training_plan", lambda *_: SimpleNamespace(files=files))
    monkeypatch.setattr(openrlhf, "describe", lambda *_: "")
    monkeypatch.setattr(openrlhf, "_training_tasks", Mock(side_effect=InterruptedError))
    trainer = openrlhf.OpenRlhfTrainer(Mock(cfg=Mock(trainer=TrainerCfg(steps=3))))
    if complete:
        assert trainer.start() == 3
    else:  # its model is not there: it has to be trained on, from its checkpoint
        with pytest.raises(InterruptedError):
            trainer.start()
    assert files.checkpoints.exists() != complete


def test_a_training_job_asks_for_the_time_that_its_model_needs() -> None:
    def limit(*overrides: str) -> str:
        return training_time(planned(*overrides)[0])

    sizes = [
        seconds(limit(f"model={size}", "dataset=seccodeplt_plus", "trainer=openrlhf", "cluster=slurm_1x8"))
        for size in SIZES
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] < 24 * 3600
    for size, asked in zip(SIZES, sizes, strict=True):
        root, plan = planned(f"model={size}", "dataset=seccodeplt_plus", "trainer=openrlhf", "cluster=slurm_1x8")
        assert asked >= 1.25 * 3600 * gpu_hours.training_hours(root, plan.layout).high + 3600
    largest = ("model=qwen25_coder_7b", "dataset=apps_plus", "trainer=openrlhf", "cluster=slurm_1x8")
    assert sizes[-1] < seconds(limit(*largest)) < 24 * 3600
    assert limit(*largest, "cluster.max_time=12:00:00") == "12:00:00"  # and goes on in a second job
    assert limit(*largest, "cluster.time=3-00:00:00") == "3-00:00:00"


def test_of_a_local_run_nothing_is_known_and_an_array_takes_the_longest() -> None:
    root, _ = planned("model=qwen25_coder_0p5b", "dataset=safesql", "cluster=slurm_1x8")
    root.trainer.engine = "local"
    assert training_time(root) == root.cluster.max_time
    assert longest(["02:00:00", "1-00:00:00", "13:00:00"]) == "1-00:00:00"
