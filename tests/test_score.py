"""``python -m real.score``: the interface that others script against, and what it does with rubbish."""

import gzip
import json
from dataclasses import replace

import pytest

from real import score
from real.datasets import load
from real.datasets.config import DatasetCfg
from real.datasets.subset import RULE
from real.judge import Judgement
from real.types import OutcomeStatus, TestOutcome


@pytest.fixture(scope="module")
def tasks():
    return load(DatasetCfg(), "test").tasks


def run(capsys, *arguments):
    code = score.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def test_scores_a_split_and_reports_what_it_skipped(capsys, tmp_path, tasks):
    lines = [
        json.dumps({"task_id": tasks[0].task_id, "completion": f"```python\n{tasks[0].reference}\n```"}),
        '{"task_id": broken',
        json.dumps({"task_id": "nobody", "completion": "x"}),
        json.dumps({"task_id": tasks[1].task_id, "completion": f"```python\n{tasks[1].unsafe}\n```"}),
        json.dumps({"task_id": tasks[1].task_id, "text": "a key that nobody expects"}),
        json.dumps({"task_id": tasks[2].task_id, "completion": None}),
        json.dumps(["not", "an", "object"]),
        "",
    ]
    source, out = tmp_path / "c.jsonl", tmp_path / "scored.jsonl"
    source.write_bytes("\n".join(lines).encode() + b'\n{"task_id": "\xff", "completion": "x"}\n')
    code, stdout, err = run(
        capsys, "--dataset", "safesql_mini", "--split", "test", "--completions", str(source), "--out", str(out)
    )
    assert code == 0
    summary = json.loads(stdout[-1])
    assert {"n", "function", "quality", "func_qual", "masked", "seconds"} <= summary.keys()
    assert summary["n"] == len(tasks)
    assert summary["missing"] == len(tasks) - 2
    assert summary["skipped_lines"] == 6
    assert summary["function"] == pytest.approx(2 / len(tasks))
    assert summary["func_qual"] == pytest.approx(1 / len(tasks))
    for fragment in (
        "line 2: not JSON",
        "unknown task id 'nobody'",
        "an object without an answer; its keys are 'task_id', 'text'",
        "line 6",
        "line 7",
        "line 9",
    ):
        assert fragment in err
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["task_id"] for r in records] == [t.task_id for t in tasks]
    first, second, third = records[:3]
    assert summary["baselines"].keys() == {"empty", "constant", "value_error"}
    assert 0 < summary["baselines"]["empty"]["cases"] < 1
    assert summary["above_baseline"] == 2
    assert [r["above_baseline"] for r in records[:3]] == [True, True, False]
    assert all(0 <= r["baseline"] < 1 for r in records[:3])
    assert (first["status"], first["reward"]) == ("scored", 1.0)
    assert first["function"]["passed"] == first["function"]["total"] == len(tasks[0].tests.cases)
    assert second["quality"]["passed"] is False
    assert second["quality"]["findings"][0]["rule"] == "CWE-89"
    assert second["safety"]["passed"] < second["safety"]["total"]
    assert (third["status"], third["reward"]) == ("missing", -1.0)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--dataset", "safesql_mni", "--completions", "-"], 2, "safesql_mini"),
        (["--dataset", "safesql_mini", "--completions", "no/such/file"], 3, "no/such/file"),
        (["--dataset", "safesql_mini", "--completions", "-", "--alpha", "3"], 2, "[0, 1]"),
        (["--dataset", "safesql_mini", "--completions", "-", "--out", "no/such/dir/x.jsonl"], 2, "does not exist"),
    ],
)
def test_mistakes_get_one_message_and_no_traceback(capsys, monkeypatch, arguments, code, message):
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO(""))
    got, _, err = run(capsys, *arguments)
    assert got == code
    assert message in err
    assert "Traceback" not in err


def mini(tmp_path, count=2):
    """A data set of ``count`` tasks, each solved by ``print(1)``."""
    rows = [
        {"task_id": f"t{number}", "description": f"print {number}", "cases": [{"stdin": "", "expected": "1"}]}
        for number in range(count)
    ]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ["--dataset", str(tmp_path), "--workers", "1", "--completions"]


def answer(code, task_id="t0", key="completion"):
    return {"task_id": task_id, key: f"```python\n{code}\n```"}


