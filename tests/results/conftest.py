"""Made-up runs for the tests of this room: nothing here was measured."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from real.evaluation.metrics import build_metrics
from real.evaluation.rates import Difference, Metrics, Rate
from real.runs.store import RunState, RunStore
from real.types import (
    Analysis,
    AnalysisStatus,
    Check,
    Completion,
    Finding,
    OutcomeStatus,
    Program,
    Reward,
    TestOutcome,
    TraceStep,
    Verdict,
)

UNSAFE = (
    "import sqlite3\n"
    "name = input()\n"
    "connection = sqlite3.connect('shop.db')\n"
    "# <script>alert('comment')</script>\n"
    "query = f\"SELECT price FROM items WHERE name = '{name}'\"\n"
    "for row in connection.execute(query):\n"
    "    print(row[0])\n"
)
SAFE = UNSAFE.replace("f\"SELECT price FROM items WHERE name = '{name}'\"", '"SELECT price FROM items WHERE name = ?"')
SAFE = SAFE.replace("execute(query)", "execute(query, (name,))")


def metrics(function: int, quality: int, both: int, n: int = 150, masked: int = 0) -> Metrics:
    return Metrics(Rate.of(function, n), Rate.of(quality, n), Rate.of(both, n), None, n, masked)


def step_record(step: int, total: int, noise: random.Random) -> dict[str, object]:
    def rise(low: float, high: float, centre: float) -> float:
        level = low + (high - low) / (1 + math.exp(-(step / total - centre) * 14))
        return min(1.0, max(0.0, level + noise.gauss(0, 0.025)))

    function, quality = rise(0.62, 0.74, 0.6), rise(0.27, 0.95, 0.25)
    return {
        "step": step,
        "reward_mean": (function + quality) / 2 - 0.02,
        "reward_std": 0.3,
        "r_function": function,
        "r_quality": quality,
        "r_security": quality,
        "not_runnable": max(0.0, noise.gauss(0.03, 0.01)),
        "func_qual": function * quality,
        "masked": 0,
        "kl": step * 0.01,
        "explained_variance": math.nan,
        "seconds": 5.0,
    }


def example(
    stage: str, step: int, code: str | None, passed: int, *, flaw: bool, task: str = "t/1"
) -> dict[str, object]:
    finding = {
        "rule": "CWE-89",
        "line": 6,
        "message": "user input <b>reaches</b> the SQL text",
        "trace": [{"line": 2, "note": "source: input()"}, {"line": 5, "note": "flows into the f-string"}],
    }
    return {
        "stage": stage,
        "step": step,
        "task_id": task,
        "prompt": "Read a name & print the <i>price</i> of the item.",
        "code": code,
        "reason": None if code else "no code block in the response",
        "function": {"passed": passed, "total": 4, "outcomes": ["pass"] * passed + ["output_limit"] * (4 - passed)},
        "findings": [finding] if flaw else [],
        "reward": 0.5 * passed / 4 + (0.0 if flaw else 0.5),
    }


def _make_run(
    path: Path,
    *,
    seed: int = 0,
    reward: str = "hybrid",
    after: Metrics | None = None,
    trained: bool = True,
    steps: int = 24,
    dataset: str = "safesql_mini",
    model: str = "tiny",
    method: str = "real",
    protocol: str = "strict",
    detector: str = "1",
) -> RunStore:
    store = RunStore(path)
    before = metrics(104 + seed, 41 + seed, 27 + seed)
    later = (after or metrics(106, 140, 101, masked=2)) if trained else None
    noise = random.Random(seed)
    if trained:
        for step in range(1, steps + 1):
            store.append_step(step_record(step, steps, noise))
    difference = {} if later is None else {"func_qual": Difference(0.49, 0.41, 0.57, 148)}
    store.write_metrics(
        build_metrics(
            run_id=path.name,
            before=before,
            after=later,
            difference=difference,
            steps=steps if trained else 0,
            seconds=251.7,
            seed=seed,
            dataset=dataset,
            model=model,
            method=method if trained else "vanilla",
            reward=reward,
            config_hash="c0ffee",
            data_hash="d47a",
            versions={"detector": detector, "typecheck": "1", "execution": "1"},
            protocol=protocol,
        )
    )
    store.write_environment({"python": "3.11.7", "platform": "Linux", "git_commit": None, "packages": {"torch": "2.9"}})
    (path / "config.yaml").write_text("seed: 0\nreward:\n  variant: hybrid\n  alpha: 0.5\n")
    store.write_examples(
        [
            example("before", 0, UNSAFE, 2, flaw=True),
            example("middle", steps // 2, SAFE, 2, flaw=False),
            example("after", steps, SAFE, 4, flaw=False),
            example("before", 0, UNSAFE, 4, flaw=True, task="t/2"),
            example("middle", steps // 2, None, 0, flaw=False, task="t/2"),
            example("after", steps, SAFE, 4, flaw=False, task="t/2"),
        ]
    )
    for stage, code, flaw in (("before", UNSAFE, True), ("after", SAFE, False))[: 2 if trained else 1]:
        _record_answers(store, stage, code, flaw=flaw)
    store.write_status(RunState.DONE)
    return store


def _record_answers(store: RunStore, stage: str, code: str, *, flaw: bool) -> None:
    """Three answers: one good as far as ``flaw`` lets it be, one wrong, one without a program."""
    right, wrong = TestOutcome(OutcomeStatus.PASS), TestOutcome(OutcomeStatus.WRONG, detail="printed 3, expected 4")
    trace = (TraceStep(2, "source: input()"), TraceStep(5, "flows into the f-string"))
    found = (Finding("CWE-89", 6, "user input reaches the SQL text", trace=trace),) if flaw else ()
    analysis = Analysis(AnalysisStatus.FINDINGS if flaw else AnalysisStatus.CLEAN, found)
    answers = {"t/1": (code, (right, right)), "t/2": (code + "\n", (right, wrong)), "t/3": (None, ())}
    store.write_completions(
        stage, [Completion(task, f"```python\n{code}\n```" if code else "no") for task, (code, _) in answers.items()]
    )
    judged = [
        (
            Verdict(task, Program(code, None if code else "no code block"), outcomes, {Check.SECURITY: analysis}),
            Reward(0.5),
        )
        for task, (code, outcomes) in answers.items()
    ]
    store.write_outcomes(stage, judged)


@pytest.fixture
def run_maker(tmp_path: Path) -> Callable[..., RunStore]:
    def make(name: str = "run", **settings: object) -> RunStore:
        return _make_run(tmp_path / name, **settings)

    return make


@pytest.fixture(scope="session")
def make_run() -> Callable[..., RunStore]:
    return _make_run
