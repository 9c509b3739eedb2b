"""The paper's tables: its numbers agree with one another, and runs land in the right cells."""

import csv
import io
import itertools
from dataclasses import replace

import pytest

from real.errors import DataError
from real.evaluation.metrics import read_run
from real.evaluation.rates import RATE_NAMES, Metrics, Rate
from real.evaluation.sampling import Sampling
from real.results.__main__ import main
from real.results.paper.numbers import TEST_SIZES, Place, printed, rate
from real.results.paper.overview import datasets_table, detectors_table
from real.results.paper.specs import SPECS
from real.results.paper.tables import paper_table
from real.results.render import SUFFIXES, render
from real.runs.store import RunState


def rows_of(table):
    return {tuple(cell.text for cell in row.cells[:3]): [cell.text for cell in row.cells[3:]] for row in table.rows}


def measured(function, quality, both, n):
    return Metrics(Rate.of(function, n), Rate.of(quality, n), Rate.of(both, n), None, n, 0)


# --- the paper's numbers against one another --------------------------------------------------------------------------


def test_every_cell_of_every_table_is_in_the_file_and_nothing_else():
    wanted = {
        Place(spec.number, size, row.label, dataset, name)
        for spec in SPECS.values()
        for size, row, dataset, name in itertools.product(spec.sizes, spec.rows, spec.datasets, RATE_NAMES)
        if not row.beyond
    }
    assert {place for place in printed() if place.table > 1} == wanted


def test_rates_are_whole_tasks_of_the_test_split():
    """Each is k / n to four digits; one is a misprint of the paper, and is kept as it is printed."""
    misprint = Place(2, "0.5B", "SFT", "safesql", "func_qual")
    for place in printed():
        value = rate(place) if place.table > 1 else None
        if value is not None and place != misprint:
            n = TEST_SIZES[place.dataset]
            assert round(round(value * n) / n, 4) == value, place
    assert rate(misprint) == 0.5527
    sizes = {dataset: int(printed()[Place(1, "", "", dataset, "test")]) for dataset in TEST_SIZES}
    assert sizes == TEST_SIZES


def test_both_is_never_more_than_either():
    cells = {(p.table, p.params, p.method, p.dataset): {} for p in printed() if p.table > 1}
    for place in printed():
        if place.table > 1 and (value := rate(place)) is not None:
            cells[place.table, place.params, place.method, place.dataset][place.metric] = value
    for rates in cells.values():
        if len(rates) == 3:
            assert rates["func_qual"] <= min(rates["function"], rates["quality"])
            assert rates["func_qual"] >= rates["function"] + rates["quality"] - 1 - 1e-4


def test_tables_repeat_each_other():
    """Tables 4 and 5 repeat the vanilla and REAL rows of Tables 2 and 3; what cannot be read in 4 is all in APPS+."""
    for place, text in printed().items():
        if place.table not in (4, 5):
            continue
        label = {"w/ Detector (REAL)": "REAL"}.get(place.method, place.method)
        source = Place(3 if place.dataset == "apps_plus" else 2, place.params, label, place.dataset, place.metric)
        if source in printed() and text:
            assert text == printed()[source], place
        if not text:
            assert (place.table, place.dataset) == (4, "apps_plus")
    shared = [p for p in printed() if p.table == 4 and p.method in ("Vanilla", "REAL") and p.dataset != "apps_plus"]
    assert all(printed()[place] for place in shared)


# --- ours -----------------------------------------------------------------------------------------------------------


def test_nothing_run_says_so_in_every_row():
    for spec in SPECS.values():
        table = paper_table(spec, [])
        ours = [row for row in table.rows if row.cells[2].text.startswith("ours")]
        assert len(ours) == len(spec.sizes) * len(spec.rows)
        assert all(row.cells[2].text == "ours: not yet run" for row in ours)
        assert not any(row.cells[2].text == "Δ" for row in table.rows)


def test_a_run_fills_its_cell_and_the_row_it_started_from(run_maker):
    after = measured(65, 75, 59, 85)
    run = read_run(run_maker("a", model="qwen25_coder_0p5b", dataset="safesql", after=after).path)
    rows = rows_of(paper_table(SPECS[2], [run]))
    assert rows["0.5B", "REAL", "ours"] == [
        "", "", "", "not yet run", "0.765 [0.66, 0.84]", "0.882 [0.80, 0.93]", "0.694 [0.59, 0.78]", "85",
    ]  # fmt: skip
    assert rows["0.5B", "REAL", "paper"][4:] == ["0.7647", "0.8941", "0.6941", "85"]
    assert rows["0.5B", "REAL", "Δ"][4:] == ["+0.000", "-0.012", "+0.000", ""]
    assert rows["0.5B", "Vanilla", "ours"][4].startswith("0.693")  # what the run started from
    assert ("3B", "REAL", "ours: not yet run") in rows


