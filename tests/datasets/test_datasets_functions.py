"""What ``functions_mini`` promises: its split, determinism, tests that tell answers apart, and types as they say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from real.datasets import DatasetCfg, load
from real.datasets.build.functions.assemble import OPENINGS, build_tasks, question_of
from real.datasets.build.functions.mixture import TYPED_SHARE, WRONG, warm_start_pairs
from real.datasets.build.functions.patterns import PATTERNS
from real.datasets.build.functions.programs import DEFECTS, IDIOMS, program
from real.errors import DataError
from real.typecheck import Checker, Submission
from real.types import Check, Message, ScriptSuite, StdinCase, Task

CFG = DatasetCfg("functions_mini")


@pytest.fixture(scope="module")
def train():
    return load(CFG, "train").tasks


@pytest.fixture(scope="module")
def test():
    return load(CFG, "test").tasks


def passes(code, task):
    """Whether a program of our own generator passes the tests of a task, in this process."""
    scope = {}
    exec(compile(code, "program", "exec"), scope)
    return all(scope[task.entry_point](*case.args) == case.expected for case in task.tests.cases)


def test_sizes_ids_and_prompts(train, test):
    assert len(train) >= 400 and len(test) >= 150
    every = [*train, *test]
    assert len({task.task_id for task in every}) == len(every)
    assert len({task.prompt for task in every}) == len(every)
    assert all(task.checks == (Check.MAINTAINABILITY,) for task in every)


def test_splits_share_no_cell_and_every_part_is_trained_in_other_company(train, test):
    cells = [{(t.tags["subject"], t.tags["pattern"]) for t in split} for split in (train, test)]
    assert not cells[0] & cells[1]
    for part in ("subject", "pattern"):
        assert {task.tags[part] for task in test} <= {task.tags[part] for task in train}
    assert {task.tags["pattern"] for task in test} == {pattern.name for pattern in PATTERNS}
    assert {task.tags["opening"] for task in test} == set(OPENINGS)


def test_same_content_in_a_fresh_process_with_another_hash_seed(test):
    script = (
        "from real.datasets import DatasetCfg, load\nprint(load(DatasetCfg('functions_mini'), 'test').content_hash)"
    )
    env = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    fresh = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert fresh.stdout.strip() == load(CFG, "test").content_hash
    assert [task.prompt for task in build_tasks("test", 1)] != [task.prompt for task in test]


def test_tests_tell_right_answers_from_wrong_ones(train, test):
    for task in [*train, *test]:
        question = question_of(task)
        assert passes(task.reference, task) and passes(task.unsafe, task)
        for idiom in IDIOMS:
            assert passes(program(question, idiom), task)
            assert not any(passes(program(question, idiom, variant=wrong), task) for wrong in question.wrong)
        expected = [repr(case.expected) for case in task.tests.cases]
        assert max(Counter(expected).values()) <= len(expected) - 2, "a constant answer passes nearly all"


def test_the_example_in_the_prompt_is_not_scored(test):
    for task in test:
        shown = task.prompt[0].content.split("- Input: ")[1].split(" ; Output: ")[0]
        assert shown not in {f"{task.entry_point}({', '.join(map(repr, case.args))})" for case in task.tests.cases}


def test_types_are_clean_or_not_as_they_say(train, test):
    """Every question in both idioms by the two policies; a defect is one for both."""
    tasks = {(t.tags["subject"], t.tags["pattern"], t.tags["variant"]): t for t in [*train, *test]}.values()
    for policy in ("hardened", "paper"):
        with Checker(workers=1, policy=policy) as checker:
            for idiom in IDIOMS:
                typed = [Submission.of(task, program(question_of(task), idiom)) for task in tasks]
                assert {found.status for found in checker.check(typed)} == {"clean"}
            for defect in DEFECTS:
                wrong = [Submission.of(task, program(question_of(task), types=defect)) for task in tasks]
                assert {found.status for found in checker.check(wrong)} == {"findings"}, defect


def test_the_warm_start_draws_types_by_the_opening_and_wrong_answers_apart_from_them(train):
    pairs = [pair for seed in range(6) for pair in warm_start_pairs(train, seed)]
    assert pairs[: len(train)] == warm_start_pairs(train, 0)
    for opening, share in TYPED_SHARE.items():
        drawn = [kind.startswith("typed") for task, _, kind in pairs if task.tags["opening"] == opening]
        assert sum(drawn) / len(drawn) == pytest.approx(share, abs=0.06)
    for types in ("typed", "untyped"):
        kinds = Counter(kind.removeprefix(f"{types}_") for _, _, kind in pairs if kind.startswith(f"{types}_"))
        assert kinds["wrong"] / kinds.total() == pytest.approx(WRONG, abs=0.05)
        assert set(kinds) == {"right", "wrong", "broken"}
    for task, text, kind in pairs[::7]:
        if not kind.endswith("broken"):
            assert passes(text.removeprefix("```python\n").removesuffix("```"), task) == kind.endswith("right")


def test_a_strange_task_has_no_answers():
    task = Task("x", "mine", "train", (Message("user", "x"),), ScriptSuite((StdinCase("", ""),)), ())
    with pytest.raises(DataError, match="no question"):
        warm_start_pairs([task], 0)
