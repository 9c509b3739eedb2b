"""Runs as pandas data frames, for notebooks: one row a run, a rate, a PPO step, a task or a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from real.errors import DataError
from real.evaluation.metrics import RunMetrics, read_run
from real.results.index import Entry, distinct, entries, name_left_out
from real.results.sweep import variant_of
from real.results.task_records import TaskRecord, programs, stages_of, task_records
from real.results.traits import traits
from real.runs.store import RunStore

_RUN = ("run_id", "model", "dataset", "method", "reward", "seed", "protocol", "subset")
_RATE = ("stage", "metric", "rate", "low", "high", "passed", "n", "masked")
_FINDING = ("rule", "line", "column", "message", "trace", "fix")
_TASK = (
    "task_id", "stage", "status", "reason", "reward", "function", "quality", "func_qual", "safety", "passed", "total",
    "findings", "sample", "flaky",
)  # fmt: skip


@dataclass(frozen=True)
class Frames:
    """What a store holds, as tidy frames that share the column ``run_id``.

    ``runs``: one row a run directory, unfinished ones with their ``problem``. ``rates``: one row a pass rate.
    ``tasks``: one row an answer of one evaluation, ``sample`` counting those of a task. ``steps``: one row a PPO step.
    ``findings``: one row a finding. ``pass_at_k``: one row a rate and k, of runs with several samples a task.
    """

    runs: pd.DataFrame
    rates: pd.DataFrame
    tasks: pd.DataFrame
    steps: pd.DataFrame
    findings: pd.DataFrame
    pass_at_k: pd.DataFrame

    def programs(self) -> pd.DataFrame:
        """One row a program: the columns of ``tasks``, its ``code``, and what its syntax tells (``traits.traits``).

        Raises ``DataError`` where the responses of a run are missing or damaged.
        """
        told = self.runs.set_index("run_id")
        rows = []
        for (run_id, stage), tasks in self.tasks.groupby(["run_id", "stage"], sort=False):
            run = told.loc[run_id]
            codes = programs(Path(run.path), str(stage), run.protocol, run.dataset)
            rows += [
                {**task, "code": code, **traits(code)}
                for task in tasks.to_dict("records")
                if (code := codes.get((task["task_id"], task["sample"]))) is not None
            ]
        frame = pd.DataFrame(rows, columns=None if rows else ["run_id", "stage", "task_id", "code"])
        return frame.merge(self.runs[["run_id", "variant", "seed"]], on="run_id")


def load(*folders: Path | str) -> Frames:
    """Everything at or below ``folders`` (``outputs`` where none is named).

    A damaged run is left out, with its reason on standard error, and stands in ``runs`` with its problem. Raises
    ``DataError`` where a folder is missing, or holds no run that can be read.
    """
    places = folders or ("outputs",)
    found = distinct(entries(places))
    if not found:
        raise DataError(
            f"no run under {', '.join(map(str, places))}",
            hint="`python run.py` makes one in outputs/; `python -m real.results list FOLDER` shows what is there.",
        )
    damaged = [entry for entry in found if entry.damaged]
    if len(damaged) == len(found):
        raise DataError(f"no run under {', '.join(map(str, places))} can be read: {damaged[0].problem}")
    name_left_out(damaged)
    records = [(entry, record) for entry in found for record in _records(entry)]
    return Frames(
        runs=_runs(found),
        rates=_rates(entry.run for entry in found if entry.run),
        tasks=pd.DataFrame([_task(entry, record) for entry, record in records], columns=("run_id", *_TASK)),
        steps=_steps(found),
        findings=pd.DataFrame(
            [row for entry, record in records for row in _findings(entry, record)],
            columns=("run_id", "task_id", "sample", "stage", *_FINDING),
        ),
        pass_at_k=_pass_at_k(entry.run for entry in found if entry.run),
    )


def rates(runs: Iterable[Path | str]) -> pd.DataFrame:
    """Every pass rate of finished runs: what was run, ``variant``, ``stage`` (before, after), ``metric``, ``rate``.

    ``low`` and ``high`` are the 95 % Wilson interval, ``passed`` of ``n`` samples; ``masked`` samples are in no rate.
    Raises ``DataError`` where a run has no readable ``metrics.json``.
    """
    return _rates(map(read_run, runs))


def steps(run: Path | str) -> pd.DataFrame:
    """``steps.jsonl`` with the index ``step``: one column a figure of the training log, NaN where it was not told.

    Raises ``DataError`` where the file is damaged; the frame is empty where nothing was trained.
    """
    records = RunStore(run).read_steps()
    return pd.DataFrame(records, columns=None if records else ["step"]).set_index("step")


def samples(run: Path | str, stage: str = "after") -> pd.DataFrame:
    """What came of every sample of one evaluation: ``status``, ``reward``, tests ``passed`` of ``total``, ``clean``.

    ``findings`` counts what the analyses found. Raises ``DataError`` where the run recorded no such stage.
    """
    frame = pd.json_normalize(RunStore(run).read_outcomes(stage))
    found = frame.get("quality.findings", pd.Series(dtype=object))
    return pd.DataFrame(
        {
            "task_id": frame.get("task_id"),
            "status": frame.get("status"),
            "reason": frame.get("reason"),
            "reward": frame.get("reward"),
            "passed": frame.get("function.passed"),
            "total": frame.get("function.total"),
            "clean": frame.get("quality.passed"),
            "findings": found.map(len),
        }
    )


def _runs(found: Sequence[Entry]) -> pd.DataFrame:
    rows = []
    for entry in found:
        row: dict[str, object] = {"run_id": entry.run_id, "path": str(entry.path), "state": entry.state}
        if entry.run is not None:
            run = entry.run
            row |= {name: getattr(run, name) for name in _RUN} | {"variant": variant_of(run)}
            row |= {"samples": run.sampling.samples, "temperature": run.sampling.temperature}
            row |= {"seconds": run.seconds, "config_hash": run.config_hash, "data_hash": run.data_hash, **run.versions}
        rows.append(row | {"steps": entry.run.steps if entry.run else entry.steps, "problem": entry.problem})
    return pd.DataFrame(rows)


def _rates(runs: Iterable[RunMetrics]) -> pd.DataFrame:
    rows = []
    for run in runs:
        told = {name: getattr(run, name) for name in _RUN} | {"variant": variant_of(run)}
        for stage, metrics in (("before", run.before), ("after", run.after)):
            for metric, rate in metrics.rates().items() if metrics else ():
                figures = {"rate": rate.rate, "low": rate.low, "high": rate.high, "passed": rate.passed, "n": rate.n}
                masked = metrics.masked if metrics else 0
                rows.append({**told, "stage": stage, "metric": metric, **figures, "masked": masked})
    return pd.DataFrame(rows, columns=(*_RUN, "variant", *_RATE))


def _pass_at_k(runs: Iterable[RunMetrics]) -> pd.DataFrame:
    rows = [
        {"run_id": run.run_id, "stage": stage, "k": int(k), "metric": metric, "rate": rate}
        for run in runs
        for stage, metrics in (("before", run.before), ("after", run.after))
        if metrics
        for k, rates in metrics.pass_at_k.items()
        for metric, rate in rates.items()
    ]
    return pd.DataFrame(rows, columns=("run_id", "stage", "k", "metric", "rate"))


def _records(entry: Entry) -> Iterator[TaskRecord]:
    if entry.run is not None:
        for stage in stages_of(entry.path):
            yield from task_records(entry.path, stage)


def _task(entry: Entry, record: TaskRecord) -> dict[str, object]:
    told = {name: value for name, value in asdict(record).items() if name in _TASK}
    return {"run_id": entry.run_id, **told, "findings": len(record.findings)}


def _steps(found: Sequence[Entry]) -> pd.DataFrame:
    rows = [
        {"run_id": entry.run_id, **record}
        for entry in found
        if entry.steps and not entry.damaged
        for record in RunStore(entry.path).read_steps()
    ]
    return pd.DataFrame(rows, columns=None if rows else ["run_id", "step"])


def _findings(entry: Entry, record: TaskRecord) -> Iterator[dict[str, object]]:
    for finding in record.findings:
        told = {name: finding.get(name) for name in _FINDING}
        of = {"run_id": entry.run_id, "task_id": record.task_id, "sample": record.sample, "stage": record.stage}
        yield {**of, **told}
