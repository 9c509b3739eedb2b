"""The linter and the scorer start without torch: a rule of the house, enforced."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HEAVY = ("torch", "ray", "vllm", "transformers", "matplotlib", "wandb", "hydra")


@pytest.mark.parametrize(
    "module",
    [
        "real.detector",
        "real.typecheck",
        "real.execution",
        "real.rewards",
        "real.serving",
        "real.results",
        "real.judge",
        "real.score",
    ],
)
def test_room_imports_nothing_heavy(module):
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["run.py", "slurm/submit.py"])
@pytest.mark.parametrize("missing", ["hydra", "filelock", "tabulate"])
def test_a_missing_library_is_one_line_that_says_how_to_get_it(command, missing):
    code = (
        f"import sys, runpy; sys.modules[{missing!r}] = None\n"
        f"sys.argv = [{command!r}, 'dry_run=true']; runpy.run_path({command!r}, run_name='__main__')"
    )
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.returncode == 1
    assert missing in done.stderr
    assert done.stderr.endswith("Install them with: pip install -e '.[train]'\n")
    assert done.stderr.count("\n") == 1


_MODULES = {"hydra-core": ("hydra", "omegaconf"), "pyyaml": ("yaml",)}


@pytest.mark.parametrize("command", ["score", "detector", "typecheck", "execution", "datasets", "serving", "doctor"])
def test_a_command_of_the_base_needs_nothing_of_the_training(command):
    project = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())["project"]
    names = [re.match(r"[\w-]+", one)[0] for one in project["optional-dependencies"]["train"]]
    absent = [module for name in names for module in _MODULES.get(name, (name,))]
    assert {"torch", "filelock", "tabulate", "pandas"} <= set(absent)
    module = f"real.{command}" if command == "score" else f"real.{command}.__main__"
    code = f"import sys; sys.modules.update(dict.fromkeys({absent})); import {module} as it; it.main(['--help'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
