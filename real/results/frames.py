"""Runs as pandas data frames, for notebooks: one row a rate, one row a PPO step, one row a sample."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from real.evaluation.metrics import read_run
from real.results.sweep import variant_of
from real.runs.store import RunStore

_RUN = ("run_id", "model", "dataset", "method", "reward", "seed", "protocol", "subset")


def rates(runs: Iterable[Path | str]) -> pd.DataFrame:
    """Every pass rate of finished runs: what was run, ``variant``, ``stage`` (before, after), ``metric``, ``rate``.

    ``low`` and ``high`` are the 95 % Wilson interval, ``passed`` of ``n`` samples; ``masked`` samples are in no rate.
    Raises ``DataError`` where a run has no readable ``metrics.json``.
    """
    rows = []
    for path in runs:
        run = read_run(path)
        told = {name: getattr(run, name) for name in _RUN} | {"variant": variant_of(run)}
        for stage, metrics in (("before", run.before), ("after", run.after)):
            for metric, rate in metrics.rates().items() if metrics else ():
                figures = {"rate": rate.rate, "low": rate.low, "high": rate.high, "passed": rate.passed, "n": rate.n}
                masked = metrics.masked if metrics else 0
                rows.append({**told, "stage": stage, "metric": metric, **figures, "masked": masked})
    return pd.DataFrame(rows)


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
