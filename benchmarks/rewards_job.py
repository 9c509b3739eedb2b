"""Writes what a scorer shall serve: ``PYTHON benchmarks/rewards_job.py DATA JOB``, the interpreter of its checkout.

Tasks are those of the train split in the folder DATA; both static checks count, so that a reward takes all there is.
Prints the arguments of PYTHON that serve it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from real.datasets import load_path
from real.rewards.config import RewardCfg

CHECKS = ["security", "maintainability"]


def main() -> None:
    """Write the job folder."""
    data, job = sys.argv[1:]
    spec, command = _today() if importlib.util.find_spec("real.serving") else _of_november_25()
    spec.add("train", load_path(data, "train").tasks)
    spec.write(Path(job))
    print(command)


def _today() -> tuple[Any, str]:
    judge = importlib.import_module("real.judge")
    made = importlib.import_module("real.serving.scorer_spec")
    return made.ScorerSpec(judge.JudgeCfg(RewardCfg(checks=CHECKS))), "-m real.serving"


def _of_november_25() -> tuple[Any, str]:
    """What commit c85980e calls it, beside which the bar of issue 16 is measured."""
    made = importlib.import_module("real.rewards.serving.job")
    typecheck = importlib.import_module("real.typecheck")
    return made.ScoringJob(RewardCfg(checks=CHECKS), typecheck.TypecheckCfg()), "-m real.rewards serve"


if __name__ == "__main__":
    main()
