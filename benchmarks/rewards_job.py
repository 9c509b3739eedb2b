"""Writes what a scorer shall serve: ``PYTHON benchmarks/rewards_job.py DATA JOB``, the interpreter of its checkout.

Tasks are those of the train split in the folder DATA; both static checks count, so that a reward takes all there is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from real.datasets import load_path
from real.judge import JudgeCfg
from real.rewards.config import RewardCfg
from real.serving.scorer_spec import ScorerSpec


def main() -> None:
    """Write the job folder."""
    data, job = sys.argv[1:]
    spec = ScorerSpec(JudgeCfg(RewardCfg(checks=["security", "maintainability"])))
    spec.add("train", load_path(data, "train").tasks)
    spec.write(Path(job))


if __name__ == "__main__":
    main()
