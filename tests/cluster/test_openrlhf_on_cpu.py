"""The real OpenRLHF, vLLM, DeepSpeed and Ray on this machine, driven by ``run.py`` (``make test-cluster``).

Minutes and about 11 GB a run, one at a time. What a CPU cannot show: NCCL, CUDA IPC, memory, flash attention, speed.
"""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import harness
import pytest

from real.training.openrlhf.weight_sync import Sync, judge_sync

pytestmark = [
    pytest.mark.slow,
    pytest.mark.cluster,
    pytest.mark.skipif(bool(harness.missing()), reason=f"not installed here: {', '.join(harness.missing())}"),
]
LIMIT_S = float(os.environ.get("REAL_CLUSTER_LIMIT_S", "1200"))  # one run; two minutes on a machine of its own


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import model

    return model.make(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    yield
    deadline = time.monotonic() + 60
    while harness.leftovers() and time.monotonic() < deadline:
        time.sleep(1)
    assert harness.leftovers() == []


def finite(steps: list[dict[str, float]]) -> bool:
    names = ("policy_loss", "value_loss", "kl", "reward_mean")
    return all(math.isfinite(record[name]) for record in steps for name in names)


def test_ppo_with_a_critic_on_the_hybrid_engine(tiny: Path, tmp_path: Path) -> None:
    """43 prompts, two ranks: no batch is uneven, since the file has 48 rows."""
    run = harness.ClusterRun(tmp_path / "out", tiny)

    code = run.run(LIMIT_S)

    assert code == 0, run.output()[-4000:]
    steps = run.steps()
    assert [record["step"] for record in steps] == list(range(1, harness.STEPS + 1))
    assert finite(steps)
    assert judge_sync(steps).state is Sync.ARRIVES, judge_sync(steps)
    assert sorted(run.rows()) == list(range(harness.STEPS * harness.BATCH))  # each rollout scored once
    assert all(record["masked"] == 0 for record in steps)
    assert (run.directory / "model" / "config.json").exists()
    assert "the tokenizer is sent to each engine once" in (run.directory / "openrlhf" / "train.log").read_text()
    assert "results:" in run.output()
    logged = wandb_history(run.directory)
    assert len(logged) == len(steps)
    for item, record in zip(logged, steps, strict=True):  # every metric of every step, once
        named = {"_step" if name == "step" else name: value for name, value in record.items() if value is not None}
        assert {name: float(item[name]) for name in named} == pytest.approx(named)


def test_zero_3_with_sleep_as_the_7b_model_is_trained(tiny: Path, tmp_path: Path) -> None:
    """Weights are sharded too: they are gathered to be sent to the engines, and for the model that is saved."""
    run = harness.ClusterRun(tmp_path / "out", tiny, settings=("model.placement.zero_stage=3",))

    code = run.run(LIMIT_S)

    assert code == 0, run.output()[-4000:]
    steps = run.steps()
    assert [record["step"] for record in steps] == list(range(1, harness.STEPS + 1))
    assert finite(steps)
    assert judge_sync(steps).state is Sync.ARRIVES, judge_sync(steps)
    assert sorted(run.rows()) == list(range(harness.STEPS * harness.BATCH))
    assert all(record["masked"] == 0 for record in steps)
    assert harness.weights_have_moved(tiny, run.directory / "model")


def wandb_history(directory: Path) -> list[dict[str, float]]:
    """What the offline W&B run holds of each step, by W&B's own reader; its report lies in a file of its own."""
    files = sorted(directory.glob("wandb/offline-run-*/run-*.wandb"))
    assert files
    records = []
    for file in files:
        command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        records += [json.loads(line) for line in done.stdout.splitlines()]
    return [record["history"]["item"] for record in records if record["type"] == "history"]


def test_passes_of_tokens_that_ranks_share_evenly(tiny: Path, tmp_path: Path) -> None:
    """Two updates a step: no sample is lost where passes are cut by tokens."""
    settings = ("model.placement.tokens_per_pass=1300", "model.max_response_tokens=96", "trainer.minibatch=4")
    run = harness.ClusterRun(tmp_path / "out", tiny, settings=(*settings, "trainer.steps=4"))

    code = run.run(LIMIT_S)

    assert code == 0, run.output()[-4000:]
    steps = run.steps()
    assert [record["step"] for record in steps] == [1, 2, 3, 4]
    assert finite(steps)
    assert judge_sync(steps).state is Sync.ARRIVES, judge_sync(steps)
    assert sorted(run.rows()) == list(range(4 * harness.BATCH))


def test_the_first_check_of_a_node_kills_and_resumes_with_the_right_prompts(tiny: Path, tmp_path: Path) -> None:
    run = harness.ClusterRun(tmp_path / "first_node_check", tiny)
    command = [sys.executable, str(harness.ROOT / "slurm" / "first_node_check.py"), "small"]

    done = subprocess.run(
        [*command, *run.words(), f"output_dir={tmp_path}"],
        env=run.environ(),
        capture_output=True,
        text=True,
        timeout=2 * LIMIT_S,
        check=False,
    )

    said = (run.folder / "small.log").read_text(errors="replace")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{said[-4000:]}"
    assert "small: passed" in done.stdout
    assert "resuming at step 3 of 6" in said  # the newest checkpoint is that of step 2
    assert [record["step"] for record in run.steps()] == list(range(1, harness.STEPS + 1))
    assert sorted(run.rows()) == list(range(harness.STEPS * harness.BATCH))  # none twice, none left out
    assert "weights reach the engines" in said
    assert "warning: row" not in said
    print(done.stdout)


def test_weights_that_do_not_arrive_are_noticed(tiny: Path, tmp_path: Path) -> None:
    """The negative control: training ends well all the same, only the two metrics tell."""
    run = harness.ClusterRun(tmp_path / "out", tiny, environment={"REAL_SHIM_BREAK_SYNC": "1"})

    code = run.run(LIMIT_S)

    assert code == 0, run.output()[-4000:]
    assert judge_sync(run.steps()).state is Sync.LOST, run.steps()
    assert "warning: engines sample with old weights" in run.output()


def test_an_uneven_number_of_prompts_does_not_hang(tiny: Path, tmp_path: Path) -> None:
    """339 prompts, as SafeSQL has, in steps of 16 over two ranks: OpenRLHF itself hangs on a last batch of 3."""
    run = harness.ClusterRun(
        tmp_path / "out",
        tiny,
        settings=("dataset.train_tasks=339", "trainer.steps=4", "trainer.rollout_batch=16", "trainer.minibatch=16"),
    )
    assert run.run(LIMIT_S) == 0, run.output()[-4000:]
    assert len(run.rows()) == 64
