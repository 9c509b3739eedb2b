"""What is said before anything starts: the plan (``dry_run=true``), or why this machine cannot follow it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from real.config.costs import cost_of, is_distributed, total_hours
from real.config.plan import Plan, PlannedRun
from real.config.requirements import missing, smaller_than_advised
from real.config.shell import shown_command
from real.errors import UsageError
from real.io.columns import align
from real.io.disk import disk_errors
from real.machine import Machine
from real.methods.registry import method_of
from real.runs.store import RunState
from real.settings import RootCfg
from real.training.local.forecast import forecast, free_memory_gb, measured_gflops
from real.training.openrlhf import plan as openrlhf


def refuse_impossible(plan: Plan, here: Machine) -> None:
    """Raise ``UsageError`` where a job that is still to do cannot run here; no job has been started then."""
    pending = plan.pending()
    lacking = _count_lacking(pending, here)
    if not lacking:
        for run in pending:
            _cluster_training(run, here)  # raises where a placement cannot be
        return
    single = plan.sweep_dir is None
    what = "this machine cannot run it" if single else f"this machine cannot run this sweep of {len(plan.runs)} jobs"
    lines = [f"  {needs}" for needs in _needs(lacking, len(pending), single=single)]
    instead = shown_command(["run.py"] if single else ["run.py", "+exp=ablation_reward_tiny", "-m"])
    raise UsageError(
        "\n".join([f"{what}; none was started. Missing:" if not single else f"{what}. Missing:", *lines]),
        hint=f"What runs here: {instead}\n  To see what would happen: add dry_run=true",
    )


def notes(plan: Plan, here: Machine) -> list[str]:
    """What a person should know about runs that start, and that stops none of them."""
    said = (smaller_than_advised(run.root, here) for run in plan.pending())
    hint = "; dry_run=true estimates memory and hours"
    return [f"note: {note}{hint}" for note in dict.fromkeys(said) if note]


def check_writable(output_dir: str) -> None:
    """Raise ``InfrastructureError`` where nothing can be written below ``output_dir``.

    Raises ``UsageError`` where its name is not UTF-8 on the disk: torch writes to another place then, or fails.
    """
    if not _is_utf8_on_disk(output_dir):
        raise UsageError(
            f"output_dir={output_dir} has characters that torch would write otherwise than this locale does"
            f" ({sys.getfilesystemencoding()})",
            hint="Choose a path in ASCII, or set PYTHONUTF8=1.",
        )
    folder = Path(output_dir)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"0" * 65536)


def _is_utf8_on_disk(name: str) -> bool:
    try:
        return os.fsencode(name) == name.encode()
    except UnicodeEncodeError:
        return False


def describe(plan: Plan, here: Machine) -> str:
    """What ``dry_run=true`` prints: what would happen, in order; what is missing for it; then the details."""
    pending = plan.pending()
    single = plan.sweep_dir is None
    parts = _single(plan.runs[0]) if single else [_table(plan, here), f"sweep directory: {plan.sweep_dir}"]
    lacking = _count_lacking(pending, here)
    if lacking:
        parts.append(f"this machine ({here}) cannot run this. Missing:")
        parts += [f"  {needs}" for needs in _needs(lacking, len(pending), single=single)]
    else:
        parts.append(f"this machine ({here}) can run this")
    if single:
        parts += _placement(plan.runs[0], here)
        parts.append("every setting: the same command with --cfg job --resolve in place of dry_run=true")
    parts.append("dry_run=true: nothing was started or written")
    return "\n".join(parts)


def _count_lacking(runs: Sequence[PlannedRun], here: Machine) -> Counter[str]:
    return Counter(lack for run in runs for lack in missing(run.root, here))


def _needs(lacking: Counter[str], total: int, *, single: bool) -> list[str]:
    if single:
        return list(lacking)
    return [f"{count} of {total} jobs: {lack}" for lack, count in lacking.most_common()]


def _single(run: PlannedRun) -> list[str]:
    verb = _verb(run)
    if verb == "skip":
        return [
            f"would do: skip {run.run_id}, it is done already (force=true runs it anew)",
            f"directory: {run.run_dir}",
        ]
    steps = [f"  {number}. {step}" for number, step in enumerate(_steps(run), 1)]
    return [f"would do: {verb} {run.run_id}", *steps]


def _placement(run: PlannedRun, here: Machine) -> list[str]:
    if training := _cluster_training(run, here):
        return [openrlhf.describe(run.root, training, here.gpus_gb)]
    return _local_forecast(run, here)


def _local_forecast(run: PlannedRun, here: Machine) -> list[str]:
    """Memory and hours of a run on this machine, whose speed is measured for a quarter of a second."""
    root = run.root
    gflops = _gflops([root], here)
    expected = forecast(root, gflops) if gflops and root.method.name == "real" else None
    lines = [expected.describe(free_memory_gb(), gflops)] if expected else []
    if not expected and (cost := cost_of(root, gflops)) is not None:
        lines.append(f"estimated, unmeasured: it {cost.describe()}")
    if note := smaller_than_advised(root, here):
        lines.append(f"note: {note}")
    return lines


def _cluster_training(run: PlannedRun, here: Machine) -> openrlhf.TrainingPlan | None:
    """What OpenRLHF would be started with; raises ``UsageError`` where it cannot be."""
    if not is_distributed(run.root):
        return None
    return openrlhf.make_training_plan(run.root, run.run_dir, len(here.gpus_gb))


def _gflops(roots: Sequence[RootCfg], here: Machine) -> float:
    """The speed of a matrix product here, where a run of a model of known size would be computed here; else 0."""
    known = [root for root in roots if root.model.placement.parameters and not is_distributed(root)]
    return measured_gflops(known[0].model.dtype) if known and "torch" in here.packages else 0.0


def _table(plan: Plan, here: Machine) -> str:
    """The jobs of a sweep with the estimated cost of each, and the sum of what is still to be done."""
    gflops = _gflops([run.root for run in plan.pending()], here)
    costs = {run.run_dir: cost_of(run.root, gflops) for run in plan.runs}
    rows = [["job", "run id", "would", "runs here", "estimated cost"]]
    for run in plan.runs:
        cost = costs[run.run_dir]
        runs_here = "no" if missing(run.root, here) else "yes"
        told = "not known" if cost is None else cost.describe()
        rows.append([" ".join(run.changes), run.run_id, _verb(run), runs_here, told])
    total = total_hours(costs[run.run_dir] for run in plan.pending())
    return "\n".join([f"{len(plan.runs)} jobs", *align(rows), *([total] if total else [])])


def _verb(run: PlannedRun) -> str:
    state = run.state()
    if state is None:
        return "run"
    if run.root.force:
        return "run anew"
    return "skip" if state == RunState.DONE else "resume"


def _steps(run: PlannedRun) -> list[str]:
    """What a run does, in its order."""
    root = run.root
    data = root.dataset
    sizes = f"{data.train_tasks or 'all'} training and {data.test_tasks or 'all'} test tasks"
    model = f"load the model {root.model.name}"
    if root.model.kind == "tiny":
        model = f"build the model {root.model.name} and warm-start it ({root.model.warm_start.epochs} epochs of SFT)"
    steps = [f"load {data.name}: {sizes}", model, "evaluate it on the test tasks"]
    if step := method_of(root.method.name).describe(root):
        steps += [step, "evaluate it again"]
    return [*steps, f"write metrics and a report to {run.run_dir}"]
