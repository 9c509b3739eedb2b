"""Curves and figures: the story they tell, and that they can be drawn from whatever a run left behind."""

import random

import pytest

from real.evaluation.metrics import read_run
from real.evaluation.rates import Metrics, Rate
from real.results.curves import saturation_order, saturation_step, series, smooth
from real.results.figures import before_after_figure, components_figure, sweep_figure
from real.results.style import DARK, LIGHT, save, spread_labels, to_bytes


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(match=lambda artist: hasattr(artist, "get_text")))


def test_smoothing_keeps_a_line_and_the_ends():
    line = [0.1 * i for i in range(30)]
    assert smooth(line) == pytest.approx(line)
    assert smooth([0.0, 3.0, 0.0]) == pytest.approx([0.0, 1.0, 0.0])
    assert smooth([]) == []


def test_series_leaves_out_what_is_no_number():
    records = [{"step": 1, "a": 0.5}, {"step": 2, "a": None}, {"step": 3}, {"step": 4, "a": float("nan")}, {"a": 1.0}]
    assert series(records, "a") == ([1.0], [0.5])


def test_saturation_finds_the_step_that_stays_high():
    steps = list(range(1, 21))
    ramp = [min(1.0, 0.1 * step) for step in steps]
    assert saturation_step(steps, ramp) == 10  # 0.9 of the way from 0.1 to 1.0 is 0.91
    dip = [1.0 if step > 2 and step not in (8, 9, 10) else 0.0 for step in steps]
    assert saturation_step(steps, dip) == 12  # the smoothed curve is whole again
    assert saturation_step(steps, [0.5] * 20) is None
    assert saturation_step(steps, [1.0 - value for value in ramp]) is None
    assert saturation_step([1, 2], [0, 1]) is None


def test_saturation_order_survives_noise():
    noise = random.Random(0)
    steps = list(range(1, 41))
    early = [min(1.0, step / 10) + noise.gauss(0, 0.03) for step in steps]
    late = [min(1.0, step / 30) + noise.gauss(0, 0.03) for step in steps]
    assert saturation_step(steps, early) < saturation_step(steps, late)


def test_too_few_steps_are_said_to_be_too_few():
    rising = [{"step": step, "r_quality": step / 4, "r_function": 0.5} for step in (1, 2, 3)]
    assert "too few to tell" in saturation_order(rising)


def test_labels_keep_their_distance_and_order():
    heights = spread_labels([0.70, 0.71, 0.10], 0.06)
    assert heights[1] - heights[0] == pytest.approx(0.06, abs=1e-6)
    assert heights[2] == pytest.approx(0.10)


def test_components_figure_names_its_curves_and_its_story(run_maker):
    shown = texts(components_figure(run_maker().read_steps()))
    for name in ("quality", "function", "both", "mean reward", "not runnable", "90 % of its rise: quality by step"):
        assert name in shown


@pytest.mark.parametrize(
    "records", [[{"step": 1, "reward_mean": 0.1}], [{"step": 1}], [{"step": 2, "r_quality": None}]]
)
def test_components_figure_draws_what_there_is(records):
    assert to_bytes(components_figure(records), "svg").startswith(b"<?xml")


def test_before_after_figure_shows_the_numbers(run_maker):
    run = read_run(run_maker().path)
    assert "0.18 → 0.67\n+0.490" in texts(before_after_figure(run))
    assert "→" not in texts(before_after_figure(read_run(run_maker("plain", trained=False).path)))


def test_sweep_figure_has_a_row_for_each_variant(run_maker):
    runs = [
        read_run(run_maker(f"{model}{variant}{seed}", seed=seed, reward=variant, model=model, steps=2).path)
        for model in ("tiny", "small")
        for variant in ("hybrid", "function_only")
        for seed in (0, 1)
    ]
    shown = texts(sweep_figure(runs))
    for name in ("tiny on safesql_mini", "small on safesql_mini", "function only", "hybrid (REAL)", "Func.-Qual."):
        assert name in shown


def test_files_are_the_same_for_the_same_run(run_maker, tmp_path):
    run = read_run(run_maker().path)
    pictures = [to_bytes(before_after_figure(run, theme), "svg") for theme in (LIGHT, LIGHT, DARK)]
    assert pictures[0] == pictures[1] != pictures[2]
    png, svg = save(before_after_figure(run), tmp_path / "figures", "before_after")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg.read_bytes() == pictures[0]


def test_runs_in_which_everything_was_masked_can_still_be_drawn(run_maker):
    nothing = Metrics(Rate.of(0, 0), Rate.of(0, 0), Rate.of(0, 0), None, 0, 150)
    run = read_run(run_maker(after=nothing, steps=2).path)
    for figure in (before_after_figure(run), sweep_figure([run])):
        assert to_bytes(figure, "svg")
        assert "n/a" in texts(figure)