def test_several_answers_give_pass_at_k_and_a_line_each(capsys, tmp_path):
    arguments = mini(tmp_path)
    answers = [answer(f"print({number})") for number in range(5)] + [answer("print(2)", "t1")] * 5
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(json.dumps(answers).encode()))
    code, stdout, err = run(capsys, *arguments, str(tmp_path / "c.json.gz"))
    assert code == 0
    *records, summary = map(json.loads, stdout)
    assert [(r["task_id"], r["sample"]) for r in records] == [("t0", n) for n in range(5)] + [
        ("t1", n) for n in range(5)
    ]
    assert [r["function"]["passed"] for r in records] == [0, 1, *[0] * 8]
    assert (summary["n"], summary["function"], summary["intervals"]) == (10, pytest.approx(0.1), None)
    assert summary["pass_at_k"]["5"]["function"] == pytest.approx(0.5)
    assert "pass_at_k" in err


def test_a_useless_file_is_no_score_of_zero(capsys, tmp_path):
    arguments = mini(tmp_path)
    for content, found in (
        (b"", "it is empty"),
        (b'[{"task_id": "t0", "code": "x"}]', "'code'"),
        (b"PK\x03", "not JSON"),
    ):
        (tmp_path / "c").write_bytes(content)
        code, stdout, err = run(capsys, *arguments, str(tmp_path / "c"))
        assert (code, stdout) == (3, [])
        assert found in err
        assert '{"task_id"' in err


def test_out_is_checked_before_anything_is_scored(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(score, "Judge", None)  # what is called too late fails
    arguments = mini(tmp_path)
    source = tmp_path / "c.jsonl"
    source.write_text(json.dumps(answer("print(1)")) + "\n")
    before = source.read_text()
    (tmp_path / "link").symlink_to(source)
    (tmp_path / "hard").hardlink_to(source)
    for out, problem in (
        (source, "--out and --completions are the same file"),
        (tmp_path / "link", "the same file"),
        (tmp_path / "hard", "the same file"),
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "c.jsonl", "does not exist"),
        (source / "c.jsonl", "does not exist"),
        ("/proc/c.jsonl", "cannot be written"),
    ):
        code, _, err = run(capsys, *arguments, str(source), "--out", str(out))
        assert code == 2, out
        assert problem in err
    assert source.read_text() == before


def test_masked_answers_count_and_are_told(capsys, tmp_path, monkeypatch):
    arguments = mini(tmp_path)
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(answer("print(1)", t)) + "\n" for t in ("t0", "t1")))
    judged = score.Judge.score

    def fail_once(self, *arguments, **settings):
        first, *others = judged(self, *arguments, **settings)
        outcomes = (TestOutcome(OutcomeStatus.INFRA_ERROR, detail="the worker died"),)
        verdict = replace(first.verdict, outcomes=outcomes)
        return [Judgement(verdict, self.reward(verdict)), *others]

    monkeypatch.setattr(score.Judge, "score", fail_once)
    code, stdout, err = run(capsys, *arguments, str(tmp_path / "c.jsonl"))
    first, second, summary = map(json.loads, stdout)
    assert code == 0
    assert (first["status"], first["reward"]) == ("masked", None)
    assert "the worker died" in first["reason"]
    assert second["status"] == "scored"
    assert (summary["n"], summary["masked"], summary["function"]) == (2, 1, 0.5)
    assert "1 answers could not be judged" in err


def test_the_clean_subset_is_scored_alone_and_named(capsys, tmp_path):
    def lines(split, texts):
        case = {"stdin": "", "expected": "1"}
        rows = [
            {"task_id": f"{split}{number}", "description": text, "cases": [{**case, "stdin": f"{split}{number}"}]}
            for number, text in enumerate(texts)
        ]
        (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    lines("train", ["print one"])
    lines("test", ["Print  one", "say another thing", "sort the names of all cities"])
    (tmp_path / "one.jsonl").write_text('{"task_id": "test2", "completion": "none"}\n')
    arguments = ["--dataset", str(tmp_path), "--completions", str(tmp_path / "one.jsonl"), "--workers", "1"]
    summaries = {}
    for subset in ("all", "clean"):
        code, stdout, _ = run(capsys, *arguments, "--subset", subset)
        assert code == 0
        summaries[subset] = json.loads(stdout[-1])
        assert [json.loads(line)["task_id"] for line in stdout[:-1]][-1] == "test2"
    assert (summaries["all"]["n"], summaries["clean"]["n"]) == (3, 2)
    assert (summaries["all"]["subset"], summaries["clean"]["subset"]) == ("all", RULE)
    assert summaries["all"]["split_hash"] != summaries["clean"]["split_hash"]
    (tmp_path / "train.jsonl").unlink()
    code, _, err = run(capsys, *arguments, "--subset", "clean")
    assert code == 3
    assert "needs its train split" in err
