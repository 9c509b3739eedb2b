"""The frame around ``@hydra.main``: everything that can be wrong is found and told before Hydra starts a job."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from real.config import preflight, sweep, usage
from real.config.arguments import Arguments, parse
from real.config.lifecycle import tell
from real.config.plan import Plan, make_plan
from real.errors import RealError
from real.machine import machine
from real.stopping import Stopped, obeying_signals

_HYDRA_ANSWERS = ("--hydra-help", "--version", "--info", "--shell-completion")


def launch(main: Callable[[], object], argv: Sequence[str], conf: Path) -> int:
    """Check the command line against the YAML files below ``conf``, then let ``main`` run it; returns the exit code."""
    try:
        with obeying_signals():
            return _launch(main, parse(argv), conf)
    except RealError as error:
        tell(error)
        return error.exit_code
    except KeyboardInterrupt as error:
        # force=true would start anew instead
        unforced = " (without force=true)" if any("force=" in word for word in argv) else ""
        print(f"\ninterrupted; run the same command to continue{unforced}", file=sys.stderr, flush=True)
        return error.exit_code if isinstance(error, Stopped) else 130


def _launch(main: Callable[[], object], arguments: Arguments, conf: Path) -> int:
    if "--help" in arguments.flags:
        print(usage.text(conf))
        return 0
    if any(flag in arguments.flags for flag in _HYDRA_ANSWERS):
        return _hydra(main, arguments)
    plan = make_plan(arguments, conf)
    if "--cfg" in arguments.flags:
        return _hydra(main, arguments)
    if _is_for_slurm(plan, arguments):
        from real.slurm.cli import send

        return send(plan, arguments, machine())
    return _here(main, arguments, plan)


def _here(main: Callable[[], object], arguments: Arguments, plan: Plan) -> int:
    if plan.first.dry_run:
        print(preflight.describe(plan, machine()))
        return 0
    if plan.pending():
        preflight.refuse_impossible(plan, machine())
    preflight.check_writable(plan.first.output_dir)
    if plan.sweep_dir is None:
        return _hydra(main, arguments)
    return _sweep(main, arguments, plan, plan.sweep_dir)


def _is_for_slurm(plan: Plan, arguments: Arguments) -> bool:
    """Whether the jobs are to be submitted: not from within a job, and not by a launcher that submits by itself."""
    launcher = any(word.startswith("hydra/launcher=") for word in arguments.settings)
    asked = any(job.root.cluster.scheduler == "slurm" for job in plan.runs)
    return asked and not launcher and "SLURM_JOB_ID" not in os.environ


def _sweep(main: Callable[[], object], arguments: Arguments, plan: Plan, sweep_dir: Path) -> int:
    done = len(plan.runs) - len(plan.pending())
    print(f"sweep of {len(plan.runs)} jobs, {done} of them done already", flush=True)
    code = _hydra(main, arguments)
    return sweep.conclude(plan, sweep_dir) or code


def _hydra(main: Callable[[], object], arguments: Arguments) -> int:
    """Hydra reads ``sys.argv`` and leaves by ``SystemExit``."""
    saved = sys.argv
    sys.argv = [saved[0], *arguments.for_hydra()]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = saved
    return 0
