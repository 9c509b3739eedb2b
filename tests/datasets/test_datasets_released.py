"""The released files themselves: sizes, prompts byte for byte, the form they survive, and what they leak."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from real.datasets import load_path
from real.datasets.contamination import leaked, links
from real.datasets.local_jsonl import to_row, to_task
from real.datasets.stats import PAPER
from real.datasets.subset import RULE

AT_HAND = [
    ("seccodeplt_plus", "train"),
    ("seccodeplt_plus", "test"),
    ("safesql", "train"),
    ("safesql", "test"),
    ("apps_plus", "test"),
]


@pytest.mark.parametrize(("name", "split"), AT_HAND)
def test_every_row_becomes_a_task_with_its_prompt_byte_for_byte(released, name, split):
    loaded = load_path(str(released / name), split)
    assert loaded.name == name
    assert loaded.skipped == []
    assert len(loaded.tasks) == getattr(PAPER[name], split)
    column = pq.read_table(released / name / f"{split}.parquet", columns=["prompt"]).column("prompt")
    for task, prompt in zip(loaded.tasks, column, strict=True):
        stored = [(turn["role"].as_py(), turn["content"].as_buffer().to_pybytes()) for turn in prompt]
        assert [(message.role, message.content.encode()) for message in task.prompt] == stored


@pytest.mark.parametrize(("name", "split"), AT_HAND)
def test_every_task_survives_our_own_form(released, name, split):
    for task in load_path(str(released / name), split).tasks:
        assert to_task(json.loads(json.dumps(to_row(task))), split) == task


def test_seccodeplt_leaks_68_descriptions(released):
    train, test = (load_path(str(released / "seccodeplt_plus"), split).tasks for split in ("train", "test"))
    found = links(train, test)
    by_statement = leaked(found, "description", "test", "train")
    # The same count from the raw column, by plain equality.
    texts = {
        split: pq.read_table(released / "seccodeplt_plus" / f"{split}.parquet").to_pylist()
        for split in ("train", "test")
    }
    seen = {row["task_description"]["description"] for row in texts["train"]}
    assert by_statement == {row["id"] for row in texts["test"] if row["task_description"]["description"] in seen}
    assert len(by_statement) == 68


def test_the_clean_subset_of_seccodeplt_shares_no_description_with_train(released):
    path = str(released / "seccodeplt_plus")
    clean = load_path(path, "test", subset="clean")
    assert clean.subset == RULE
    assert 0 < len(clean.tasks) < 164
    assert not leaked(links(load_path(path, "train").tasks, clean.tasks), "description", "test", "train")
    assert clean == load_path(str(released / "seccodeplt_plus" / "test.parquet"), "test", subset="clean")
