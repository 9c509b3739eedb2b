"""The table of gains: paired change by hand, controls apart, what is left out, and what is refused."""

import json
import math
import statistics

import pytest

from real.errors import DataError
from real.results.gains import SHUFFLED, gain, gains, gains_table
from real.results.index import entries


def test_change_and_interval_by_hand():
    made = gain(
        "hybrid", "gae", {0: {"a": (0.0, 1.0), "b": (0.5, 0.5)}, 1: {"a": (0.0, 0.5), "b": (0.5, 1.0), "c": (0, 1)}}
    )
    assert (made.before, made.after, made.change) == (0.25, 0.75, 0.5)
    assert made.by_seed == (0.5, 0.5)
    spread = statistics.stdev([0.75, 0.25]) / math.sqrt(2) * 1.959963984540054
    assert made.low == pytest.approx(0.5 - spread)
    assert made.high == pytest.approx(0.5 + spread)


def test_one_shared_task_makes_no_interval():
    with pytest.raises(DataError, match="1 scored tasks in common"):
        gain("hybrid", "gae", {0: {"a": (0.0, 1.0)}})


@pytest.fixture
def stored(run_maker):
    """Make a run whose three tasks earned ``before`` and ``after``."""

    def make(name, before, after, trainer="", **settings):
        store = run_maker(name, **settings)
        for stage, rewards in (("before", before), ("after", after)):
            path = store / f"outcomes_{stage}.jsonl"
            records = [json.loads(line) for line in path.read_text().splitlines()]
            changed = [record | {"reward": value} for record, value in zip(records, rewards, strict=True)]
            path.write_text("".join(json.dumps(record) + "\n" for record in changed))
        (store / "config.yaml").write_text(f"trainer: {{{trainer}}}\n")
        return store

    return make


def test_a_control_and_an_estimator_have_rows_of_their_own(stored, tmp_path):
    stored("a", [0.0, 0.0, 0.1], [1.0, 0.9, 0.9])
    stored("b", [0.0, 0.0, 0.0], [1.0, 1.0, 0.9], seed=1)
    stored("c", [0.5, 0.4, 0.5], [0.5, 0.5, 0.4], "shuffle_rewards: true")
    stored("d", [0.5, 0.4, 0.5], [-1, -1, -1], "estimator: rloo")
    rows = {row.cells[1].text: [cell.text for cell in row.cells] for row in gains_table(entries([tmp_path])).rows}
    assert {name: (row[2], row[-1]) for name, row in rows.items()} == {
        "gae": ("2", "yes"),
        f"gae, {SHUFFLED}": ("1", "no"),
        "rloo": ("1", "falls"),
    }


def test_masked_tasks_are_left_out(stored, tmp_path):
    stored("a", [0.0, None, 0.0], [1.0, 1.0, 0.5])
    (made,) = gains(entries([tmp_path]))
    assert (made.before, made.after) == (0.0, 0.75)


def test_two_runs_of_one_seed_are_refused(stored, tmp_path):
    stored("a", [0.0, 0.0, 0.1], [1.0, 0.9, 0.9])
    stored("b", [0.0, 0.0, 0.1], [1.0, 0.9, 0.9])
    with pytest.raises(DataError, match="both hybrid, seed 0"):
        gains(entries([tmp_path]))
