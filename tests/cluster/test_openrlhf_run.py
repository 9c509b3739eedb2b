"""The parts around a training: its rows, its checkpoints, what it prints, and why it failed."""

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from real.errors import InfrastructureError
from real.training.openrlhf.checkpoints import resumable
from real.training.openrlhf.failures import explain
from real.training.openrlhf.log_parser import not_finite, read_line, step_record
from real.training.openrlhf.prompt_files import write_eval, write_reward, write_train
from real.training.openrlhf.prompt_schedule import PromptSchedule, plan_passes, tasks_of_rows
from real.training.openrlhf.row_audit import check_rows, rewind, rows_of
from real.types import Check, Message, ScriptSuite, StdinCase, Task

SUITE = ScriptSuite((StdinCase("", "x"),))
TASKS = [
    Task(f"t{n}", "safesql", "train", (Message("user", f"task {n}"),), SUITE, (Check.SECURITY,)) for n in range(339)
]


@pytest.mark.parametrize(
    ("steps", "batch", "expected"),
    [
        (600, 256, PromptSchedule(3, 200, 256)),
        (140, 512, PromptSchedule(2, 70, 512)),
        (800, 256, PromptSchedule(4, 200, 256)),
        (6, 8, PromptSchedule(1, 6, 8)),
        (601, 256, PromptSchedule(1, 601, 256)),  # a prime: one large file rather than passes of a single step
    ],
)
def test_passes(steps: int, batch: int, expected: PromptSchedule) -> None:
    assert plan_passes(steps, batch) == expected


def test_every_step_has_its_whole_batch_and_every_prompt_its_share(tmp_path: Path) -> None:
    """339 prompts: no multiple of anything. OpenRLHF's ranks hang on a smaller last batch, so the file has none."""
    schedule = PromptSchedule(1, 4, 256)
    write_train(tmp_path / "train.jsonl", TASKS, schedule, 0)
    rows = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    assert len(rows) == 1024
    labels = [json.loads(row["label"]) for row in rows]
    assert [label["row"] for label in labels] == list(range(1024))
    counts = Counter(label["id"] for label in labels)
    assert set(counts.values()) == {3, 4}
    assert rows[0]["messages"] == [{"role": "user", "content": f"task {labels[0]['id'][1:]}"}]
    assert {row["datasource"] for row in rows} == {"safesql"}
    assert max(len(row["label"]) for row in rows) < 100


def test_the_order_depends_on_the_seed_alone() -> None:
    schedule = PromptSchedule(1, 3, 64)
    assert tasks_of_rows(schedule, 339, 1) == tasks_of_rows(schedule, 339, 1)
    assert tasks_of_rows(schedule, 339, 1) != tasks_of_rows(schedule, 339, 2)


def test_eval_rows_are_told_apart_from_training_rows(tmp_path: Path) -> None:
    write_eval(tmp_path / "eval.jsonl", TASKS[:2])
    labels = [json.loads(json.loads(line)["label"]) for line in (tmp_path / "eval.jsonl").read_text().splitlines()]
    assert [label["mode"] for label in labels] == ["eval", "eval"]


def test_the_reward_file_has_the_function_that_openrlhf_looks_for(tmp_path: Path) -> None:
    write_reward(tmp_path / "reward_func.py", tmp_path / "scorer's.json", 5.0)
    space: dict[str, object] = {}
    exec((tmp_path / "reward_func.py").read_text(), space)  # our own file, written above
    assert callable(space["reward_func"])


# --- what it prints -------------------------------------------------------------------------------------------------

STEP = (
    "(PPOTrainer pid=77) INFO 11-24 12:00:00 ppo_trainer.py:411] ✨ Global step 3: {'policy_loss': -0.01, "
    "'reward_raw': 0.25, 'r_function': 0.5, 'r_security': 0.75, 'r_maintainability': 0.0, 'runnable': 0.9, "
    "'kl': nan, 'critic_loss': inf, 'timing/ppo_train': 4.5, 'rollout/num_samples': 8.0}"
)


def test_a_step_is_read_under_our_names() -> None:
    reported = read_line(STEP)
    assert reported is not None
    record = step_record(reported, frozenset({"r_security"}))
    assert record["step"] == 3
    assert record["reward_mean"] == 0.25
    assert record["not_runnable"] == pytest.approx(0.1)
    assert record["seconds_update"] == 4.5
    assert record["openrlhf/rollout/num_samples"] == 8.0
    assert "r_maintainability" not in record  # fill: the tasks have no such check
    assert math.isnan(record["kl"])
    assert not_finite(record) == ["value_loss", "kl"]


def test_an_evaluation_is_read() -> None:
    reported = read_line(
        "INFO x] ✨ Evaluation completed in 0:00:03, global_step 20, eval_metrics: {'eval_safesql_pass1': 0.5}"
    )
    assert reported is not None
    assert (reported.step, reported.evaluation) == (20, True)
    assert reported.metrics == {"eval_safesql_pass1": 0.5}


@pytest.mark.parametrize(
    "line", ["", "Global step of nothing", "(PolicyModelActor) Train epoch [1/1]:  50%|", "{'a': 1}"]
)
def test_other_lines_have_no_metrics(line: str) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize("metrics", ["{'a': }", "{__import__('os')}", "{'a': 'text'}", "{'a': [1]}"])
def test_broken_metrics_are_told_and_never_run(metrics: str) -> None:
    with pytest.raises(ValueError, match="step 4"):
        read_line(f"Global step 4: {metrics}")


