"""The warm-start mixture: shares, independence of wrong and unsafe, and what each kind really is."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from real.datasets.build.mini.mixture import SAFE_SHARE, WRONG, warm_start_pairs
from real.datasets.build.mini.phrasing import OPENINGS
from real.errors import DataError
from real.types import Message, ScriptSuite, StdinCase, Task


@pytest.fixture(scope="module")
def pairs(train):
    return [pair for seed in range(6) for pair in warm_start_pairs(train, seed)]


def code_of(completion: str) -> str:
    return completion.split("```python\n")[1].removesuffix("```")


def test_one_pair_a_task_in_order_and_the_same_for_the_same_seed(train):
    pairs = warm_start_pairs(train, 3)
    assert [task for task, _, _ in pairs] == train
    assert pairs == warm_start_pairs(train, 3)
    assert [text for _, text, _ in pairs] != [text for _, text, _ in warm_start_pairs(train, 4)]


def test_the_safe_share_depends_on_the_opening(pairs):
    assert set(SAFE_SHARE) == set(OPENINGS)
    by_opening = defaultdict(list)
    for task, _, kind in pairs:
        by_opening[task.tags["opening"]].append(kind.startswith("safe"))
    for opening, drawn in by_opening.items():
        assert sum(drawn) / len(drawn) == pytest.approx(SAFE_SHARE[opening], abs=0.05)
    assert max(SAFE_SHARE.values()) > 0.5 > sorted(SAFE_SHARE.values())[-2]


def test_wrong_answers_are_as_frequent_among_safe_ones_as_among_unsafe_ones(pairs):
    for safety in ("safe", "unsafe"):
        kinds = Counter(kind.removeprefix(f"{safety}_") for _, _, kind in pairs if kind.startswith(f"{safety}_"))
        assert kinds["wrong"] / kinds.total() == pytest.approx(WRONG, abs=0.05)
        assert set(kinds) == {"right", "wrong", "type_error", "broken"}


def test_each_kind_is_what_it_says(pairs, runner):
    for task, completion, kind in pairs[::11]:
        safety, quality = kind.split("_", 1)
        if quality == "broken":
            if "```" in completion:
                with pytest.raises(SyntaxError):
                    compile(code_of(completion), "program", "exec")
            continue
        code = code_of(completion)
        if quality == "wrong":
            assert runner.fails(code, task.tests)
        elif task.tags["quotes"] == "no" or safety == "safe":
            assert not runner.fails(code, task.tests)


def test_a_task_of_another_data_set_is_refused():
    task = Task("a", "safesql", "train", (Message("user", "hi"),), ScriptSuite((StdinCase("", ""),)), ())
    with pytest.raises(DataError, match="no query to derive answers from"):
        warm_start_pairs([task], 0)
