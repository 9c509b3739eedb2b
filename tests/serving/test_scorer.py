"""The scorer behind ``python -m real.serving``: a judge that breaks costs time, not samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from real.datasets import DatasetCfg, load
from real.errors import InfrastructureError
from real.execution.config import ExecutionCfg
from real.io import disk
from real.judge import Judge, JudgeCfg, Judgement
from real.serving.scorer import Scorer
from real.serving.scorer_spec import ScorerSpec
from real.types import Completion, Task

TASK = load(DatasetCfg(), "train").tasks[0]
PROMPT = "Write the program.\n"


CFG = JudgeCfg(execution=ExecutionCfg(workers=1))


class BrokenJudge:
    """A judge whose workers cannot be started."""

    def __init__(self) -> None:
        self.closed = False

    def score(self, tasks: Sequence[Task], completions: Sequence[Completion]) -> list[Judgement]:
        raise InfrastructureError("no worker")

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def whole() -> Iterator[Judge]:
    with Judge(CFG) as judge:
        yield judge


def ask(*judges: BrokenJudge | Judge, record: Path | None = None) -> tuple[Scorer, dict[str, object]]:
    job = ScorerSpec(CFG)
    job.add("train", [TASK])
    made = iter(judges)
    scorer = Scorer(job, lambda: cast("Judge", next(made)), slots=1, record=record)
    label = json.dumps({"task": TASK.dataset, "id": TASK.task_id, "mode": "train", "row": 0})
    return scorer, dict(scorer.score(f"{PROMPT}```python\n{TASK.reference}\n```", PROMPT, label))


def test_a_sample_whose_judge_breaks_is_judged_by_the_next_one(whole: Judge) -> None:
    broken = BrokenJudge()
    scorer, found = ask(broken, whole)
    logs = cast("dict[str, float]", found["extra_logs"])
    assert (found["rewards"], logs["masked"]) == (1.0, 0.0)
    assert broken.closed
    counts = scorer.counts()
    assert (counts.judges_replaced, counts.masked, counts.waiting) == (1, 0, 0)  # nothing waits once it is answered


def test_a_sample_that_no_judge_can_judge_is_masked() -> None:
    scorer, found = ask(BrokenJudge(), BrokenJudge(), BrokenJudge())
    assert cast("dict[str, float]", found["extra_logs"])["masked"] == 1.0
    assert (scorer.counts().judges_replaced, scorer.counts().masked) == (2, 1)


def test_a_record_that_cannot_be_written_is_told(
    whole: Judge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, found = ask(whole, record=tmp_path / "gone" / "scored.jsonl")
    assert cast("dict[str, float]", found["extra_logs"])["masked"] == 1.0
    assert f"sample {TASK.task_id} (row 0) is masked: " in capsys.readouterr().err


LABEL = json.dumps({"task": TASK.dataset, "id": TASK.task_id, "mode": "train", "row": 3})


@pytest.mark.parametrize(
    ("query", "label", "row", "reason"),
    [
        (f"{PROMPT}x", "no label", None, "the label 'no label' lacks task, id, mode or row"),
        (f"{PROMPT}x", LABEL.replace(TASK.task_id, "gone"), 3, "there is no train task 'gone'"),
        ("something else", LABEL, 3, "the query does not contain its prompt"),
        (None, LABEL, 3, "query or prompt is no text"),
    ],
)
def test_why_a_sample_cannot_be_read_is_in_the_record_and_the_log(
    whole: Judge,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    query: str | None,
    label: str,
    row: int | None,
    reason: str,
) -> None:
    spec = ScorerSpec(CFG)
    spec.add("train", [TASK])
    scorer = Scorer(spec, lambda: whole, slots=1, record=tmp_path / "scored.jsonl")
    for _ in range(2):  # a connection that broke: the same request is recorded once
        found = scorer.score(query, PROMPT, label, request="1")
        assert cast("dict[str, float]", found["extra_logs"])["reward_error"] == 1.0
    (record,) = disk.read_lines(tmp_path / "scored.jsonl")
    assert record["row"] == row
    assert record["reward"] is None
    assert reason in str(record["masked"])
    assert capsys.readouterr().err.count(reason) == 1
    assert scorer.counts().masked == 1


def test_why_no_judge_could_judge_is_in_the_record_and_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(BrokenJudge(), BrokenJudge(), BrokenJudge(), record=tmp_path / "scored.jsonl")
    (record,) = disk.read_lines(tmp_path / "scored.jsonl")
    assert (record["masked"], record["reward"]) == ("no worker", None)
    assert "is masked: no worker" in capsys.readouterr().err
