"""Tables: the right numbers in the right cells, marked like the paper's, in three notations."""

import csv
import io
import re

import pytest

from real.errors import DataError, UsageError
from real.evaluation.metrics import read_run
from real.evaluation.rates import Metrics, Rate
from real.results.render import Cell, Column, Row, Table, marks, render
from real.results.sweep import BEFORE, gather, pool
from real.results.tables import before_after_table, sweep_table
from real.results.terminal import before_after


def metrics(function, quality, both, n=150, masked=0):
    return Metrics(Rate.of(function, n), Rate.of(quality, n), Rate.of(both, n), None, n, masked)


def ranked(*values, blocks=None):
    rows = [Row((Cell(str(v), v),), block) for v, block in zip(values, blocks or "x" * len(values), strict=True)]
    return [row[0] for row in marks(Table((Column("rate", compared=True),), tuple(rows), ""))]


def test_best_and_second_best_within_a_block():
    assert ranked(0.1, 0.3, 0.2) == ["", "best", "second"]
    assert ranked(0.1, 0.3, 0.9, 0.2, blocks="aabb") == ["", "best", "best", ""]


def test_ties_as_printed_share_a_mark_and_missing_values_have_none():
    assert ranked(0.5001, 0.5004, 0.2) == ["best", "best", "second"]
    assert ranked(0.5, 0.5, 0.5) == ["", "", ""]
    assert ranked(0.5, None, float("nan")) == ["", "", ""]


def test_before_after_markdown(run_maker):
    text = re.sub(r" +", " ", render(before_after_table([read_run(run_maker().path)]), "md"))
    labels = "| tiny | safesql\\_mini | 0 | before training "
    assert labels + "| 0.693 [0.62, 0.76] | 0.273 [0.21, 0.35] | 0.180 [0.13, 0.25] | 150 |" in text
    assert "**0.673 [0.59, 0.74]**" in text
    assert "+0.490 [+0.41, +0.57]" in text
    assert "2 samples were left out" in text


def test_untrained_run_has_one_row(run_maker):
    run = read_run(run_maker(trained=False).path)
    assert len(before_after_table([run]).rows) == 1
    assert "after" not in before_after(run.before, run.after)


@pytest.fixture
def sweep(run_maker):
    outcomes = {"hybrid": (105, 140, 100), "function_only": (112, 8, 3), "quality_only": (10, 147, 8)}
    stores = [
        run_maker(f"{variant}{seed}", seed=seed, reward=variant, after=metrics(*(c + seed for c in counts)), steps=2)
        for seed in (2, 0, 1)
        for variant, counts in outcomes.items()
    ]
    return [read_run(store.path) for store in stores]


def test_sweep_gathers_seeds_and_orders_rows_like_the_paper(sweep):
    groups = gather(sweep)
    assert [group.variant for group in groups] == [BEFORE, "function only", "quality only", "hybrid (REAL)"]
    assert all(group.seeds == (0, 1, 2) for group in groups)
    joint = groups[-1].rates["func_qual"]
    assert joint.by_seed == pytest.approx((100 / 150, 101 / 150, 102 / 150))
    assert joint.mean == pytest.approx(101 / 150)
    assert joint.sd == pytest.approx(1 / 150)
    assert joint.pooled == Rate.of(303, 450)
    assert groups[0].rates["function"].pooled == Rate.of(104 + 105 + 106, 450)  # once a seed, not once a run


def test_sweep_csv_has_every_number_by_itself(sweep):
    lines = list(csv.DictReader(io.StringIO(render(sweep_table(sweep), "csv"))))
    hybrid = lines[-1]
    assert hybrid["trained_with"] == "hybrid (REAL)"
    assert float(hybrid["safesql_mini_func_qual"]) == pytest.approx(0.673333)
    assert float(hybrid["safesql_mini_func_qual_min"]) == pytest.approx(0.666667)
    assert float(hybrid["safesql_mini_func_qual_sd"]) == pytest.approx(0.006667)


def test_sweep_over_two_data_sets_names_both(sweep, run_maker):
    other = read_run(run_maker("other", dataset="apps_plus").path)
    latex = render(sweep_table([*sweep, other]), "latex")
    assert r"\multicolumn{3}{c}{apps\_plus} & \multicolumn{3}{c}{safesql\_mini}" in latex
    markdown = render(sweep_table([*sweep, other]), "md")
    assert "safesql\\_mini Func.-Qual." in markdown
    widths = {line.count(" | ") for line in markdown.splitlines() if line.startswith("| ")}
    assert widths == {8}


def test_two_runs_in_one_place_are_refused(run_maker):
    runs = [read_run(run_maker(name).path) for name in ("one", "two")]
    with pytest.raises(DataError, match="one and two are both tiny"):
        gather(runs)


def test_one_seed_has_no_spread():
    assert pool([Rate.of(1, 2)]).sd is None


def test_latex_is_booktabs_and_escaped():
    table = Table(
        (Column("50% & $x_1$"), Column("r", compared=True)), (Row((Cell("a\\b{}~^#"), Cell("1", 1.0))),), "c_c"
    )
    text = render(table, "latex")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert rule in text
    assert r"50\% \& \$x\_1\$" in text
    assert r"a\textbackslash{}b\{\}\textasciitilde{}\textasciicircum{}\#" in text
    assert r"\caption{c\_c.}" in text


def test_markdown_cells_cannot_break_the_table():
    text = render(Table((Column("a"),), (Row((Cell("x|y\n<b>*"),)),), ""), "md")
    assert "| x\\|y \\<b\\>\\* |" in text


def test_unknown_format_is_a_usage_error():
    with pytest.raises(UsageError, match="Did you mean latex"):
        render(Table((), (), ""), "latx")


def test_terminal_table_is_aligned(run_maker):
    run = read_run(run_maker().path)
    lines = before_after(run.before, run.after, run.difference).splitlines()
    assert lines[4].split() == [
        "Func.-Qual.", "0.180", "[0.13,", "0.25]", "0.673", "[0.59,", "0.74]", "+0.490", "[+0.41,", "+0.57]",
    ]  # fmt: skip
    assert len(lines[0]) == len(lines[1]) == len(lines[4])
    assert "150 tasks" in lines[-1]
    assert "2 after" in lines[-1]
