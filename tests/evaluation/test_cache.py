"""The evaluation of an untrained model: once for all runs that begin with it, and never taken for another one."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from real import pipeline
from real.datasets import DatasetCfg, load
from real.evaluation import cache
from real.execution.config import ExecutionCfg
from real.generation.hf import HfGenerator
from real.judge import Judge, JudgeCfg, Judgement
from real.logger.config import LoggerName
from real.methods.base import Method
from real.policy.fingerprint import fingerprint
from real.policy.policy import Policy
from real.protocols import EvaluationProtocol
from real.rewards import RewardCfg, Variant
from real.runs.store import RunStore
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Completion, JsonValue, OutcomeStatus, Program, Task, TestOutcome, Verdict

ROOT = Path(__file__).parents[2]
FACTS: dict[str, JsonValue] = {"model": "m", "weights": "w"}
TOY = [
    "+debug=fast", "logger=none", "dataset.train_tasks=24", "dataset.test_tasks=6", "model.tiny.hidden=32",
    "model.tiny.layers=1", "model.tiny.intermediate=32", "model.warm_start.epochs=1", "execution.workers=1",
    "model.warm_start.samples_per_task=1", "trainer.threads=1", "generation.max_new_tokens=24",
]  # fmt: skip


@pytest.fixture(scope="module")
def tasks() -> Sequence[Task]:
    return load(DatasetCfg(test_tasks=4), "test").tasks


def judge_of(variant: Variant) -> Judge:
    return Judge(JudgeCfg(RewardCfg(variant), execution=ExecutionCfg(workers=1)))


def evaluating(store: RunStore, judge: Judge, tasks: Sequence[Task]) -> Callable[[], list[Judgement]]:
    """Stands in for the decoding: safe and unsafe references, and an answer without a program."""

    def evaluate() -> list[Judgement]:
        programs = [task.reference if number % 2 else task.unsafe for number, task in enumerate(tasks)]
        texts = [f"```python\n{program}\n```" for program in programs[:-1]] + ["I do not know."]
        completions = [Completion(task.task_id, text) for task, text in zip(tasks, texts, strict=True)]
        store.write_completions("before", completions)
        judged = judge.score(tasks, completions, safety=True)
        store.write_outcomes("before", judged)
        return judged

    return evaluate


def run(folder: Path, name: str, variant: Variant, tasks: Sequence[Task]) -> tuple[list[Judgement], RunStore]:
    store = RunStore(folder / name)
    with judge_of(variant) as judge:
        made = cache.evaluate_once(folder / "cache", FACTS, store, judge, tasks, evaluating(store, judge, tasks))
    return made, store


def never() -> list[Judgement]:
    raise AssertionError("it was evaluated again")


def test_a_run_with_another_reward_gets_what_it_would_have_computed(tasks: Sequence[Task], tmp_path: Path) -> None:
    _, first = run(tmp_path, "first", Variant.hybrid, tasks)
    _, alone = run(tmp_path / "elsewhere", "alone", Variant.quality_only, tasks)
    store = RunStore(tmp_path / "second")
    with judge_of(Variant.quality_only) as judge:
        judge.pool.run = never  # type: ignore[method-assign, assignment]
        second = cache.evaluate_once(tmp_path / "cache", FACTS, store, judge, tasks, never)
    assert store.read_outcomes("before") == alone.read_outcomes("before")
    assert {reward.value for _, reward in second} == {-1.0, 0.0, 1.0}
    assert store.read_completions("before") == first.read_completions("before")
    assert store.read_outcomes("before") != first.read_outcomes("before")  # their rewards differ
    for one in (first, store):
        assert json.loads((one / cache.ORIGIN).read_text())["evaluated_by"] == "first"


def _process(folder: Path, name: str, started: Any) -> None:
    found = load(DatasetCfg(test_tasks=4), "test").tasks
    store = RunStore(folder / name)
    with judge_of(Variant.hybrid) as judge:
        usual = evaluating(store, judge, found)

        def slowly() -> list[Judgement]:
            with (folder / "evaluated").open("a") as file:
                file.write(name + "\n")
            started.wait(60)  # the other process is at the door by then
            return usual()

        cache.evaluate_once(folder / "cache", FACTS, store, judge, found, slowly)


def test_of_two_processes_one_evaluates_and_the_other_waits(tasks: Sequence[Task], tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    going_on = context.Event()
    processes = [context.Process(target=_process, args=(tmp_path, name, going_on)) for name in ("one", "two")]
    for process in processes:
        process.start()
    going_on.set()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0]
    (who,) = (tmp_path / "evaluated").read_text().split()
    for name in ("one", "two"):
        assert json.loads((tmp_path / name / cache.ORIGIN).read_text())["evaluated_by"] == who
        assert len(RunStore(tmp_path / name).read_outcomes("before")) == len(tasks)


def test_a_masked_sample_is_not_kept(tasks: Sequence[Task], tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run")
    with judge_of(Variant.hybrid) as judge:

        def evaluate() -> list[Judgement]:
            """The sandbox has failed."""
            store.write_completions("before", [Completion(task.task_id, "```python\nprint(1)\n```") for task in tasks])
            failed = (TestOutcome(OutcomeStatus.INFRA_ERROR),)
            verdicts = [Verdict(task.task_id, Program("print(1)"), failed, {}) for task in tasks]
            return [Judgement(verdict, judge.reward(verdict)) for verdict in verdicts]

        cache.evaluate_once(tmp_path / "cache", FACTS, store, judge, tasks, evaluate)
    assert list((tmp_path / "cache").glob("*/facts.json")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("outcomes_before.jsonl", '{"task_id": "x"}\n'),
        ("outcomes_before.jsonl", "rubbish"),
        ("completions_before.jsonl", ""),
        ("facts.json", "{}"),
    ],
)
def test_a_damaged_entry_is_made_anew(
    tasks: Sequence[Task], tmp_path: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = run(tmp_path, "first", Variant.hybrid, tasks)
    (entry,) = (tmp_path / "cache").iterdir()
    (entry / name).write_text(text)
    again, _ = run(tmp_path, "second", Variant.hybrid, tasks)
    assert "is damaged" in capsys.readouterr().out
    assert [reward.value for _, reward in again] == [reward.value for _, reward in first]
    assert json.loads((entry / "facts.json").read_text())["run"] == "second"


def test_responses_of_another_model_are_not_taken_for_this_ones(tasks: Sequence[Task], tmp_path: Path) -> None:
    """A run directory is not named by its weights: what an interrupted evaluation left there may be another model's."""
    store = RunStore(tmp_path / "run")
    left = tmp_path / "run" / "completions_before.jsonl"
    seen = []
    with judge_of(Variant.hybrid) as judge:

        def evaluate() -> list[Judgement]:
            seen.append(left.exists())
            return evaluating(store, judge, tasks)()

        for facts in (FACTS, {**FACTS, "weights": "others"}, {**FACTS, "weights": "others"}):
            store.write_completions("before", [Completion(task.task_id, "of an interrupted run") for task in tasks])
            for entry in (tmp_path / "cache").glob("*/facts.json"):
                entry.unlink()
            cache.evaluate_once(tmp_path / "cache", facts, store, judge, tasks, evaluate)
    assert seen == [False, False, True]  # only what was begun under the same key is gone on with


