"""The data cursor: epochs are complete, and a step alone decides its rows."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from real.sampled_tests import with_sampled_tests
from real.training.cursor import rollout_rows
from real.types import Check, Message, ScriptSuite, StdinCase, Task


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 5))
def test_every_task_is_seen_equally_often(tasks, batch, seed):
    steps = 6
    seen = Counter(row for step in range(steps) for row in rollout_rows(tasks, batch, step, seed))
    assert sum(seen.values()) == steps * batch
    counts = [seen[row] for row in range(tasks)]
    assert max(counts) - min(counts) <= 1


def test_rows_depend_on_seed_and_step_only():
    assert rollout_rows(50, 8, 9, seed=1) == rollout_rows(50, 8, 9, seed=1)
    assert rollout_rows(50, 8, 9, seed=1) != rollout_rows(50, 8, 9, seed=2)


def test_sampled_tests_are_a_seeded_subset_marked_as_such():
    cases = tuple(StdinCase(f"{i}\n", str(i)) for i in range(10))
    task = Task("t", "d", "train", (Message("user", "?"),), ScriptSuite(cases), (Check.SECURITY,))
    one = with_sampled_tests(task, 3, (0, 1, "t"))
    assert one == with_sampled_tests(task, 3, (0, 1, "t"))
    assert len(one.tests.cases) == 3
    assert set(one.tests.cases) < set(cases)
    assert one.tags["tests"] != with_sampled_tests(task, 3, (0, 2, "t")).tags["tests"]
    assert with_sampled_tests(task, None, ()) is task
    assert with_sampled_tests(task, 10, ()) is task
