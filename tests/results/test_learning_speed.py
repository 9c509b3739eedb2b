"""Steps to a joint rate, by credit: by hand, with runs that never reach it, and paired by seed."""

import json

import pytest

from real.errors import DataError
from real.results.index import entries
from real.results.learning_figure import learning_figure
from real.results.learning_speed import Learning, learning, paired, speed_table, student


@pytest.mark.parametrize(("freedom", "table"), [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (30, 2.042)])
def test_students_t_is_that_of_the_tables(freedom, table):
    assert student(freedom) == pytest.approx(table, abs=6e-4)


def test_paired_by_hand():
    mean, low, high = paired([-1.0, -2.0, -3.0])
    half = 4.3027 / 3**0.5
    assert (mean, low, high) == (-2.0, pytest.approx(-2 - half, abs=1e-3), pytest.approx(-2 + half, abs=1e-3))
    with pytest.raises(DataError, match="1 seeds in common"):
        paired([1.0])


def test_the_step_that_reaches_a_rate():
    run = Learning("none", 0, "", (1.0, 2.0, 3.0), (0.2, 0.65, 0.5), 128, 0.45, 0.5)
    assert (run.reached(0.6), run.reached(0.7)) == (2.0, None)
    assert (run.at_least(0.6), run.at_least(0.7)) == (2.0, 4.0)


@pytest.fixture
def sweep(run_maker, tmp_path):
    """Two seeds each of none and trace; trace has its rates two steps earlier."""
    rates = [0.2, 0.2, 0.2, 0.65, 0.65, 0.65, 0.75, 0.75, 0.75]
    for credit, shift in (("none", 0), ("trace", 2)):
        for seed in (0, 1):
            store = run_maker(f"{credit}-s{seed}", seed=seed)
            curve = [*rates[shift:], *rates[-1:] * shift]
            lines = [json.dumps({"step": n + 1, "func_qual": rate}) for n, rate in enumerate(curve)]
            (store / "steps.jsonl").write_text("\n".join(lines) + "\n")
            (store / "config.yaml").write_text(
                f"reward: {{credit: {credit}}}\ntrainer: {{rollout_batch: 64, samples_per_prompt: 2}}\n"
            )
    return tmp_path


def test_the_table(sweep):
    ways = learning(entries([sweep]))
    assert list(ways) == ["none", "trace"]
    assert [run.reached(0.6) for run in ways["none"]] == [5.0, 5.0]  # a moving average over three steps
    assert [run.reached(0.6) for run in ways["trace"]] == [3.0, 3.0]
    table = speed_table(entries([sweep]))
    none, trace = ([cell.text for cell in row.cells] for row in table.rows)
    assert none[:6] == ["none", "2", "5.0", "640", "2 of 2", "-"]
    assert trace[:6] == ["trace", "2", "3.0", "384", "2 of 2", "-2.0 [-2.0, -2.0] (x 0.60)"]


def test_the_figure_is_drawn(sweep):
    figure = learning_figure(entries([sweep]))
    assert len(figure.axes[0].lines) == 2 * 3 + 2


def test_two_runs_of_one_place_are_refused(sweep, run_maker):
    store = run_maker("again", seed=0)
    (store / "config.yaml").write_text("reward: {credit: trace}\ntrainer: {rollout_batch: 64, samples_per_prompt: 2}\n")
    (store / "steps.jsonl").write_text('{"step": 1, "func_qual": 0.5}\n')
    with pytest.raises(DataError, match=r"both have reward\.credit=trace, seed 0"):
        learning(entries([sweep]))


def test_runs_that_differ_in_another_setting_are_refused(sweep, run_maker):
    store = run_maker("other", seed=2)
    (store / "config.yaml").write_text("reward: {credit: trace, alpha: 0.3}\ntrainer: {rollout_batch: 64}\n")
    (store / "steps.jsonl").write_text('{"step": 1, "func_qual": 0.5}\n')
    with pytest.raises(DataError, match=r"differ in more than seed and reward\.credit"):
        learning(entries([sweep]))