def test_a_vanilla_run_of_its_own_comes_before_what_others_started_from(run_maker):
    settings = {"model": "qwen25_coder_0p5b", "dataset": "safesql"}
    vanilla = read_run(run_maker("v", trained=False, seed=3, **settings).path)
    trained = read_run(run_maker("a", **settings).path)
    rows = rows_of(paper_table(SPECS[4], [trained, vanilla]))
    assert rows["0.5B", "Vanilla", "ours"][4].startswith("0.713")  # seed 3: 107 of 150


def test_best_and_second_best_are_marked_among_ours_and_among_the_papers(run_maker):
    runs = [
        read_run(run_maker(variant, model="qwen25_coder_0p5b", dataset="safesql", reward=variant, after=after).path)
        for variant, after in (
            ("hybrid", measured(60, 70, 55, 85)),
            ("function_only", measured(70, 5, 3, 85)),
            ("quality_only", measured(20, 80, 19, 85)),
        )
    ]
    latex = render(paper_table(SPECS[4], runs), "latex")
    assert r"\textbf{0.824 [0.73, 0.89]}" in latex  # ours, function only
    assert r"\underline{0.706 [0.60, 0.79]}" in latex  # ours, hybrid
    assert r"\textbf{0.7765}" in latex and r"\underline{0.7647}" in latex  # the paper's


def test_a_column_of_the_paper_that_cannot_be_read_whole_has_no_best():
    latex = render(paper_table(SPECS[4], []), "latex")
    assert "0.9557" in latex and r"\textbf{0.9557}" not in latex


def test_a_row_beyond_the_paper_is_marked_and_compared_with_nothing(run_maker):
    settings = {"model": "qwen25_coder_0p5b", "dataset": "safesql", "method": "self_repair"}
    run = read_run(run_maker("a", after=measured(65, 75, 59, 85), **settings).path)
    table = paper_table(SPECS[2], [run])
    lines = {key[2]: cells for key, cells in rows_of(table).items() if key[:2] == ("0.5B", "Self-repair*")}
    assert list(lines) == ["ours"]
    assert lines["ours"][4].startswith("0.765 [")
    assert "Rows marked * are ours: the paper's table does not have them." in table.notes
    assert not any("marked *" in note for note in paper_table(SPECS[4], []).notes)
    best = [line for line in render(table, "latex").splitlines() if r"\textbf{0.6941}" in line]
    assert best  # a row without a number of the paper does not keep the paper's own from being ranked


def test_seeds_are_pooled_and_named(run_maker):
    runs = [read_run(run_maker(f"s{seed}", seed=seed).path) for seed in range(3)]
    rows = rows_of(paper_table(SPECS[4].in_miniature(), runs))
    assert rows["0.7M", "REAL", "ours"][3] == "150, 3 seeds" or rows["0.7M", "REAL", "ours"][3].endswith("3 seeds")
    assert "±" in rows["0.7M", "before training", "ours"][0]
    assert not any(key[2] in ("paper", "Δ") for key in rows)


def test_the_miniature_says_that_it_is_one(run_maker):
    run = read_run(run_maker("a").path)
    text = render(paper_table(SPECS[4].in_miniature(), [run]), "md")
    assert "nothing about the models of the paper" in text
    assert "safesql" not in rows_of(paper_table(SPECS[4], [run]))  # and never fills a cell of the paper's own table
    assert all(key[2] != "ours" for key in rows_of(paper_table(SPECS[4], [run])))


def test_the_miniature_of_table_3_is_of_typed_functions(run_maker):
    run = read_run(run_maker("a", dataset="functions_mini").path)
    rows = rows_of(paper_table(SPECS[3].in_miniature(), [run]))
    assert rows["0.7M", "REAL", "ours"][2].startswith("0.673 [")  # 101 of 150
    assert SPECS[4].in_miniature().datasets == ("safesql_mini",)


def test_flaky_programs_and_samples_are_told_below_a_table(run_maker):
    run = read_run(run_maker("a").path)
    flaky = replace(run, after=replace(run.after, flaky=3), sampling=Sampling(5, 0.8))
    told = " ".join(paper_table(SPECS[4].in_miniature(), [flaky]).notes)
    assert "3 programs were flaky" in told
    assert "Rates are pass@1" in told and "5 samples a task at temperature 0.8" in told


def test_two_runs_of_one_cell_are_refused(run_maker):
    runs = [read_run(run_maker(name).path) for name in ("a", "b")]
    with pytest.raises(DataError, match=r"a and b would fill the same cell \(seed 0\)"):
        paper_table(SPECS[4].in_miniature(), runs)


