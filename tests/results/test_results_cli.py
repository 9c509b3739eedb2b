"""``python -m real.results`` and the progress line."""

import csv
import io
import subprocess
import sys

import pytest

from real.io.progress import Progress, duration
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
    assert "| tiny | hybrid (REAL) | 2 |" in said.out
    assert said.err.count("left out:") == 2
    assert {path.name for path in (tmp_path / "runs").glob("sweep.*")} == {
        f"sweep.{s}" for s in ("md", "csv", "tex", "png", "svg")
    }


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


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_plain_progress_writes_a_line_every_ten_seconds():
    stream, clock = io.StringIO(), Clock()
    with Progress(8, "scoring", "programs", stream=stream, clock=clock) as progress:
        for second in range(1, 9):
            clock.now = second * 4.0
            progress.advance(name=f"t/{second}", seconds=second % 5)
    lines = stream.getvalue().splitlines()
    assert lines == [
        "scoring: 3/8 programs (38%), 4.0 s each, 20 s left",
        "scoring: 6/8 programs (75%), 4.0 s each, 8.0 s left",
        "scoring: 8/8 programs (100%), 4.0 s each, took 32 s",
    ]
    assert progress.slowest(2) == [("t/4", 4), ("t/8", 3)]


def test_live_progress_redraws_one_line_and_wipes_the_rest():
    stream, clock = Screen(), Clock()
    progress = Progress(2, "train", "steps", stream=stream, clock=clock)
    clock.now = 1.0
    progress.advance(note="a rather long note at the end")
    clock.now = 2.0
    progress.advance(note="x")
    progress.close()
    frames = stream.getvalue().split("\r")[1:]
    assert len(frames) == 3
    assert len(frames[1]) >= len(frames[0].rstrip())
    assert "2/2 steps (100%)" in frames[-1]
    assert stream.getvalue().endswith("\n")


def test_nothing_to_do_says_nothing():
    stream = io.StringIO()
    with Progress(0, "evaluating", stream=stream):
        pass
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.24, "0.2 s"), (59.4, "59 s"), (59.7, "1 min 00 s"), (251.7, "4 min 12 s"), (7775, "2 h 10 min")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text
