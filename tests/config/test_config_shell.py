"""The commands that messages offer run as they are printed, from where the user stands."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from real.config import shell
from real.config.shell import shown_command


def make_checkout(folder: Path) -> Path:
    """A repository with a ``run.py`` that prints its arguments, and a virtual environment (a link, as venv makes)."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (folder / "run.py").write_text("import sys\nprint(sys.argv[1:])\n")
    return folder


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_checkout(tmp_path / "mein Klön")
    monkeypatch.setattr(shell, "ROOT", made)
    monkeypatch.setattr(sys, "executable", str(made / ".venv" / "bin" / "python"))
    monkeypatch.chdir(made)
    return made


def printed(command: str) -> str:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout.strip()


def test_without_activation_the_interpreter_is_named(checkout: Path) -> None:
    command = shown_command(["run.py", "+exp=tiny", "-m"])
    assert command == ".venv/bin/python run.py +exp=tiny -m"
    assert printed(command) == "['+exp=tiny', '-m']"


def test_an_activated_environment_is_python(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{checkout}/.venv/bin{os.pathsep}{os.environ['PATH']}")
    assert shown_command(["run.py"]) == "python run.py"
    assert printed(shown_command(["run.py"])) == "[]"


@pytest.mark.parametrize("words", [["output_dir=/tmp/my runs"], ["a=~/x", "reward={alpha: 1}"], ["$HOME", "it's", "*"]])
def test_words_reach_the_program_as_they_are(checkout: Path, words: list[str]) -> None:
    assert printed(shown_command(["run.py", *words])) == str(words)


def test_from_another_folder(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    command = shown_command(["run.py", "seed=1"])
    assert shlex.split(command) == [str(checkout / ".venv/bin/python"), str(checkout / "run.py"), "seed=1"]
    assert printed(command) == "['seed=1']"


def test_a_module_needs_no_path(checkout: Path) -> None:
    assert shown_command(["-m", "real.score", "--help"]) == ".venv/bin/python -m real.score --help"
