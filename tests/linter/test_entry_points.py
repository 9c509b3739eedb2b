"""The ways in: the console script and the hook for pre-commit name what there is."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_console_script_and_hook_lead_to_the_command() -> None:
    yaml = pytest.importorskip("yaml")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["language"], hook["types"]) == ("python", ["python"])
    module, _, function = scripts[hook["entry"]].partition(":")
    assert callable(getattr(import_module(module), function))


def test_the_command_ends_with_the_exit_code_of_main(tmp_path: Path) -> None:
    script = "import sys; from real.linter.command import command; sys.exit(command())"
    for text, code in (("x = 1\n", 0), ("import os\nos.system(input())\n", 1), ("x = (\n", 0)):
        (tmp_path / "x.py").write_text(text)
        done = subprocess.run([sys.executable, "-c", script, "x.py"], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == code
