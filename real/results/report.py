"""The HTML report of a run: one page that loads nothing, with everything that a model wrote escaped."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from real.evaluation.metrics import RunMetrics, read_run
from real.io.disk import atomic_write, read_text
from real.results.curves import ENOUGH, saturation_step, series
from real.results.examples import STAGES, Example, read_examples
from real.results.figures import before_after_figure, components_figure
from real.results.highlight import highlight
from real.results.labels import METRIC_LABELS, number, points
from real.results.pages import page
from real.results.style import DARK, LIGHT, Theme, save, to_bytes
from real.results.sweep import variant_of
from real.results.task_records import check_records
from real.runs.store import RunStore

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_DOING_NOTHING = {
    "empty": "an empty program",
    "constant": "the commonest answer, always",
    "value_error": "always a ValueError",
}


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline figure of the page: a rate after training, the rate before, and the change."""

    metric: str
    label: str
    value: str
    before: str
    change: str
    interval: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One program of an example, ready to be shown; ``code`` is escaped HTML."""

    example: Example
    title: str
    code: str | None

    @property
    def clean(self) -> bool:
        """Whether there is a program and nothing was found in it."""
        return self.example.code is not None and not self.example.findings

    @property
    def correct(self) -> bool:
        """Whether the program passed all of at least one test."""
        return self.example.total > 0 and self.example.passed == self.example.total


def write_report(run_dir: Path | str) -> Path:
    """Write ``report.html`` and the figures (PNG and SVG under ``figures/``) from what the run directory holds.

    Needs ``metrics.json``; the other files are shown where they exist. Raises ``DataError`` where a file is missing or
    damaged and ``InfrastructureError`` where the disk refuses; returns the path of the page.
    """
    store = RunStore(run_dir)
    run = read_run(store.path)
    check_records(store.path, run)
    steps = store.read_steps()
    tasks = [[_panel(example) for example in examples] for examples in read_examples(store)]
    figures = [
        _picture(
            store, "before_after", "Pass rates before and after training", lambda theme: before_after_figure(run, theme)
        )
    ]
    if steps:
        figures.append(
            _picture(
                store, "components", "Reward components per PPO step", lambda theme: components_figure(steps, theme)
            )
        )
    path = store / "report.html"
    atomic_write(path, _render(store, run, steps, tasks, figures))
    return path


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of a page, in both looks, as ``data:`` addresses."""

    name: str
    alt: str
    light: str
    dark: str


def pictured(name: str, alt: str, draw: Callable[[Theme], Figure]) -> Picture:
    """The figure that ``draw`` makes, for a page in light and dark."""
    return Picture(name, alt, *(_data_uri(to_bytes(draw(theme), "svg")) for theme in (LIGHT, DARK)))


def _picture(store: RunStore, name: str, alt: str, draw: Callable[[Theme], Figure]) -> Picture:
    """Save the light figure beside the report, and return both looks for the page itself."""
    save(draw(LIGHT), store / "figures", name)
    return pictured(name, alt, draw)


def _data_uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _render(
    store: RunStore,
    run: RunMetrics,
    steps: Sequence[Mapping[str, object]],
    tasks: Sequence[Sequence[Panel]],
    figures: Sequence[Picture],
) -> str:
    config = store / "config.yaml"
    status = store.read_status()
    return page(
        "report.html",
        run=run,
        variant=variant_of(run),
        status=status,
        headlines=_headlines(run),
        labels=METRIC_LABELS,
        rate=number,
        points=points,
        figures={figure.name: figure for figure in figures},
        lesson=_lesson(steps),
        floors=[
            (label, run.trivial_baselines[name])
            for name, label in _DOING_NOTHING.items()
            if run.trivial_baselines.get(name)
        ],
        above_floor=_above_doing_nothing(run),
        tasks=tasks,
        config=read_text(config) if config.exists() else None,
        environment=list(_flat(store.read_environment())) if (store / "env.json").exists() else [],
        masked=run.before.masked + (run.after.masked if run.after else 0),
        warnings=_warnings(steps),
    )


def _warnings(steps: Sequence[Mapping[str, object]]) -> list[tuple[object, str]]:
    """Step and text of what the training warned of (real/training/health.py)."""
    told = ((record["step"], record.get("warnings")) for record in steps)
    return [(step, str(text)) for step, found in told if isinstance(found, dict) for text in found.values()]


def _headlines(run: RunMetrics) -> list[Headline]:
    last = run.after or run.before
    cards = []
    for name in ("func_qual", "function", "quality"):
        old, new = run.before.rates()[name], last.rates()[name]
        change = run.difference.get(name, (new.rate - old.rate,))
        cards.append(
            Headline(
                metric=name,
                label=METRIC_LABELS[name],
                value=_percent(new.rate),
                before=_percent(old.rate),
                change=points(change[0]) if run.after else "",
                interval=f"{new.low:.2f} to {new.high:.2f}",
            )
        )
    return cards


def _above_doing_nothing(run: RunMetrics) -> bool:
    """Whether the last policy passes all tests of more tasks than the best of the programs that solve nothing."""
    floor = max((shares.get("solved", 0.0) for shares in run.trivial_baselines.values()), default=0.0)
    return not run.trivial_baselines or (run.after or run.before).function.rate > floor


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f} %" if math.isfinite(rate) else "n/a"


def _lesson(steps: Sequence[Mapping[str, object]]) -> str:
    """What the curves of this very run say about the paper's Figure 3, in one sentence."""
    quality, function = (saturation_step(*series(steps, f"r_{name}")) for name in ("quality", "function"))
    if len(steps) < ENOUGH:
        return f"This run has fewer than {ENOUGH} steps, too few to tell."
    if quality is None and function is None:
        return "Neither component rises by as much as 0.05 in this run, so there is no order of saturation to speak of."
    if function is None:
        return (
            f"In this run quality has made 90 % of its rise by step {quality:.0f}, while function does not rise by as "
            "much as 0.05: what was learnt here is mainly to write the same programs in a clean way."
        )
    if quality is None:
        return (
            f"In this run function has made 90 % of its rise by step {function:.0f}, while quality does not rise by as "
            "much as 0.05."
        )
    order = "in the paper's order" if quality < function else "unlike in the paper, where quality saturates first"
    steps_reached = f"quality has made 90 % of its rise by step {quality:.0f} and function by step {function:.0f}"
    return f"In this run {steps_reached}, {order}."


def _panel(example: Example) -> Panel:
    lines = {finding.line for finding in example.findings}
    lines |= {step.line for finding in example.findings for step in finding.trace}
    title = STAGES[example.stage] + (f", step {example.step}" if example.step else "")
    return Panel(example, title, None if example.code is None else highlight(example.code, lines))


def _flat(record: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        elif value is not None:
            yield f"{prefix}{key}".replace("_", " "), str(value)
