"""The distribution ``real-detect``: small, without dependencies, and all that the linter needs is in it."""

import ast
import importlib.util
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packaging" / "real-detect"
BAD = "import sqlite3\nname = input()\nsqlite3.connect('a').execute('SELECT ' + name)\n"


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.split(".")[0] == "real"}


def file_of(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def test_the_copy_holds_every_module_that_the_linter_imports() -> None:
    spec = importlib.util.spec_from_file_location("real_detect_backend", PACKAGE / "backend.py")
    assert spec is not None
    assert spec.loader is not None
    backend = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(backend)
    real = ROOT / "real"
    held = {real / name for name in backend.FILES}
    held |= {path for folder in backend.FOLDERS for path in (real / folder).rglob("*.py")}
    needed = {file for path in held for name in imported(path) if (file := file_of(name)) is not None}
    assert needed - held == set()
    assert needed >= {real / "linter" / "command.py", real / "detector" / "engine.py"}


@pytest.mark.slow
def test_the_wheel_is_small_and_runs_in_a_bare_environment(tmp_path: Path) -> None:
    tree = tmp_path / "tree"  # a copy, as after a clone: the build writes beside its pyproject.toml
    for name in ("real", "packaging", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "src", "build"))
    shutil.copy(ROOT / "LICENSE", tree)
    wheels = tmp_path / "wheels"
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "-w", str(wheels), str(tree / "packaging" / "real-detect")], check=True)
    (wheel,) = wheels.iterdir()
    assert wheel.name.startswith("real_detect-")
    assert wheel.stat().st_size < 2_000_000
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        assert "Requires-Dist" not in archive.read(metadata).decode()

    bare = tmp_path / "bare"
    venv.create(bare, with_pip=False)
    (site,) = (bare / "lib").glob("python*/site-packages")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--prefix", str(bare)]
    subprocess.run([*install, "--ignore-installed", str(wheel)], check=True)
    assert (site / "real" / "linter").is_dir()
    program = tmp_path / "bad.py"
    program.write_text(BAD)
    command = str(bare / "bin" / "real-detect")
    python = str(bare / "bin" / "python")
    for call in ([python, "-I", command], [python, "-I", "-m", "real.detector"]):
        done = subprocess.run([*call, str(program)], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert (done.returncode, done.stderr) == (1, "")
        assert "bad.py:3:1: CWE-89" in done.stdout
    for option in (["--explain", "89"], ["--models", "flask"], ["--list"], ["--format", "sarif", str(program)]):
        done = subprocess.run([python, "-I", command, *option], capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert done.stdout
