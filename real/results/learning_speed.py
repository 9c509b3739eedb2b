"""How fast training reaches a joint rate, by ``reward.credit``: steps and samples, area under the curve, final rate."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from real.errors import DataError
from real.ids import canonical
from real.results.curves import series, smooth
from real.results.index import Entry
from real.results.labels import number
from real.results.render import Cell, Column, Row, Table
from real.runs.store import RunStore

LEVELS = (0.6, 0.7)
METRIC = "func_qual"  # the joint rate of a step's rollouts
PLAIN = "none"
ORDER = (PLAIN, "trace", "line", "random")


@dataclass(frozen=True, slots=True)
class Learning:
    """A run: its smoothed joint rate by step (``curve``), samples a step, and joint rate on the test tasks."""

    credit: str
    seed: int
    settings: str  # all others that can change a number
    steps: tuple[float, ...]
    curve: tuple[float, ...]
    batch: int
    area: float
    final: float

    def reached(self, level: float) -> float | None:
        """The first step whose smoothed joint rate is at least ``level``; ``None`` where no step's is."""
        return next((step for step, rate in zip(self.steps, self.curve, strict=True) if rate >= level), None)

    def at_least(self, level: float) -> float:
        """The same, and one step beyond the last where it is not reached: a lower bound."""
        found = self.reached(level)
        return self.steps[-1] + 1 if found is None else found


def learning(found: Sequence[Entry]) -> dict[str, list[Learning]]:
    """The runs of REAL by credit, in the order of their seeds; runs of other methods are left out.

    Raises ``DataError`` where two runs have the same credit and seed or differ in a setting besides these two, and
    where a run has no log of its steps.
    """
    ways: dict[str, dict[int, Learning]] = {}
    first: tuple[str, str] | None = None
    for entry in found:
        if entry.run is None or entry.run.after is None or entry.run.method != "real":
            continue
        made = _learning(entry.path, entry.run.seed, entry.run.after.rates()[METRIC].rate)
        first = first or (entry.run_id, made.settings)
        if made.settings != first[1]:
            raise DataError(
                f"{entry.run_id} and {first[0]} differ in more than seed and reward.credit",
                hint="This table takes runs of one sweep; `python -m real.results show RUN` prints a run's settings.",
            )
        if ways.setdefault(made.credit, {}).setdefault(made.seed, made) is not made:
            raise DataError(
                f"{entry.run_id} and another run both have reward.credit={made.credit}, seed {made.seed}",
                hint="One of them is enough; this table takes runs of one sweep.",
            )
    known = sorted(ways, key=lambda credit: (ORDER.index(credit) if credit in ORDER else len(ORDER), credit))
    return {credit: [ways[credit][seed] for seed in sorted(ways[credit])] for credit in known}


def speed_table(found: Sequence[Entry]) -> Table:
    """One row a credit, and behind the figures what differs from ``none``, paired by seed."""
    ways = learning(found)
    titles = ["Credit", "Seeds"]
    titles += [f"{what} to {level:g}" for level in LEVELS for what in ("Steps", "Samples", "Reached", "Against none")]
    titles += ["Area", "Against none", "Final joint", "Against none"]
    rows = []
    for credit, runs in ways.items():
        cells = [credit, str(len(runs))]
        for level in LEVELS:
            needed = partial(Learning.at_least, level=level)
            steps = statistics.fmean(map(needed, runs))
            samples = statistics.fmean(needed(run) * run.batch for run in runs)
            reached = sum(run.reached(level) is not None for run in runs)
            against = _against(ways, credit, needed, 1)
            if plain := [needed(run) for run in ways.get(PLAIN, ()) if credit != PLAIN]:
                against += f" (x {steps / statistics.fmean(plain):.2f})"
            cells += [f"{steps:.1f}", f"{samples:,.0f}", f"{reached} of {len(runs)}", against]
        for value in (attrgetter("area"), attrgetter("final")):
            cells += [number(statistics.fmean(map(value, runs))), _against(ways, credit, value, 3)]
        rows.append(Row(tuple(Cell(cell) for cell in cells)))
    notes = (
        "Steps to a rate: the first step whose rollouts' joint rate, as a moving average over three steps or more, is "
        "at least that; a run that never is counts as one step beyond its last, so that a mean with such runs is a "
        "lower bound. Area: the mean joint rate over all steps. Final joint: greedy answers to the test tasks. Against "
        "none: the mean difference over the seeds that both have, with the 95 % interval of Student's t; in brackets, "
        "the ratio of the mean steps.",
    )
    return Table(tuple(map(Column, titles)), tuple(rows), "How fast the joint rate rises, by reward.credit", notes)


def paired(differences: Sequence[float]) -> tuple[float, float, float]:
    """Mean of paired differences with its 95 % interval (Student's t); raises ``DataError`` for fewer than two."""
    if len(differences) < 2:
        raise DataError(f"{len(differences)} seeds in common, and an interval needs two")
    mean = statistics.fmean(differences)
    half = student(len(differences) - 1) * statistics.stdev(differences) / math.sqrt(len(differences))
    return mean, mean - half, mean + half


def student(freedom: int, share: float = 0.95) -> float:
    """The ``t`` with ``share`` of Student's distribution between ``-t`` and ``t``.

    With ``x = sqrt(freedom) tan(u)`` the density becomes ``cos(u) ** (freedom - 1)``, which is integrated by Simpson's
    rule; bisection finds the bound.
    """

    def integral(end: float, pieces: int = 400) -> float:
        width = end / pieces
        weights = (1 if n in (0, pieces) else 4 if n % 2 else 2 for n in range(pieces + 1))
        return width / 3 * sum(w * math.cos(n * width) ** (freedom - 1) for n, w in enumerate(weights))

    low, high, whole = 0.0, math.pi / 2, integral(math.pi / 2)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if integral(middle) < share * whole else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _against(ways: dict[str, list[Learning]], credit: str, value: Callable[[Learning], float], digits: int) -> str:
    plain = {run.seed: value(run) for run in ways.get(PLAIN, ())}
    differences = [value(run) - plain[run.seed] for run in ways[credit] if run.seed in plain]
    if credit == PLAIN or len(differences) < 2:
        return "-"
    mean, low, high = paired(differences)
    return f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _learning(run: Path, seed: int, final: float) -> Learning:
    store = RunStore(run)
    config = OmegaConf.load(store / "config.yaml")
    steps, rates = series(store.read_steps(), METRIC)
    if not steps:
        raise DataError(f"{run} has no joint rate in its steps.jsonl", hint="A run of method=real logs one a step.")
    batch = int(OmegaConf.select(config, "trainer.rollout_batch")) * int(
        OmegaConf.select(config, "trainer.samples_per_prompt", default=1)
    )
    credit = str(OmegaConf.select(config, "reward.credit", default=PLAIN))
    others = OmegaConf.merge(config, {"seed": 0, "reward": {"credit": PLAIN}})
    assert isinstance(others, DictConfig)
    settings = canonical(others)
    return Learning(credit, seed, settings, tuple(steps), tuple(smooth(rates)), batch, statistics.fmean(rates), final)
