"""The notebooks run from end to end on the committed store, are committed without outputs, and keep logic out."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from real.logger.config import LoggerCfg
from real.logger.tracker import make_tracker

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STORE = ROOT / "experiments" / "miniature" / "store"


def execute(path, monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    return notebook


@pytest.fixture(scope="module")
def wandb_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wandb_run")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WANDB_MODE", "offline")
        tracker = make_tracker(LoggerCfg("wandb_offline"), folder, "mine")
        for step in (1, 2, 3):
            tracker.log(step, {"step": step, "reward_mean": step / 4, "kl": 0.1})
        tracker.finish()
    return folder


def test_there_are_five():
    assert [path.stem for path in NOTEBOOKS] == [
        "00_one_task_end_to_end", "10_results", "20_reward_hacking", "30_detector_tour", "40_bring_your_own_runs",
    ]  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_committed_store(path, monkeypatch, wandb_run):
    notebook = execute(path, monkeypatch, REAL_STORE=STORE, REAL_WANDB=wandb_run)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert sum(bool(cell.outputs) for cell in cells) >= len(cells) // 2
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


@pytest.mark.parametrize("name", ["10_results", "20_reward_hacking", "40_bring_your_own_runs"])
def test_an_empty_store_ends_in_one_message(name, monkeypatch, tmp_path):
    path = ROOT / "notebooks" / f"{name}.ipynb"
    with pytest.raises(CellExecutionError) as caught:
        execute(path, monkeypatch, REAL_STORE=tmp_path, REAL_WANDB=tmp_path)
    assert f"error: no run under {tmp_path}" in str(caught.value)
    assert "Traceback" not in str(caught.value.traceback)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path):
    done = subprocess.run(
        [sys.executable, "-m", "nbstripout", "--verify", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_there_is_no_logic_of_its_own(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
            nodes = list(ast.walk(ast.parse(source)))
            assert not [
                n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.If | ast.While | ast.Try)
            ]


def test_make_notebooks_opens_them():
    assert "jupyterlab notebooks" in (ROOT / "Makefile").read_text()
    assert os.access(ROOT / "notebooks", os.R_OK)
