"""Leaks and the clean subset."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from real.datasets import DatasetCfg, load, load_path
from real.datasets.__main__ import main
from real.datasets.contamination import KINDS, leaked, links, normal_form
from real.datasets.similarity import jaccard, shingles, similar_pairs
from real.datasets.statement import statement
from real.datasets.subset import RULE, unclean
from real.errors import DataError, UsageError
from real.types import CallCase, CallSuite, Message, Task

WORDS = [f"word{number}" for number in range(18)]


def task(task_id, split, words, entry=None, code=None, expected=0):
    entry = entry or f"f_{split}_{task_id}"
    prompt = f"[Problem]\n{words}\n\n[Instruction]\nWrite it."
    suite = CallSuite(entry, (CallCase([split, task_id] if expected is None else expected),))
    return Task(task_id, "d", split, (Message("user", prompt),), suite, (), entry_point=entry, reference=code)


def text(seed, length=40):
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def test_the_statement_is_what_stands_inside_the_frame():
    framed = {
        "Coding Problem:\nSort it. More specifically, the details are as follows:\n1. The function": "Sort it.",
        "[Problem]\nSort\nit.\n\n[Example Input & Output]\n- Input": "Sort\nit.",
        "[Problem]\nSort it.\nYour code should use the signature in the starter code: `f`": "Sort it.",
        " Sort it. ": "Sort it.",
    }
    for prompt, inside in framed.items():
        assert statement(replace(task("a", "test", ""), prompt=(Message("user", prompt),))) == inside


def test_programs_are_compared_without_comments_layout_and_for_functions_without_names():
    one = "# why\ndef f(a):\n    '''Doc.'''\n    return (a\n        + 1)\n"
    other = "def g(a):\n    return a + 1\n"
    assert normal_form(one, "f") == normal_form(other, "g") == "return a + 1"
    assert normal_form(one) != normal_form(other)
    assert normal_form("class Solution:\n    def g(self, a):\n        return a + 1\n", "Solution.g") == "return a + 1"
    assert normal_form("not  python(") == "not python("


def test_each_kind_of_link_is_found_once_and_alone():
    base = text(0)
    train = [task("a", "train", base, "same", "def same():\n    return 1", expected=[1])]
    tests = {
        "description": task("b", "test", base.upper(), expected=None),
        "code": task("c", "test", text(1), code="def f_test_c():\n  return 1  # so", expected=None),
        "tests": replace(task("d", "test", text(2)), tests=train[0].tests),
        "near_duplicate": task("e", "test", f"{base} more", expected=None),
        "function": task("f", "test", text(3), entry="same", expected=None),
    }
    assert tuple(tests) == KINDS
    for kind, one in tests.items():
        (link,) = links(train, [one])
        assert (link.kind, link.later, link.earlier) == (kind, one, train[0])
        assert leaked([link], kind, "test", "train") == {one.task_id}
        # A shared name alone does not make a task unclean.
        assert bool(unclean([one], [link])) == (kind != "function")


def test_of_repeated_test_tasks_the_first_stays():
    tests = [task(name, "test", text(5), expected=None) for name in "abc"] + [task("d", "test", text(6), expected=None)]
    removed = unclean(tests, links([], tests))
    assert set(removed) == {"b", "c"}


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 1.0])
def test_similar_pairs_are_those_of_comparing_all_with_all(threshold):
    chance = random.Random(1)
    texts = [""]
    for number in range(60):
        words = text(number % 12, chance.randrange(3, 30)).split()
        words[chance.randrange(len(words))] = "changed"
        texts.append(" ".join(words))
    sets = [shingles(one) for one in texts]
    every = {
        (i, j): jaccard(sets[i], sets[j])
        for j in range(len(texts))
        for i in range(j)
        if jaccard(sets[i], sets[j]) >= threshold
    }
    assert {(i, j): similarity for i, j, similarity in similar_pairs(texts, threshold)} == every
    assert every


def rows(split, count, start=0):
    cases = [{"stdin": "", "expected": "1"}]
    return [
        {
            "task_id": f"{split}{number}",
            "description": text(start + number),
            "cases": [{**cases[0], "stdin": split + str(number)}],
        }
        for number in range(count)
    ]


@pytest.fixture
def folder(tmp_path):
    for split, lines in (("train", rows("train", 4)), ("test", rows("test", 6, start=2))):
        (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def test_the_clean_subset_is_loaded_by_path_and_by_configuration(folder):
    clean = load_path(str(folder), "test", subset="clean")
    assert [one.task_id for one in clean.tasks] == ["test2", "test3", "test4", "test5"]
    everything = load_path(str(folder), "test")
    assert (clean.subset, everything.subset) == (RULE, "all")
    assert clean.content_hash != everything.content_hash
    cfg = DatasetCfg("local_jsonl", path=str(folder))
    assert load(cfg, "test", subset="clean").tasks == clean.tasks
    assert load(replace(cfg, test_tasks=3), "test", subset="clean").tasks == clean.tasks[:3]
    assert load(cfg, "train", subset="clean") == load(cfg, "train")


def test_a_clean_subset_without_its_train_split_is_refused(folder):
    (folder / "train.jsonl").unlink()
    for attempt in (
        lambda: load_path(str(folder), "test", subset="clean"),
        lambda: load(DatasetCfg("local_jsonl", path=str(folder)), "test", subset="clean"),
    ):
        with pytest.raises(DataError, match=r"needs its train split.*\n.*use the subset all"):
            attempt()


def test_a_test_split_that_leaks_as_a_whole_has_no_clean_subset(folder):
    (folder / "train.jsonl").write_bytes((folder / "test.jsonl").read_bytes())
    with pytest.raises(DataError, match="no test task is clean"):
        load_path(str(folder), "test", subset="clean")


def test_unknown_subsets_are_wrong_usage():
    with pytest.raises(UsageError, match="Did you mean clean"):
        load_path("safesql_mini", "test", subset="claen")


def test_the_command_counts_and_records_what_each_task_shares(folder, capsys):
    out = folder / "leaks.jsonl"
    assert main(["contamination", str(folder), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "description                       2" in shown
    assert f"clean test subset ({RULE}): 4 of 6\n" in shown
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["clean"] for record in records] == [False, False, True, True, True, True]
    assert records[0]["shares"] == [{"kind": "description", "split": "train", "task_id": "train2", "similarity": 1.0}]
