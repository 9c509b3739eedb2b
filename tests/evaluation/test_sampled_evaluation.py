"""Several samples a task: drawn resumably, rates with intervals that know of tasks, pass@k, and records that say so."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from real.datasets import DatasetCfg, load
from real.errors import DataError, UsageError
from real.evaluation import evaluate as room
from real.evaluation.config import EvaluationCfg
from real.evaluation.evaluate import evaluate
from real.evaluation.intervals import clustered_difference, effective_size, wilson
from real.evaluation.metrics import build_metrics, read_run, run_of
from real.evaluation.rates import Rate, from_json, paired_difference, summarize, to_json
from real.evaluation.sampling import GREEDY, Sampling
from real.execution.config import ExecutionCfg
from real.generation import GenerationCfg
from real.generation.hf import HfGenerator
from real.generation.open import at_temperature
from real.judge import Judge, JudgeCfg
from real.results.comparison import compare
from real.results.paper.mixing import mixtures
from real.results.tables import before_after_table
from real.runs.store import RunStore
from real.types import Completion

SAMPLING = Sampling(3, 0.8)


def test_one_sample_a_task_is_wilsons_interval() -> None:
    marks = [(str(task), task < 30) for task in range(100)]
    assert Rate.of_tasks(marks, 100) == Rate.of(30, 100)


def test_the_effective_size_is_that_of_the_cluster_robust_variance() -> None:
    noise = random.Random(1)
    tasks = [[noise.random() < chance for _ in range(6)] for chance in (0.0, 0.1, 0.3, 0.9, 1.0, 0.5, 0.95) * 4]
    size = effective_size([(sum(own), len(own)) for own in tasks])
    marks = np.array([mark for own in tasks for mark in own], dtype=float)
    groups = np.repeat(np.arange(len(tasks)), 6)
    p = marks.mean()
    # The sandwich estimator of the mean, X'X = N, without a correction for few clusters (Liang and Zeger 1986).
    meat = sum((marks[groups == group] - p).sum() ** 2 for group in set(groups))
    assert size == pytest.approx(p * (1 - p) / (meat / len(marks) ** 2))
    assert len(tasks) < size < len(marks)
    low, high = wilson(int(marks.sum()), len(marks), size)
    assert high - low > wilson(int(marks.sum()), len(marks))[1] - wilson(int(marks.sum()), len(marks))[0]


def test_samples_that_agree_tell_no_more_than_their_tasks() -> None:
    assert effective_size([(5, 5), (0, 5), (5, 5), (0, 5)]) == pytest.approx(4)
    assert effective_size([(5, 5)] * 4) == 4
    assert effective_size([(1, 2)] * 4) == 8  # every task alike: never more than there are samples


def test_the_difference_of_sampled_runs_has_the_error_between_tasks() -> None:
    changes = [0.5, 0.0, 0.25, -0.25, 1.0, 0.0]
    d, low, high = clustered_difference(changes)
    assert d == pytest.approx(np.mean(changes))
    error = np.std(changes, ddof=1) / np.sqrt(len(changes))
    assert high - d == pytest.approx(1.959964 * error, rel=1e-6)
    assert d - low == pytest.approx(high - d)


def test_several_greedy_answers_are_refused() -> None:
    EvaluationCfg(samples=5, temperature=0.8).check()
    with pytest.raises(UsageError, match="5 times the same answer"):
        EvaluationCfg(samples=5).check()
    for wrong in (EvaluationCfg(samples=0), EvaluationCfg(temperature=-1.0), EvaluationCfg(temperature=float("nan"))):
        with pytest.raises(UsageError, match=r"evaluation\.(samples|temperature) is"):
            wrong.check()


def test_a_generator_at_another_temperature_leaves_the_first_as_it_is() -> None:
    first = HfGenerator(None, None, GenerationCfg(temperature=1.0, top_p=0.9))
    second = at_temperature(first, 0.2)
    assert (second.cfg.temperature, second.cfg.top_p) == (0.2, 1.0)
    assert (first.cfg.temperature, first.cfg.top_p) == (1.0, 0.9)


class Policy:
    """Stands in for a model: what it answers depends on the seed and on the place in a batch, as sampling does."""

    def __init__(self, fail_after: int = -1) -> None:
        self.calls, self.fail_after = 0, fail_after

    def respond(self, _policy, _generator, tasks, *, seed, greedy):
        assert not greedy
        if self.calls == self.fail_after:
            raise KeyboardInterrupt
        self.calls += 1
        found = []
        for place, task in enumerate(tasks):
            draw = random.Random(f"{seed}/{place}").random()
            code = task.reference if draw < 0.4 else task.unsafe if draw < 0.7 else f"print({draw})"
            found.append(Completion(task.task_id, f"```python\n{code}\n```"))
        return found


@pytest.fixture(scope="module")
def tasks():
    return load(DatasetCfg(test_tasks=4), "test").tasks


def evaluated(monkeypatch, store, tasks, policy):
    monkeypatch.setattr(room, "respond", policy.respond)
    with Judge(JudgeCfg(execution=ExecutionCfg(workers=1))) as judge:
        return evaluate(None, None, judge, tasks, store, "after", batch=5, seed=3, sampling=SAMPLING)


@pytest.fixture
def run(monkeypatch, tmp_path, tasks):
    """A finished run with three samples a task."""
    store = RunStore(tmp_path / "run")
    judged = evaluated(monkeypatch, store, tasks, Policy())
    metrics = summarize([verdict for verdict, _ in judged])
    store.write_metrics(record_of(metrics, SAMPLING))
    return store


def record_of(metrics, sampling):
    return build_metrics(
        run_id="run", before=metrics, after=None, difference={}, steps=0, seconds=1.0, seed=0, dataset="safesql_mini",
        model="tiny", method="vanilla", reward="hybrid", config_hash="c", data_hash="a+b", versions={},
        sampling=sampling,
    )  # fmt: skip


def test_an_interrupted_evaluation_ends_as_any_other(monkeypatch, tmp_path, tasks, run) -> None:
    store = RunStore(tmp_path / "interrupted")
    with pytest.raises(KeyboardInterrupt):
        evaluated(monkeypatch, store, tasks, Policy(fail_after=1))
    assert len(store.read_completions("after")) == 5
    again = Policy()
    evaluated(monkeypatch, store, tasks, again)
    assert again.calls == 2  # of three batches
    for name in ("completions_after.jsonl", "outcomes_after.jsonl"):
        assert (store / name).read_bytes() == (run / name).read_bytes()
    texts = {one.text for one in store.read_completions("after")}
    assert len(texts) > len(tasks)  # batches do not repeat each other's random numbers


def test_records_say_which_sample_they_are_of(run, tasks) -> None:
    ids = [(task.task_id, sample) for task in tasks for sample in range(3)]
    assert [(one.task_id, one.sample) for one in run.read_completions("after")] == ids
    assert [(one["task_id"], one.get("sample", 0)) for one in run.read_outcomes("after")] == ids


def test_rates_are_pass_at_1_and_larger_k_are_the_unbiased_estimates(run) -> None:
    told = read_run(run.path)
    passed = {}
    for record in run.read_outcomes("after"):
        right = record["function"]["passed"] == record["function"]["total"]
        passed.setdefault(record["task_id"], []).append(right and record["quality"]["passed"])
    assert told.before.n == 12 and told.sampling == SAMPLING
    assert told.before.func_qual.rate == pytest.approx(np.mean([mark for own in passed.values() for mark in own]))
    assert told.before.pass_at_k["1"]["func_qual"] == pytest.approx(told.before.func_qual.rate)
    assert set(told.before.pass_at_k) == {"1"}  # 3 samples are too few for the next k
    assert from_json(json.loads(json.dumps(to_json(told.before)))) == told.before


def test_tables_say_how_answers_were_drawn_and_do_not_mix(run, tmp_path) -> None:
    drawn = read_run(run.path)
    greedy = run_of(record_of(drawn.before, GREEDY), Path("metrics.json"))
    assert "3 samples a task at temperature 0.8" in " ".join(before_after_table([drawn]).notes)
    assert any("greedy decoding" in sentence for sentence in mixtures([drawn, greedy]))
    with pytest.raises(DataError, match="one answer each"):
        compare(run.path, run.path)


def test_a_paired_difference_of_samples_is_that_of_task_means(monkeypatch, tmp_path, tasks) -> None:
    judged = evaluated(monkeypatch, RunStore(tmp_path / "a"), tasks, Policy())
    verdicts = [verdict for verdict, _ in judged]
    same = paired_difference(verdicts, verdicts)["func_qual"]
    assert (same.difference, same.low, same.high, same.n) == (0.0, 0.0, 0.0, 4)