@pytest.mark.parametrize("difference", [{"detector": "2"}, {"protocol": "paper"}])
def test_mixed_versions_are_refused_unless_forced_and_marked(run_maker, difference):
    runs = [read_run(run_maker("a").path), read_run(run_maker("b", seed=1, **difference).path)]
    spec = SPECS[4].in_miniature()
    with pytest.raises(DataError, match="cannot stand in one table"):
        paper_table(spec, runs)
    assert "MIXED, not comparable" in paper_table(spec, runs, allow_mixed=True).notes[0]


def test_runs_that_fill_no_cell_mix_nothing(run_maker):
    runs = [read_run(run_maker("a").path), read_run(run_maker("b", dataset="apps_plus", detector="2").path)]
    assert paper_table(SPECS[4].in_miniature(), runs)


@pytest.mark.parametrize("fmt", SUFFIXES)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_every_table_is_printed_in_every_format_without_a_run(tmp_path, monkeypatch, capsys, number, fmt):
    monkeypatch.chdir(tmp_path)
    assert main(["paper", "table", str(number), "--format", fmt]) == 0
    said = capsys.readouterr().out
    assert "not yet run" in said.lower() or fmt == "csv"
    assert "0.7647" in said or number in (1, 3, 6) or fmt == "csv"


def test_folders_that_fill_nothing_are_refused_in_words(run_maker, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["paper", "table", "2", str(tmp_path / "empty")]) == 3
    assert "no finished run under" in capsys.readouterr().err
    run_maker("store/a")
    assert main(["paper", "table", "3", str(tmp_path / "store")]) == 3
    said = capsys.readouterr().err
    assert "belongs into this table: it wants vanilla or prompt_eng or sft or real or rejection_sampling" in said
    assert "there is real (hybrid) of tiny on safesql_mini" in said and "--miniature" in said
    assert main(["paper", "table", "4", str(tmp_path / "store"), "--miniature", "--protocol", "paper"]) == 3
    assert "was judged as asked" in capsys.readouterr().err


def test_csv_has_the_papers_number_and_ours(run_maker, tmp_path, capsys):
    run_maker("store/a", model="qwen25_coder_0p5b", dataset="safesql", protocol="paper")
    half = run_maker("store/half", model="qwen25_coder_0p5b")
    (half / "metrics.json").unlink()
    half.write_status(RunState.RUNNING)
    run_maker("store/strict", model="qwen25_coder_0p5b", dataset="safesql")
    assert main(["paper", "table", "2", str(tmp_path / "store"), "--format", "csv"]) == 0
    said = capsys.readouterr()
    assert "half is not finished" in said.err
    assert "left out: 1 runs of another protocol" in said.err
    lines = list(csv.DictReader(io.StringIO(said.out)))
    real = [line for line in lines if (line["params"], line["method"]) == ("0.5B", "REAL")]
    assert float(real[0]["safesql_func_qual"]) == 0.6941
    assert float(real[1]["safesql_func_qual"]) == pytest.approx(101 / 150, abs=1e-6)


def test_table_1_reads_what_the_statistics_command_wrote(tmp_path):
    facts = tmp_path / "datasets.csv"
    head = "data set,train,paper,test,paper,task length,paper,solution length,paper,solutions"
    facts.write_text(f"{head}\nsafesql,339,339,85,85,340,337,201,203,424\n")
    rows = [[cell.text for cell in row.cells] for row in datasets_table(facts).rows]
    assert rows[2][:6] == ["SafeSQL", "paper", "339", "85", "337", "203"]
    assert rows[3][:6] == ["", "ours", "339", "85", "340", "201"]
    assert rows[1][:3] == ["", "ours", "not yet run"]
    facts.write_text("something else\n")
    with pytest.raises(DataError, match="is not what"):
        datasets_table(facts)


def test_table_6_names_the_detectors_that_were_not_run(tmp_path):
    file = tmp_path / "pairs.json"
    file.write_text(
        '{"versions": {"REAL": "0.4.0"}, "extra": {"REAL": {"median_cpu_ms": 7.1}}, "rows": [{"tool": "REAL", "origin":'
        ' "SVEN", "cwe": "all", "pairs": 10, "found": 9, "exact": 8, "false": 2, "correct": 7}]}'
    )
    table = detectors_table([file])
    rows = {row.cells[2].text: [cell.text for cell in row.cells[3:]] for row in table.rows}
    assert rows["REAL 0.4.0"] == ["90.0 %", "80.0 %", "70.0 %", "7.1"]
    assert table.notes[0] == "Not yet run: bandit, opengrep, semgrep, Pysa, CodeQL, Bearer."
    file.write_text("{}")
    with pytest.raises(DataError, match="is not what"):
        detectors_table([file])
