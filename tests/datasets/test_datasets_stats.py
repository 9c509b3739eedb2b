"""``stats`` and ``card``: figures counted from the rows."""

from __future__ import annotations

import csv
import json

import pytest

from real.datasets import load
from real.datasets.__main__ import main
from real.datasets.config import DatasetCfg
from real.datasets.defects import annotates_return, facts
from real.datasets.stats import PAPER, measure
from real.datasets.tokens import counter
from real.errors import DataError
from real.types import CallCase, CallSuite, Message, ScriptSuite, StdinCase, Task

TRAIN = "transformers is not installed: pip install 'real-quality-code[train]'"


def test_words_are_counted_offline():
    count = counter("words")
    assert count("x_1 = f(a, 'b')\n") == 10
    assert count("") == 0


def test_a_folder_with_a_tokenizer_counts_its_tokens(tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason=TRAIN)
    transformers = pytest.importorskip("transformers", reason=TRAIN)
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "?": 1}, unk_token="?"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    transformers.PreTrainedTokenizerFast(tokenizer_object=model, unk_token="?").save_pretrained(tmp_path)
    assert counter(str(tmp_path))("a b.c a") == 3


def test_a_folder_without_one_is_one_message(tmp_path):
    pytest.importorskip("transformers", reason=TRAIN)
    with pytest.raises(DataError, match="there is no tokenizer in"):
        counter(str(tmp_path))


def test_sizes_and_means_over_both_splits():
    splits = {split: load(DatasetCfg(train_tasks=3, test_tasks=2), split) for split in ("train", "test")}
    row = measure(splits, len)
    tasks = [*splits["train"].tasks, *splits["test"].tasks]
    assert (row.ours.train, row.ours.test, row.solutions) == (3, 2, 5)
    assert row.ours.task_length == pytest.approx(sum(len(t.prompt[0].content) for t in tasks) / 5)
    assert row.ours.solution_length == pytest.approx(sum(len(t.reference) for t in tasks) / 5)


def test_the_table_is_printed_and_written(tmp_path, capsys):
    out = tmp_path / "table.csv"
    assert main(["stats", "safesql_mini", "--out", str(out)]) == 0
    assert "| safesql_mini | 774 |  | 150 |  |" in capsys.readouterr().out
    (line,) = csv.DictReader(out.open())
    assert (line["train"], line["test (paper)"], line["solutions"], line["tokenizer"]) == ("774", "", "924", "words")


def test_table_1_is_reproduced_where_the_files_are_at_hand(released, capsys):
    assert main(["stats", "--data", str(released)]) == 0
    table = [line.split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    lines = {cells[1].strip(): [cell.strip() for cell in cells] for cells in table}
    for name in ("seccodeplt_plus", "safesql", "apps_plus"):
        for column, split in ((2, "train"), (4, "test")):
            ours, paper = lines[name][column], lines[name][column + 1]
            assert paper == str(getattr(PAPER[name], split))
            assert ours in (paper, "")


def of(tests, **more):
    return Task("a", "d", "test", (Message("user", "p"),), tests, (), **more)


def test_defects_are_counted():
    scripts = [
        of(ScriptSuite((StdinCase("", ""), StdinCase("x", " \n")))),
        of(ScriptSuite((StdinCase("", "1"),)), reference="def f() -> int:\n    return 1", unsafe="x"),
        of(ScriptSuite((StdinCase("", "1"), StdinCase("", "2"), StdinCase("", ""))), reference="def f(): pass"),
    ]
    counted = dict(facts(scripts))
    assert counted["test cases a task: fewest, median, most"] == "1, 2, 3"
    assert counted["tasks with a single test case"] == "1"
    assert counted["test outputs that are empty"] == "3 of 6 (50%)"
    assert counted["tasks that expect nothing in every case"] == "1"
    assert counted["references with any return annotation"] == "1 of 2"
    assert counted["tasks with an unsafe program"] == "1"
    calls = [of(CallSuite("f", (CallCase({"a": [1.5]}), CallCase(1)))), of(CallSuite("f", (CallCase(1), CallCase(1))))]
    counted = dict(facts(calls))
    assert counted["tasks that compare floating-point numbers"] == "1"
    assert counted["tasks whose cases all expect the same"] == "1"


def test_annotations_of_broken_programs_are_none():
    assert not annotates_return("def f( -> int")
    assert annotates_return("async def f() -> None: ...")


def test_a_card_holds_the_counts_and_the_validation_report(tmp_path, capsys):
    record = {"task_id": "a", "status": "valid", "reason": "", "notes": [],
              "programs": [{"role": "reference", "extracted": True, "tests": {"passed": 3, "total": 3}}]}  # fmt: skip
    (tmp_path / "safesql_mini-test.jsonl").write_text(json.dumps(record) + "\n")
    out = tmp_path / "card.md"
    assert main(["card", "safesql_mini", "--validation", str(tmp_path), "--out", str(out)]) == 0
    card = out.read_text()
    assert card.startswith("# safesql_mini\n")
    assert "| tasks | 774 | 150 |" in card
    assert "**test**, 1 rows: 1 valid." in card
    assert "| reference | all tests pass | 1 | 1 |" in card
    assert "CWE-89 (924)" in card
    assert load(DatasetCfg(), "test").content_hash[:16] in card
    assert main(["card", "safesql_mini", "--validation", str(tmp_path / "none")]) == 0
    assert "No report of `python -m real.datasets validate` was at hand" in capsys.readouterr().out


def test_the_card_of_a_split_alone_claims_nothing_about_the_other(released, capsys, tmp_path):
    assert main(["card", "apps_plus", "--data", str(released), "--validation", str(tmp_path)]) == 0
    card = capsys.readouterr().out
    assert "Not at hand when this card was written: train." in card
    assert "| description | unknown | 0 | unknown |" in card
    assert "There is no clean test subset" in card
    assert "| references with any return annotation | 57 of 519 |" in card
