"""``python -m real.results``."""

import csv
import io
import re
import subprocess
import sys

import pytest

from real.results.__main__ import main
from real.runs.environment import describe


def test_report_prints_its_path(run_maker, capsys):
    store = run_maker()
    assert main(["report", str(store.path)]) == 0
    assert capsys.readouterr().out.strip() == str(store.path / "report.html")


def test_table_of_several_runs(run_maker, capsys):
    paths = [str(run_maker(name, seed=seed).path) for name, seed in (("a", 0), ("b", 1))]
    assert main(["table", *paths, "--format", "csv"]) == 0
    assert len(list(csv.reader(io.StringIO(capsys.readouterr().out)))) == 1 + 2 * 3


def test_sweep_searches_folders_and_names_what_it_leaves_out(run_maker, tmp_path, capsys):
    for seed in (0, 1):
        run_maker(f"runs/{seed}", seed=seed, steps=2)
    (run_maker("runs/broken", steps=2) / "metrics.json").write_text("{")
    (run_maker("runs/unfinished", steps=2) / "metrics.json").unlink()
    assert main(["sweep", str(tmp_path / "runs")]) == 0
    said = capsys.readouterr()
    assert re.search(r"\| tiny +\| hybrid \(REAL\) +\| 2 +\|", said.out)
    assert said.err.count("left out:") == 2
    assert {path.name for path in (tmp_path / "runs").glob("sweep.*")} == {
        f"sweep.{s}" for s in ("md", "csv", "tex", "png", "svg")
    }


@pytest.mark.parametrize("command", ["sweep", "report"])
def test_two_runs_of_one_name_and_runs_of_different_judges_are_refused(command, run_maker, tmp_path, capsys):
    run_maker("one/a", steps=2)
    run_maker("two/a", steps=2)
    folders = [str(tmp_path / name) for name in ("one", "two")]
    out = ["--out", str(tmp_path / "out")]
    assert main([command, *folders, *out]) == 0  # a copy
    run_maker("two/a", steps=3)
    assert main([command, *folders, *out]) == 3
    assert "have one name, but not the same figures" in capsys.readouterr().err
    run_maker("one/b", steps=2, seed=1, detector="2")
    assert main([command, folders[0], *out]) == 3
    assert "detector: 1 (a); 2 (b)" in capsys.readouterr().err


def test_a_mixed_sweep_is_marked(run_maker, tmp_path, capsys):
    for seed in (0, 1):
        run_maker(f"runs/{seed}", seed=seed, steps=2, detector=str(seed))
    assert main(["sweep", str(tmp_path / "runs"), "--allow-mixed"]) == 0
    assert "MIXED, not comparable: detector" in capsys.readouterr().out
    assert "MIXED" in (tmp_path / "runs/sweep.md").read_text()


@pytest.mark.parametrize("command", ["report", "table", "sweep"])
def test_missing_run_exits_3_with_one_message(command, tmp_path, capsys):
    assert main([command, str(tmp_path / "nothing")]) == 3
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert "nothing" in said.err
    assert said.out == ""


def test_empty_sweep_exits_3(tmp_path, capsys):
    assert main(["sweep", str(tmp_path)]) == 3
    assert "no finished run" in capsys.readouterr().err


def test_the_rooms_start_without_heavy_libraries():
    heavy = "torch ray vllm transformers matplotlib jinja2 wandb numpy"
    rooms = {
        "io": "disk lock progress columns",
        "runs": "store records environment",
        "logger": "config tracker",
        "evaluation": "rates metrics",
        "results": "tables render figures report terminal __main__",
    }
    modules = [f"real.{room}.{name}" for room, names in rooms.items() for name in names.split()]
    code = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_environment_names_what_can_move_a_number():
    record = describe(seed=3, config_hash="c", data_hash="d", versions={"detector": "1"})
    assert record["seed"] == 3
    assert record["versions"] == {"detector": "1"}
    assert record["packages"]["mypy"]
    assert record["cpu_count"] >= 1
