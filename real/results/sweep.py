"""Runs that differ in reward, model, data set or seed, gathered into the cells of a table or figure (paper Table 4)."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from real.errors import DataError
from real.evaluation.metrics import RunMetrics
from real.evaluation.rates import RATE_NAMES, Metrics, Rate
from real.results.labels import REWARD_LABELS, reward_rank

BEFORE = "before training"


@dataclass(frozen=True, slots=True)
class Pooled:
    """One rate over several seeds; ``sd`` is the sample standard deviation between seeds (``None`` for one seed).

    ``pooled`` adds the samples of all seeds up. Its interval is about sampling tasks; it takes the seeds for
    independent although they share their tasks, so read it beside ``sd``, never instead of it.
    """

    mean: float
    sd: float | None
    by_seed: tuple[float, ...]
    pooled: Rate


@dataclass(frozen=True, slots=True)
class Group:
    """Every seed of one model, data set and reward variant (or ``BEFORE``), in the order of seeds."""

    model: str
    dataset: str
    variant: str
    seeds: tuple[int, ...]
    rates: dict[str, Pooled]


def variant_of(run: RunMetrics) -> str:
    """How a table names what was trained: the reward variant for REAL, the method's name for anything else."""
    return REWARD_LABELS.get(run.reward, run.reward) if run.method == "real" else run.method


def gather(runs: Iterable[RunMetrics]) -> list[Group]:
    """Groups in table order: by model, then data set, then before, single rewards and hybrid.

    Raises ``DataError`` where two runs would fill the same place (same model, data set, variant and seed).
    """
    cells: dict[tuple[str, str, str], dict[int, Metrics]] = {}
    order: dict[str, tuple[int, str]] = {BEFORE: (-1, "")}
    owner: dict[tuple[str, str, str, int], str] = {}
    for run in runs:
        # The same seed starts every variant from the same policy: its "before" counts once.
        cells.setdefault((run.model, run.dataset, BEFORE), {}).setdefault(run.seed, run.before)
        if run.after is None:
            continue
        variant = variant_of(run)
        order[variant] = reward_rank(run.reward) if run.method == "real" else (-1, run.method)
        place = (run.model, run.dataset, variant, run.seed)
        if owner.setdefault(place, run.run_id) != run.run_id:
            raise DataError(
                f"runs {owner[place]} and {run.run_id} are both {run.model}, {run.dataset}, {variant}, seed {run.seed}",
                hint="They differ in another setting; give the directories of one sweep only.",
            )
        cells.setdefault(place[:3], {})[run.seed] = run.after
    keys = sorted(cells, key=lambda key: (key[0], key[1], order[key[2]]))
    return [_group(*key, cells[key]) for key in keys]


def pool(rates: Sequence[Rate]) -> Pooled:
    """Mean, spread and pooled Wilson interval of one rate over seeds; ``rates`` has at least one member."""
    values = tuple(rate.rate for rate in rates)
    return Pooled(
        mean=statistics.fmean(values),
        sd=statistics.stdev(values) if len(values) > 1 else None,
        by_seed=values,
        pooled=Rate.of(
            sum(rate.passed for rate in rates),
            sum(rate.n for rate in rates),
            sum(rate.effective_n for rate in rates),
        ),
    )


def _group(model: str, dataset: str, variant: str, by_seed: dict[int, Metrics]) -> Group:
    seeds = tuple(sorted(by_seed))
    rates = {name: pool([by_seed[seed].rates()[name] for seed in seeds]) for name in RATE_NAMES}
    return Group(model, dataset, variant, seeds, rates)
