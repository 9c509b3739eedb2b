"""What Hydra calls before a run or a sweep starts, and when a sweep has ended (``hydra/callbacks`` in conf/)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from real.config import preflight, sweep
from real.config.plan import Plan, plan_run, plan_sweep
from real.machine import machine
from real.slurm.config import Scheduler


class Preflight(Callback):
    """Finds everything that can be wrong before Hydra makes a folder or starts a job.

    ``submit`` sends the runs to SLURM whatever their cluster says, ``rest`` without those that are there already.
    """

    def __init__(self, *, submit: bool = False, rest: bool = False) -> None:
        self.submit = submit
        self.rest = rest
        self.plan: Plan | None = None

    def on_run_start(self, config: DictConfig, **_: object) -> None:
        """Check the one run of the command; ends the command where it is not to start here."""
        with _ending():
            self._begin(plan_run(config), config)

    def on_multirun_start(self, config: DictConfig, **_: object) -> None:
        """Check every run of the sweep; ends the command where they are not to start here."""
        with _ending():
            self.plan = plan_sweep(config)
            self._begin(self.plan, config)
            done = len(self.plan.runs) - len(self.plan.pending())
            print(f"sweep of {len(self.plan.runs)} jobs, {done} of them done already", flush=True)

    def on_multirun_end(self, config: DictConfig, **_: object) -> None:
        """Print the table of the sweep; exit code 1 where a run is not done."""
        with _ending():
            if self.plan is not None and self.plan.sweep_dir is not None:
                code = sweep.conclude(self.plan, self.plan.sweep_dir)
                if code:
                    raise SystemExit(code)

    def _begin(self, plan: Plan, config: DictConfig) -> None:
        here = machine()
        if self.submit or _is_for_slurm(plan, config):
            from real.slurm.cli import send

            raise SystemExit(send(plan, here, command=sys.argv[1:], rest=self.rest))
        if plan.first.dry_run:
            print(preflight.describe(plan, here))
            raise SystemExit(0)
        if plan.pending():
            preflight.refuse_impossible(plan, here)
            for note in preflight.notes(plan, here):
                print(note, flush=True)
        preflight.check_writable(plan.first.output_dir)


@contextmanager
def _ending() -> Iterator[None]:
    """Hydra turns an exception of a callback into a warning and goes on; only ``SystemExit`` ends the command."""
    try:
        yield
    except Exception as error:
        raise SystemExit(error) from error  # real.config.cli takes it out again


def _is_for_slurm(plan: Plan, config: DictConfig) -> bool:
    """Whether the runs are to be submitted: not from within a job, and not by a launcher that submits by itself."""
    asked = any(run.root.cluster.scheduler == Scheduler.slurm for run in plan.runs)
    own_launcher = config.hydra.runtime.choices["hydra/launcher"] == "basic"
    return asked and own_launcher and "SLURM_JOB_ID" not in os.environ
