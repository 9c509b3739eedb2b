"""``python -m real.score``: the interface that others script against, and what it does with rubbish."""

import json

import pytest

from real import score
from real.datasets import load
from real.datasets.config import DatasetCfg
from real.datasets.subset import RULE


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
        json.dumps({"task_id": tasks[1].task_id, "completion": "a second answer"}),
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
        "a second completion",
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
    (tmp_path / "none.jsonl").write_text("")
    arguments = ["--dataset", str(tmp_path), "--completions", str(tmp_path / "none.jsonl"), "--workers", "1"]
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