def tiny_policy(**changes: Any) -> Policy:
    torch.manual_seed(0)
    sizes = {"vocab_size": 16, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Qwen2Config(**{**sizes, "num_key_value_heads": 1, "intermediate_size": 8, **changes})
    words = SimpleNamespace(
        get_vocab=lambda: {"a": 1}, apply_chat_template=lambda chat, **_: [len(m["content"]) for m in chat]
    )
    return Policy(Qwen2ForCausalLM(config), words)


def test_a_model_is_known_by_its_weights() -> None:
    policy = tiny_policy()
    first = fingerprint(policy)
    assert fingerprint(tiny_policy()) == first
    assert fingerprint(tiny_policy(rope_theta=5e4)) != first
    with torch.no_grad():
        weights = policy.model.lm_head.weight
        weights[0], weights[1] = weights[1].clone(), weights[0].clone()  # the same numbers in other places
        assert fingerprint(policy) != first
        weights[0], weights[1] = weights[1].clone(), weights[0].clone()
        assert fingerprint(policy) == first
        policy.model.to(torch.bfloat16)
    assert fingerprint(policy) != first


def changed(path: str, value: object) -> Callable[[RootCfg], None]:
    *groups, leaf = path.split(".")

    def change(root: RootCfg) -> None:
        part: Any = root
        for name in groups:
            part = getattr(part, name)
        setattr(part, leaf, value)

    return change


@pytest.mark.parametrize(
    ("change", "shared"),
    [
        (changed("reward.variant", Variant.quality_only), True),
        (changed("seed", 7), True),
        (changed("trainer.steps", 7), True),
        (changed("execution.workers", 7), True),
        (changed("reward.variant", Variant.hybrid_hardened), False),  # it runs programs that do nothing beside
        (changed("generation.max_new_tokens", 7), False),
        (changed("generation.batch", 7), False),  # padding rounds differently
        (changed("execution.cpu_s", 7.0), False),
        (changed("evaluation.protocol", EvaluationProtocol.paper), False),
    ],
)
def test_what_an_evaluation_depends_on(change: Callable[[RootCfg], None], shared: bool, tasks: Sequence[Task]) -> None:
    policy = tiny_policy()
    root, other = RootCfg(), RootCfg()
    change(other)
    facts = [cache.evaluation_facts(each, policy, a_generator(), tasks, "hash") for each in (root, other)]
    assert (facts[0] == facts[1]) == shared
    assert json.loads(json.dumps(facts[0])) == facts[0]


def test_another_model_or_other_tasks_are_another_evaluation(tasks: Sequence[Task]) -> None:
    root, other = RootCfg(), tiny_policy()
    with torch.no_grad():
        other.model.lm_head.weight[0, 0] += 1
    made = [
        cache.evaluation_facts(root, policy, a_generator(), some, content)
        for policy, some, content in (
            (tiny_policy(), tasks, "hash"),
            (other, tasks, "hash"),
            (tiny_policy(), tasks[:2], "hash"),
            (tiny_policy(), tasks, "other"),
        )
    ]
    assert all(facts != made[0] for facts in made[1:])


def a_generator() -> HfGenerator:
    return HfGenerator(None, None, RootCfg().generation)


def test_run_py_evaluates_a_model_once(tmp_path: Path) -> None:
    said = []
    for reward in ("hybrid", "quality_only"):
        command = [sys.executable, "run.py", *TOY, "method=vanilla", f"reward={reward}", f"output_dir={tmp_path}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert "are those of" not in said[0]
    assert "6 responses before training are those of safesql_mini-tiny-vanilla-hybrid-" in said[1]


def test_a_job_that_only_trains_leaves_the_evaluation_to_the_other_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Training(Method):
        def run(self, ws: Workspace) -> int:
            asked.append("train")
            return 0

    root = RootCfg(output_dir=str(tmp_path))
    root.logger.name = LoggerName.none
    monkeypatch.setattr(pipeline, "load_policy", lambda *_, **__: tiny_policy())
    monkeypatch.setattr(pipeline, "_evaluate_before", lambda *_: asked.append("before"))
    monkeypatch.setattr(pipeline, "method_of", lambda _: Training())
    pipeline.run(root, tmp_path / "run", train_only=True)
    assert asked == ["train"]
