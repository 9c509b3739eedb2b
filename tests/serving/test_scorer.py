"""The scorer behind ``python -m real.serving``: a judge that breaks costs time, not samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from real.datasets import DatasetCfg, load
from real.errors import InfrastructureError
from real.judge import Judge
from real.rewards import RewardCfg
from real.serving.scorer import Scorer
from real.serving.scorer_spec import ScorerSpec
from real.typecheck import TypecheckCfg
from real.types import Completion, Task, Verdict

TASK = load(DatasetCfg(), "train").tasks[0]
PROMPT = "Write the program.\n"


class BrokenJudge:
    """A judge whose workers cannot be started."""

    def __init__(self) -> None:
        self.closed = False

    def judge(self, tasks: Sequence[Task], completions: Sequence[Completion]) -> list[Verdict]:
        raise InfrastructureError("no worker")

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def whole() -> Iterator[Judge]:
    with Judge(RewardCfg(workers=1)) as judge:
        yield judge


def ask(*judges: BrokenJudge | Judge, record: Path | None = None) -> tuple[Scorer, dict[str, object]]:
    job = ScorerSpec(RewardCfg(workers=1), TypecheckCfg())
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
    assert (scorer.counts.judges_replaced, scorer.counts.masked) == (1, 0)


def test_a_sample_that_no_judge_can_judge_is_masked() -> None:
    scorer, found = ask(BrokenJudge(), BrokenJudge(), BrokenJudge())
    assert cast("dict[str, float]", found["extra_logs"])["masked"] == 1.0
    assert (scorer.counts.judges_replaced, scorer.counts.masked) == (2, 1)


def test_a_record_that_cannot_be_written_is_told(
    whole: Judge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, found = ask(whole, record=tmp_path / "gone" / "scored.jsonl")
    assert cast("dict[str, float]", found["extra_logs"])["masked"] == 1.0
    assert f"sample {TASK.task_id} is masked: " in capsys.readouterr().err
