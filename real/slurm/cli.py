"""``python slurm/submit.py``: the command line of ``run.py``, submitted instead of run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import hydra

from real.config.arguments import parse
from real.config.cli import start
from real.config.lifecycle import run_job, tell
from real.config.plan import Plan
from real.errors import RealError, UsageError
from real.io import console
from real.machine import Machine
from real.slurm import preview
from real.slurm.stages import unique
from real.slurm.submit import submit

_HELP = """\
python slurm/submit.py [group=option] [key=value] [-m] cluster=slurm_...     the settings of run.py

  python slurm/submit.py +exp=ablation_reward -m                     one array job for the sweep, then its tables
  python slurm/submit.py +exp=ablation_reward -m dry_run=true        jobs, scripts, GPU-hours; nothing is submitted
  python slurm/submit.py +exp=ablation_reward -m cluster.partition=gpu cluster.account=me

It returns at once. What is done is skipped; what is queued or running is refused, or left out with --rest.
python slurm/status.py follows, python slurm/cancel.py cancels; docs/cluster.md tells the rest."""


def main(argv: Sequence[str], conf: Path) -> int:
    """Submit the runs of a command line; returns the exit code."""
    console.protect()
    try:
        return _main(list(argv), conf)
    except RealError as error:
        tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("\ninterrupted; nothing was submitted", file=sys.stderr)
        return 130


def _main(argv: list[str], conf: Path) -> int:
    if "--help" in argv or "-h" in argv:
        print(_HELP)
        return 0
    words = [word for word in argv if word != "--rest"]
    if "--cfg" in parse(words).flags:
        raise UsageError("submit.py submits; python run.py --cfg job prints the configuration")
    callback = "hydra.callbacks.preflight"
    words += [f"{callback}.submit=true", f"{callback}.rest={'--rest' in argv}"]
    return start(hydra.main(version_base="1.3", config_path=str(conf), config_name="config")(run_job), words, conf)


def send(plan: Plan, here: Machine, *, command: Sequence[str], rest: bool = False) -> int:
    """Submit a plan, or print it with ``dry_run=true``; returns the exit code."""
    if plan.first.dry_run:
        print(preview.describe(plan, here))
        return 0
    submission = submit(plan, here, command=command, rest=rest)
    total = len(unique(plan))
    if submission is None:
        print(f"nothing to submit: of {total} runs all are done, or queued or running")
        return 0
    count = sum(entry.submitted for entry in submission.entries)
    jobs = ", ".join(f"{name} {job}" for name, job in submission.job_ids.items())
    print(f"submitted {count} of {total} runs as {submission.name}: {jobs}")
    print(f"  python slurm/status.py {submission.name}\n  python slurm/cancel.py {submission.name}")
    print(f"submission: {submission.folder}", flush=True)
    return 0
