"""A table compares what the same judges judged: runs of different versions, protocols, subsets or data are refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from real.errors import DataError
from real.evaluation.metrics import RunMetrics

_LISTED = 3  # run ids of each kind that a message names


def judged_by(run: RunMetrics) -> tuple[tuple[str, str], ...]:
    """What must agree between runs of one table, as (name, value); the data of a data set is compared within it."""
    told = {"protocol": run.protocol, "subset": run.subset, "sampling": run.sampling.describe()}
    return (*told.items(), ("typecheck policy", run.typecheck), *sorted(run.versions.items()))


def mixtures(runs: Iterable[RunMetrics]) -> list[str]:
    """One sentence for each difference that makes the figures of the runs incomparable; none where all agree."""
    by_name: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    every = list(runs)
    names = {name for run in every for name, _ in judged_by(run)}
    for run in every:
        told = dict(judged_by(run))
        for name in names:
            by_name[name][told.get(name, "unknown")].append(run.run_id)
        by_name[f"test data of {run.dataset}"][_test_hash(run)].append(run.run_id)
    return [
        f"{name}: " + "; ".join(f"{value} ({_some(ids)})" for value, ids in sorted(values.items()))
        for name, values in sorted(by_name.items())
        if len(values) > 1
    ]


def refuse_mixtures(runs: Sequence[RunMetrics], *, allow: bool) -> tuple[str, ...]:
    """Notes for a table of these runs; raises ``DataError`` where they differ; with ``allow`` the notes say so."""
    found = mixtures(runs)
    if found and not allow:
        raise DataError(
            f"these runs cannot stand in one table. {' | '.join(found)}",
            hint="Choose runs that agree (--protocol, --subset, other folders), judge old ones anew "
            "(python -m real.evaluation.rescore), or force it with --allow-mixed.",
        )
    return tuple(f"MIXED, not comparable: {sentence}." for sentence in found)


def _test_hash(run: RunMetrics) -> str:
    """The hash of the test split: the training split may differ between methods."""
    return run.data_hash.rpartition("+")[2][:12]


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else ""
    return ", ".join(ids[:_LISTED]) + more
