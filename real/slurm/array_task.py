"""``python -m real.slurm.array_task train|evaluate FOLDER INDEX`` and ``tables FOLDER``: what a batch script runs.

The run is that of the frozen configuration; ``conf/`` is not read. Ends with the codes of ``run.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from real.config import sweep
from real.config.lifecycle import execute, set_aside, tell
from real.config.plan import Plan, PlannedRun
from real.errors import RealError, UsageError
from real.io import console
from real.runs.environment import describe
from real.runs.store import RunState, RunStore
from real.settings import to_dataclass
from real.slurm import attempts, manifest
from real.slurm.batch_script import EVALUATE, TABLES, TRAIN
from real.slurm.manifest import Submission, SubmittedRun
from real.stopping import Stopped, obeying_signals, shield_children

_STOPPED = 138
_PATIENCE = 3  # tries in a row that end by the signal with nothing done


def main(argv: Sequence[str]) -> int:
    """Run one task of a submission (the batch script's command); returns the exit code of ``run.py``."""
    console.protect(outlive=True)
    try:
        with obeying_signals():
            shield_children()
            return _main(argv)
    except RealError as error:
        tell(error)
        return error.exit_code
    except KeyboardInterrupt as error:
        return error.exit_code if isinstance(error, Stopped) else 130


def _main(argv: Sequence[str]) -> int:
    if len(argv) == 2 and argv[0] == TABLES:
        return make_tables(manifest.read(Path(argv[1])))
    if len(argv) != 3 or argv[0] not in (TRAIN, EVALUATE) or not argv[2].isdigit():
        raise UsageError("usage: python -m real.slurm.array_task train|evaluate FOLDER INDEX, or tables FOLDER")
    submission = manifest.read(Path(argv[1]))
    index = int(argv[2])
    if index >= len(submission.entries):
        raise UsageError(f"{submission.folder} has {len(submission.entries)} runs, and none has the number {index}")
    return perform(submission, index, argv[0])


def perform(submission: Submission, index: int, stage: str) -> int:
    """Run or resume one run; ``stage=train`` ends with the trained model where another job evaluates it.

    Returns 138 when stopped by the warning signal, and 1 when that happened three times at the same step.
    """
    entry = submission.entries[index]
    _note_changed_code(submission)
    first = not attempts.read(submission, index)
    attempts.started(submission, index, stage)
    code = _STOPPED
    try:
        if submission.force and first:
            set_aside(RunStore(entry.run_dir))
        cfg = frozen_config(submission, entry)
        code = execute(cfg, name=entry.run_id, train_only=stage == TRAIN and _evaluated_elsewhere(submission, index))
    except KeyboardInterrupt as error:
        code = error.exit_code if isinstance(error, Stopped) else 130
        print(f"{error or 'interrupted'}", file=sys.stderr, flush=True)
    finally:
        attempts.ended(submission, index, code)
    return _give_up(submission, entry) if code == _STOPPED and _is_stuck(submission, index) else code


def frozen_config(submission: Submission, entry: SubmittedRun) -> DictConfig:
    """Load a run's configuration as it was at submission, with the Ray that the batch script has started."""
    cfg = OmegaConf.load(submission.config_of(entry.index))
    assert isinstance(cfg, DictConfig)
    ray = os.environ.get("REAL_RAY_ADDRESS")  # the batch script has started one
    if ray and OmegaConf.select(cfg, "trainer.openrlhf.ray_address") is None:
        OmegaConf.update(cfg, "trainer.openrlhf.ray_address", ray)
    return cfg


def make_tables(submission: Submission) -> int:
    """Write the sweep's table and figure from its run directories; returns 1 if a run is not done."""
    jobs = []
    for entry in submission.entries:
        cfg = frozen_config(submission, entry)
        jobs.append(PlannedRun(entry.run_id, entry.run_dir, to_dataclass(cfg), cfg, entry.changes))
    assert submission.sweep_dir is not None
    return sweep.conclude(Plan(tuple(jobs), Path(submission.sweep_dir)), Path(submission.sweep_dir))


def _evaluated_elsewhere(submission: Submission, index: int) -> bool:
    return any(name.startswith(EVALUATE) and index in indices for name, indices in submission.stages.items())


def _is_stuck(submission: Submission, index: int) -> bool:
    """Whether the last attempts were all stopped by the signal at the same step, so that requeueing cannot help."""
    last = attempts.read(submission, index)[-_PATIENCE:]
    return len(last) == _PATIENCE and len({(a.stage, a.code, a.progress) for a in last}) == 1


def _give_up(submission: Submission, entry: SubmittedRun) -> int:
    reason = (
        f"stopped {_PATIENCE} times at the same step: cluster.time is too short for one step, or warning_s too long"
    )
    RunStore(entry.run_dir).write_status(RunState.FAILED, reason)
    tell(RealError(reason, hint=f"Submit it again with a longer cluster.time; it resumes ({submission.name})."))
    return 1


def _note_changed_code(submission: Submission) -> None:
    commit = describe(seed=0, config_hash="", data_hash="")["git_commit"]
    if submission.commit and commit and commit != submission.commit:
        print(f"note: submitted with the code at {submission.commit}, running at {commit}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
