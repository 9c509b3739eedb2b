"""What the shipped corpus promises, without running it: that is for ``benchmarks/recheck_safesql_gen.py``."""

from __future__ import annotations

import pytest

from real.datasets import DatasetCfg, load, load_path, load_splits
from real.datasets.build.safesql.evolver import OPERATORS
from real.datasets.build.safesql.grammar.seeds import PATTERNS
from real.datasets.build.safesql.manifest import SHIPPED, read_manifest
from real.datasets.config import EMBEDDED
from real.datasets.contamination import LEAKS, links
from real.errors import UsageError
from real.types import Check


@pytest.fixture(scope="module")
def splits():
    return {split: load(DatasetCfg(name="safesql_gen"), split) for split in ("train", "test")}


def test_sizes_patterns_and_evolution(splits):
    train, test = (splits[split].tasks for split in ("train", "test"))
    assert len(train) + len(test) >= 500
    assert len(test) >= 0.15 * (len(train) + len(test))
    assert not splits["train"].skipped and not splits["test"].skipped
    for tasks in (train, test):
        assert {task.tags["pattern"] for task in tasks} == set(PATTERNS)
        assert {task.tags["evolved"] for task in tasks} == {"", *OPERATORS}
        assert all(task.checks == (Check.SECURITY,) and task.cwe == "CWE-89" for task in tasks)


def test_families_do_not_cross_and_nothing_leaks(splits):
    train, test = (splits[split].tasks for split in ("train", "test"))
    assert not {t.tests.database for t in train} & {t.tests.database for t in test}
    assert [link for link in links(train, test) if link.kind in LEAKS] == []


def test_no_task_is_a_near_duplicate_of_a_released_one(splits, released):
    foreign = [task for split in ("train", "test") for task in load_path(str(released / "safesql"), split).tasks]
    own = [task for split in splits.values() for task in split.tasks]
    assert [f for f in links(foreign, own) if f.kind in LEAKS and f.later.dataset != f.earlier.dataset] == []


def test_the_manifest_tells_how_it_came_about(splits):
    manifest = read_manifest(SHIPPED / "safesql_gen.json")
    kept = sum(len(split.tasks) for split in splits.values())
    assert manifest.funnel["kept"] == kept
    assert manifest.funnel["tried"] == kept + sum(manifest.funnel["refused"].values())
    assert manifest.funnel["compared_with_released"] == 424


def test_it_is_embedded_and_found_by_name(splits):
    assert "safesql_gen" in EMBEDDED
    assert {s: part.content_hash for s, part in load_splits("safesql_gen").items()} == {
        s: part.content_hash for s, part in splits.items()
    }
    with pytest.raises(UsageError, match="data_seed=0 only"):
        load(DatasetCfg(name="safesql_gen", data_seed=3), "test")