# --- checkpoints ----------------------------------------------------------------------------------------------------


def checkpoint(folder: Path, role: str, steps: list[int], latest: int | None) -> None:
    for step in steps:
        (folder / role / f"global_step{step}").mkdir(parents=True)
    if latest is not None:
        (folder / role / "latest").write_text(f"global_step{latest}")


def test_resumes_from_the_newest_step_that_policy_and_critic_share(tmp_path: Path) -> None:
    checkpoint(tmp_path, "_actor", [20, 40], 40)
    checkpoint(tmp_path, "_critic", [20, 40], 20)  # killed between the two
    assert resumable(tmp_path) == 20
    assert (tmp_path / "_actor" / "latest").read_text() == "global_step20"


def test_a_torn_checkpoint_does_not_count(tmp_path: Path) -> None:
    checkpoint(tmp_path, "_actor", [20, 40], 20)
    checkpoint(tmp_path, "_critic", [20], 20)
    assert resumable(tmp_path) == 20


def test_without_a_shared_checkpoint_it_starts_anew(tmp_path: Path) -> None:
    assert resumable(tmp_path) == 0
    checkpoint(tmp_path, "_actor", [20], 20)
    assert resumable(tmp_path) == 0
    assert not (tmp_path / "_actor").exists()  # OpenRLHF would load it without its critic
    assert (tmp_path / "_actor.incomplete").exists()


# --- the cursor -----------------------------------------------------------------------------------------------------

FOUR = PromptSchedule(passes=2, steps_per_pass=2, batch=2)


def scored(path: Path, rows: list[int], mode: str = "train", start: float = 0.0) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps({"row": row, "mode": mode, "time": start + n}) + "\n" for n, row in enumerate(rows))


def test_every_row_once_a_pass_is_fine() -> None:
    check_rows([3, 1, 0, 2, 1, 2, 3, 0], FOUR, complete=True)


def test_a_row_that_comes_twice_is_a_cursor_that_did_not_continue() -> None:
    with pytest.raises(InfrastructureError, match=r"row 1 .* pass 2 .*step 4"):
        check_rows([3, 1, 0, 2, 1, 2, 1], FOUR, complete=False)


def test_several_samples_of_a_row_are_no_repetition() -> None:
    two_each = PromptSchedule(passes=2, steps_per_pass=2, batch=2, samples=2)
    fine = [3, 3, 1, 0, 1, 0, 2, 2]
    check_rows([*fine, *fine], two_each, complete=True)
    with pytest.raises(InfrastructureError, match=r"row 3 .* 3 times in pass 2 .*step 3"):
        check_rows([*fine, 3, 3, 3], two_each, complete=False)


def test_a_row_that_never_came_is_told() -> None:
    with pytest.raises(InfrastructureError, match="7 rollouts were scored, but it should have been 8"):
        check_rows([3, 1, 0, 2, 1, 2, 3], FOUR, complete=True)


def test_rewinding_keeps_what_the_checkpoint_has_seen(tmp_path: Path) -> None:
    record, missed = tmp_path / "scored.jsonl", tmp_path / "missed.jsonl"
    scored(record, [3, 1])
    scored(record, [0, 1], mode="eval", start=10)
    scored(record, [0], start=20)
    scored(missed, [2], start=21)
    scored(record, [1, 2], start=5000)  # the next pass
    with record.open("a") as file:
        file.write('{"row": 9, "mo')  # torn off by a kill
    assert rows_of(record, missed) == [3, 1, 0, 2, 1, 2]
    rewind(record, missed, 2, 2)
    assert rows_of(record, missed) == [3, 1, 0, 2]
    rewind(record, missed, 1, 2)
    assert rows_of(record, missed) == [3, 1]
    assert missed.read_text() == ""


def test_a_late_answer_counts_once(tmp_path: Path) -> None:
    record, missed = tmp_path / "scored.jsonl", tmp_path / "missed.jsonl"
    scored(record, [0, 1])
    scored(missed, [1], start=5)
    assert rows_of(record, missed) == [0, 1]


# --- failures -------------------------------------------------------------------------------------------------------


def root():
    from real.settings import RootCfg

    return RootCfg()


OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9.27 GiB."


@pytest.mark.parametrize(
    ("lines", "phase", "setting"),
    [
        (["  in training_step", OOM], "training", "model.placement.microbatch=4"),
        (["PolicyModelActor.forward()", OOM], "scoring log-probabilities", "model.placement.rollout_microbatch=4"),
        (
            ["(EngineCore) ValueError: No available memory for the cache blocks. Try increasing x"],
            "generating",
            "model.placement.engine_memory=0.4",
        ),
        (["in broadcast_to_vllm", "in fit", OOM], "sending weights", "model.placement.zero_stage=3"),
    ],
)
def test_out_of_gpu_memory_is_answered_by_phase(lines: list[str], phase: str, setting: str) -> None:
    error = explain(root(), lines, 1, "train.log")
    assert phase in str(error)
    assert setting in str(error)


def test_other_failures_tell_their_last_error() -> None:
    lines = ["Traceback (most recent call last):", "(pid=1) ValueError: bad shape", "(raylet) bye"]
    assert "ValueError: bad shape" in str(explain(root(), lines, 1, "train.log"))
    assert "signal 9" in str(explain(root(), [], -9, "train.log"))
    assert "main memory" in str(explain(root(), ["ray.exceptions.OutOfMemoryError: x"], 1, "train.log"))
