"""Answers of every kind that the two protocols see alike or differently, with verdicts found by hand from the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from real.execution.config import ExecutionCfg
from real.judge import Judge, JudgeCfg, RecordedOutcomes
from real.protocols import EvaluationProtocol
from real.runs.records import outcome_record, recorded_outcomes
from real.typecheck import Policy, TypecheckCfg
from real.types import Completion, Verdict
from real.verdicts import function_passed, quality_passed

from .tasks import TASKS

ANSWERS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "answers.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]
NAMES = [f"{answer['dataset']}: {answer['name']}" for answer in ANSWERS]
GIVEN = [TASKS[answer["dataset"]] for answer in ANSWERS]
COMPLETIONS = [Completion(TASKS[answer["dataset"]].task_id, answer["completion"]) for answer in ANSWERS]


def judge_of(protocol: str) -> Judge:
    policy = Policy.paper if protocol == "paper" else Policy.hardened
    cfg = JudgeCfg(
        typecheck=TypecheckCfg(policy), execution=ExecutionCfg(workers=1), protocol=EvaluationProtocol(protocol)
    )
    return Judge(cfg)


@pytest.fixture(scope="module")
def judged() -> dict[str, list[Verdict]]:
    """The verdicts by each protocol, with what the other one sees."""
    found = {}
    for protocol in ("strict", "paper"):
        with judge_of(protocol) as judge:
            found[protocol] = judge.judge(GIVEN, COMPLETIONS, both=True)
    return found


@pytest.mark.parametrize("number", range(len(ANSWERS)), ids=NAMES)
@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_verdicts_found_by_hand(judged: dict[str, list[Verdict]], protocol: str, number: int) -> None:
    verdict, answer = judged[protocol][number], ANSWERS[number]
    assert [function_passed(verdict), quality_passed(verdict)] == answer[protocol], (answer["why"], verdict)


@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_records_of_one_run_hold_both_protocols(judged: dict[str, list[Verdict]], protocol: str) -> None:
    """What a record says of the other protocol is what a judge of that protocol says, without running a program."""
    other = EvaluationProtocol(protocol).other
    recorded = []
    with judge_of(other) as judge:
        for verdict in judged[protocol]:
            record: dict[str, Any] = json.loads(json.dumps(outcome_record(verdict, judge.reward(verdict))))
            observed = recorded_outcomes(record, other=True)
            recorded.append(RecordedOutcomes(observed.tests, observed.safety))
        again = [verdict for verdict, _ in judge.score_recorded(GIVEN, COMPLETIONS, recorded)]
        assert "pool" not in vars(judge)
    for name, one, two in zip(NAMES, again, judged[other], strict=True):
        assert [o.status for o in one.outcomes] == [o.status for o in two.outcomes], name
        assert quality_passed(one) is quality_passed(two), name


def test_every_data_set_has_answers_that_the_protocols_see_differently() -> None:
    for dataset in TASKS:
        assert any(answer["strict"] != answer["paper"] for answer in ANSWERS if answer["dataset"] == dataset)
