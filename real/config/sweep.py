"""The end of a sweep: a table of its jobs, read from their directories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from real.config.plan import Plan, PlannedRun
from real.errors import DataError
from real.evaluation.metrics import read_run
from real.io import disk
from real.io.columns import align
from real.results.render import FORMATS, render
from real.results.tables import sweep_table
from real.runs.store import RunState, RunStore

_METRICS = ("function", "quality", "func_qual")


def conclude(plan: Plan, sweep_dir: Path) -> int:
    """Print the table, record the jobs in ``sweep.json``; returns 1 where a job is not done."""
    unfinished = [run for run in plan.runs if run.state() != RunState.DONE]
    print("\n" + table(plan))
    for run in unfinished:
        status = RunStore(run.run_dir).read_status()
        reason = (status.reason or status.state.value) if status else "it never started"
        print(f"not done: {run.run_id} ({' '.join(run.changes)}): {reason}")
    if unfinished:
        again = "the same command without force=true" if plan.first.force else "the same command"
        print(f"{len(unfinished)} of {len(plan.runs)} jobs are not done; {again} runs only those")
    _publish(plan, sweep_dir)
    disk.write_json(sweep_dir / "sweep.json", {"jobs": [_record(run) for run in plan.runs]})
    print(f"results: {sweep_dir}", flush=True)
    return 1 if unfinished else 0


def _publish(plan: Plan, sweep_dir: Path) -> None:
    """Pool the finished runs over seeds: a table on the terminal, and ``sweep.{md,csv,tex,png,svg}``."""
    try:
        runs = [read_run(run.run_dir) for run in plan.runs if run.state() == RunState.DONE]
        if not runs:
            return
        pooled = sweep_table(runs)
    except DataError as error:  # damaged, or a sweep over a setting that the table has no place for
        print(f"no pooled table: {error}")
        return
    print("\n" + render(pooled, "md"))
    for form, suffix in zip(FORMATS, ("md", "csv", "tex"), strict=True):
        disk.atomic_write(sweep_dir / f"sweep.{suffix}", render(pooled, form))
    from real.results.figures import sweep_figure  # matplotlib comes with it
    from real.results.style import save

    save(sweep_figure(runs), sweep_dir, "sweep")


def table(plan: Plan) -> str:
    """One aligned line a job: what makes it differ, its state, its pass rates before and after, its directory."""
    rows = [["job", "state", *_METRICS, "directory"]]
    for run in plan.runs:
        state = run.state()
        rates = [_change(run, name) if state == RunState.DONE else "" for name in _METRICS]
        rows.append([" ".join(run.changes), state.value if state else "not started", *rates, run.run_id])
    return "\n".join(align(rows))


def _change(run: PlannedRun, name: str) -> str:
    try:
        metrics = RunStore(run.run_dir).read_metrics()
    except DataError:
        return "unreadable"
    before, after = (_rate(metrics.get(stage), name) for stage in ("before", "after"))
    return before if after == "" else f"{before} -> {after}"


def _rate(stage: object, name: str) -> str:
    value = stage.get(name) if isinstance(stage, Mapping) else None
    if isinstance(value, Mapping):
        value = value.get("rate")
    return f"{value:.3f}" if isinstance(value, int | float) else ""


def _record(run: PlannedRun) -> dict[str, object]:
    state = run.state()
    return {
        "run_id": run.run_id,
        "changes": list(run.changes),
        "state": state.value if state else None,
        "directory": str(run.run_dir),
    }
