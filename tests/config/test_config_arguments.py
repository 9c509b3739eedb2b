"""Settings and flags in any order, and what a machine says about itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from real.config.arguments import parse
from real.machine import visible_gpus

ROOT = Path(__file__).resolve().parents[2]
LISTING = "0, GPU-aaaa, 81559\n1, GPU-bbbb, 40960\n"


@pytest.mark.parametrize(
    "line", ["-m +exp=x seed=1", "+exp=x -m seed=1", "+exp=x seed=1 -m", "+exp=x seed=1 --multirun"]
)
def test_flags_come_last(line: str) -> None:
    assert parse(line.split()).for_hydra() == ["+exp=x", "seed=1", "--multirun"]


def test_a_flag_keeps_its_value() -> None:
    assert parse(["-c", "job", "seed=1"]).for_hydra() == ["seed=1", "--cfg=job"]
    assert parse(["--cfg=job"]).flags == {"--cfg": "job"}


def test_a_negative_value_is_no_flag() -> None:
    assert parse(["reward.penalty=-1"]).settings == ("reward.penalty=-1",)


@pytest.mark.parametrize(
    ("visible", "sizes"),
    [(None, [79.6, 40.0]), ("1", [40.0]), ("GPU-bb", [40.0]), ("0,1", [79.6, 40.0]), ("", []), ("-1", [])],
)
def test_gpus_that_are_hidden_do_not_count(visible: str | None, sizes: list[float]) -> None:
    assert [round(size, 1) for size in visible_gpus(LISTING, visible)] == sizes


def test_a_dry_run_imports_nothing_heavy() -> None:
    code = (
        "import sys, runpy; sys.argv = ['run.py', 'dry_run=true']\n"
        "try: runpy.run_path('run.py', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'torch', 'transformers', 'ray', 'vllm', 'wandb', 'matplotlib', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(code or ' '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "dry_run=true: nothing was started" in done.stdout


def test_run_py_itself(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "run.py"), "reward.alpha=3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: reward.alpha is 3")
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_torch_cannot_write_is_refused_before_anything_starts(tmp_path):
    """A locale without UTF-8: the bytes of the name are no text that torch could write as the same bytes."""
    folder = os.fsencode(tmp_path) + "/ünï".encode()
    settings = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    command = [sys.executable, ROOT / "run.py", b"output_dir=" + folder]
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: output_dir=")
    assert "PYTHONUTF8=1" in done.stderr
    assert not list(tmp_path.iterdir())
