"""The page of an experiment: sortable rates of several runs, whose cells lead to tasks, programs and findings.

The page loads nothing and sends nothing: everything is inside, programs once each however many runs wrote them. What a
model wrote is data in a JSON block and reaches the page as text nodes only; a content security policy allows no script
but the page's own. Without a script the tables and figures are there all the same, as in print.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path

from real.evaluation.metrics import RunMetrics
from real.evaluation.rates import RATE_NAMES, Metrics, Rate
from real.io.disk import atomic_write, has_lines
from real.results.figures import components_figure, sweep_figure
from real.results.index import Entry, finished_entries, name_left_out
from real.results.labels import METRIC_LABELS, number
from real.results.pages import page
from real.results.paper.mixing import refuse_mixtures
from real.results.render import Table, column_groups, marks
from real.results.report import Picture, pictured
from real.results.sweep import variant_of
from real.results.tables import sweep_table
from real.results.task_records import STAGES, TaskRecord, programs, stages_of, task_records
from real.runs.store import RunStore

_TRACE = ("line", "note")
_FLAKY = "flaky: two runs of its tests differed; this is one alone"


def write_experiment_report(folders: Sequence[Path], out: Path, *, allow_mixed: bool = False) -> Path:
    """Write the page about every finished run at or below ``folders``; returns ``out``.

    Runs without figures, or damaged, are named on the page and on standard error. Raises ``DataError`` where no other
    is left, or they were judged by different versions, protocols,
    subsets or data (``allow_mixed`` says so on the page instead).
    """
    entries, left_out = finished_entries(folders)
    name_left_out(left_out)
    runs = [entry.run for entry in entries if entry.run is not None]
    notes = refuse_mixtures(runs, allow=allow_mixed)
    script = resources.files("real.results").joinpath("templates/experiment.js").read_text(encoding="utf-8")
    table = sweep_table(runs)
    text = page(
        "experiment.html",
        title=_title(runs),
        runs=[_row(number_, run) for number_, run in enumerate(runs)],
        labels=METRIC_LABELS,
        table=table,
        groups=column_groups(table),
        rows=_marked(table),
        notes=(*notes, *(f"Left out: {entry.problem}" for entry in left_out)),
        sweep=pictured("sweep", "Pass rates by reward", lambda theme: sweep_figure(runs, theme)),
        curves=[curve for entry in entries if (curve := _curves(entry))],
        versions=sorted(runs[0].versions.items()),
        data=_embedded(_data(entries)),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    atomic_write(out, text)
    return out


def _title(runs: Sequence[RunMetrics]) -> str:
    names = list(dict.fromkeys(f"{run.model} on {run.dataset}" for run in runs))
    count = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    return f"{names[0] if len(names) == 1 else f'{len(names)} settings'}, {count}"


def _marked(table: Table) -> list[tuple[object, list[str]]]:
    return list(zip(table.rows, marks(table), strict=True))


def _row(place: int, run: RunMetrics) -> dict[str, object]:
    """A line of the table of runs: its rates by stage, each with the address of its tasks."""
    stages = {"before": run.before} | ({"after": run.after} if run.after else {})
    cells = [
        {
            "stage": stage,
            "metric": name,
            "rate": number(rate.rate),
            "interval": f"[{rate.low:.2f}, {rate.high:.2f}]",
            "address": f"#{place}-{stage}-{name}",
        }
        for stage in STAGES
        for name, rate in _shown(stages.get(stage)).items()
    ]
    told = {"id": run.run_id, "variant": variant_of(run), "model": run.model, "dataset": run.dataset}
    return {**told, "seed": run.seed, "steps": run.steps, "n": run.before.n, "cells": cells}


def _shown(metrics: Metrics | None) -> Mapping[str, Rate]:
    return {name: metrics.rates()[name] for name in RATE_NAMES} if metrics else {}


def _curves(entry: Entry) -> tuple[str, Picture] | None:
    steps = RunStore(entry.path).read_steps()
    if not steps:
        return None
    drawn = pictured("components", "Reward components per PPO step", lambda theme: components_figure(steps, theme))
    return entry.run_id, drawn


def _data(entries: Iterable[Entry]) -> dict[str, object]:
    """What the script shows: ``programs`` and ``findings`` once each, tasks by run and stage that point to them."""
    texts: dict[str, int] = {}
    runs = []
    for entry in entries:
        assert entry.run is not None
        stages = {}
        for stage in stages_of(entry.path):
            codes = {}
            if has_lines(entry.path / f"completions_{stage}.jsonl"):
                codes = programs(entry.path, stage, entry.run.protocol, entry.run.dataset)
            stages[stage] = [_task(record, codes, texts) for record in task_records(entry.path, stage)]
        runs.append({"id": entry.run_id, "variant": variant_of(entry.run), "seed": entry.run.seed, "stages": stages})
    return {"runs": runs, "programs": list(texts)}


def _task(record: TaskRecord, codes: Mapping[tuple[str, int], str], texts: dict[str, int]) -> dict[str, object]:
    code = codes.get((record.task_id, record.sample))
    return {
        "task": f"{record.task_id}, sample {record.sample}" if record.sample else record.task_id,
        "status": record.status,
        "reason": record.reason,
        "function": record.function,
        "quality": record.quality,
        "func_qual": record.func_qual,
        "passed": record.passed,
        "total": record.total,
        "outcomes": Counter(record.outcomes).most_common(),
        "details": [detail for detail in dict.fromkeys((_FLAKY * record.flaky, *record.details)) if detail][:3],
        "reward": record.reward,
        "program": None if code is None else texts.setdefault(code, len(texts)),
        "findings": [_finding(finding) for finding in record.findings],
    }


def _finding(finding: Mapping[str, object]) -> dict[str, object]:
    trace = finding.get("trace")
    steps = [{key: step.get(key) for key in _TRACE} for step in trace] if isinstance(trace, list) else []
    return {"rule": finding.get("rule"), "line": finding.get("line"), "message": finding.get("message"), "trace": steps}


def _embedded(data: object) -> str:
    """JSON that cannot end the script element that holds it."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
