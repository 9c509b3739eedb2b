"""The two protocols on the same completions: what a missing answer is worth, and that every result names its rules."""

import json
from dataclasses import replace

import pytest

from real import score
from real.datasets import load
from real.datasets.config import DatasetCfg
from real.datasets.local_jsonl import to_row
from real.evaluation.metrics import build_metrics
from real.evaluation.rates import summarize
from real.execution.config import ExecutionCfg
from real.judge import Judge, JudgeCfg
from real.protocols import EvaluationProtocol, Rules, rules
from real.results.tables import before_after_table
from real.types import Completion, Program, ScriptSuite, StdinCase, Verdict
from real.verdicts import quality_passed


@pytest.mark.parametrize(
    ("protocol", "dataset", "passes", "block"),
    [
        ("paper", "safesql", True, "last"),
        ("paper", "apps_plus", True, "last_without_checks"),
        ("paper", "seccodeplt_plus", False, "first"),
        ("paper", "local_jsonl", False, "last"),
        ("strict", "safesql", False, "answer"),
        ("strict", "apps_plus", False, "answer"),
    ],
)
def test_what_a_missing_answer_is_worth_and_which_block_is_one(protocol, dataset, passes, block):
    ruled = rules(protocol, dataset)
    assert (ruled.absent_passes_quality, ruled.extraction) == (passes, block)


def test_strict_has_no_oddities():
    assert all(rules("strict", name) == Rules() for name in ("safesql", "seccodeplt_plus", "apps_plus", "local_jsonl"))


def test_an_absent_program_counts_as_the_protocol_says():
    counted = Verdict("t", Program(None), absent_quality=True)
    assert quality_passed(counted) is True
    assert quality_passed(replace(counted, absent_quality=False)) is False
    metrics = summarize([counted])
    assert (metrics.function.passed, metrics.quality.passed, metrics.func_qual.passed) == (0, 1, 0)


@pytest.fixture(scope="module")
def tasks():
    """Tasks of the miniature under the released name, of which the first wants less than its program prints."""
    found = [replace(task, dataset="safesql") for task in load(DatasetCfg(), "test").tasks[:3]]
    suite = ScriptSuite((StdinCase("anna\n", "hello anna"),))
    found[0] = replace(found[0], tests=suite, reference="n = input('Name: ')\nprint('HELLO', n)\n", safety=None)
    return found


def scored(tmp_path, capsys, tasks, protocol):
    data, given = tmp_path / "tasks.jsonl", tmp_path / "given.jsonl"
    data.write_text("".join(json.dumps(to_row(task)) + "\n" for task in tasks))
    texts = [f"```python\n{tasks[0].reference}```", "I do not know."]  # and no line for the third
    lines = [{"task_id": task.task_id, "completion": text} for task, text in zip(tasks, texts, strict=False)]
    given.write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = tmp_path / f"{protocol}.jsonl"
    argv = ["--dataset", str(data), "--completions", str(given), "--protocol", protocol, "--workers", "1"]
    assert score.main([*argv, "--out", str(out)]) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    return summary, [json.loads(line) for line in out.read_text().splitlines()]


def test_both_protocols_judge_the_same_file_and_say_so(tmp_path, capsys, tasks):
    paper, paper_records = scored(tmp_path, capsys, tasks, "paper")
    strict, strict_records = scored(tmp_path, capsys, tasks, "strict")
    assert (paper["protocol"], paper["typecheck"], paper["subset"]) == ("paper", "paper", "all")
    assert (strict["protocol"], strict["typecheck"]) == ("strict", "hardened")
    # The prompt on the output, in other case and spacing, is right for one protocol and wrong for the other.
    assert paper_records[0]["function"]["outcomes"] == ["pass"]
    assert strict_records[0]["function"]["outcomes"] == ["wrong"]
    assert [r["status"] for r in paper_records[1:]] == ["no_program", "missing"]
    assert [r["quality"]["passed"] for r in paper_records[1:]] == [True, True]
    assert [r["quality"]["passed"] for r in strict_records[1:]] == [False, False]
    assert paper["function"] == pytest.approx(1 / 3) and strict["function"] == 0.0
    assert paper["quality"] - strict["quality"] == pytest.approx(2 / 3)
    assert paper["n"] == strict["n"] == 3


def test_the_judge_of_a_run_follows_its_protocol(tasks):
    for protocol, passed in (("paper", True), ("strict", False)):
        with Judge(JudgeCfg(execution=ExecutionCfg(workers=1), protocol=EvaluationProtocol(protocol))) as judge:
            verdict = judge.judge(tasks[1:2], [Completion(tasks[1].task_id, "nothing")])[0]
        assert quality_passed(verdict) is passed


def test_prompts_are_counted_on_safesql_alone():
    """References of the miniature read with a bare ``input()``: right there, and one prompt too few on SafeSQL."""
    found = load(DatasetCfg(), "test").tasks[:2]
    mixed = [*found, *(replace(task, dataset="safesql") for task in found)]
    answers = [Completion(task.task_id, f"```python\n{task.reference}```") for task in mixed]
    for protocol in EvaluationProtocol:
        with Judge(JudgeCfg(execution=ExecutionCfg(workers=1), protocol=protocol)) as judge:
            verdicts = judge.judge(mixed, answers, both=True)
        others = [verdict.other_protocol.tests for verdict in verdicts]
        ours = [verdict.outcomes for verdict in verdicts]
        paper, strict = (ours, others) if protocol is EvaluationProtocol.paper else (others, ours)
        assert all(one.status == "pass" for outcomes in strict for one in outcomes)
        assert [{one.status for one in outcomes} for outcomes in paper] == [{"pass"}] * 2 + [{"wrong"}] * 2


def metrics_of(protocol, subset):
    empty = summarize([Verdict("t", Program(None))])
    return build_metrics(
        run_id=f"r-{protocol}", before=empty, after=None, difference={}, steps=0, seconds=0.0, seed=0,
        dataset="safesql",
        model="m", method="vanilla", reward="hybrid", config_hash="c", data_hash="d", versions={}, protocol=protocol,
        subset=subset,
    )  # fmt: skip


def test_tables_name_the_protocol_and_warn_where_they_mix(tmp_path):
    from real.evaluation.metrics import read_run
    from real.runs.store import RunStore

    runs = []
    for protocol, subset in (("paper", "all"), ("strict", "clean-1")):
        store = RunStore(tmp_path / protocol)
        store.write_metrics(metrics_of(protocol, subset))
        runs.append(read_run(store.path))
    assert "Judged by protocol paper on all test tasks, greedy decoding." in before_after_table(runs[:1]).notes
    assert any("not comparable" in note and "clean-1" in note for note in before_after_table(runs).notes)


def test_an_example_in_a_block_of_its_own_is_the_program_only_under_the_paper_protocol():
    task = next(task for task in load(DatasetCfg(test_tasks=1), "test").tasks)
    example = "solve = print\n"
    text = f"```python\n{example}{task.reference}\n```\nFor example:\n```python\nsolve('x')\n```"
    for protocol, passed in (("strict", True), ("paper", False)):
        with Judge(JudgeCfg(protocol=EvaluationProtocol(protocol))) as judge:
            (verdict,) = judge.judge([task], [Completion(task.task_id, text)])
        assert summarize([verdict]).function.passed == passed
