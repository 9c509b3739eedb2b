"""The linter and the scorer start without torch: a rule of the house, enforced."""

import subprocess
import sys

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
