"""The three figures: reward components during training, pass rates before and after, and a sweep over rewards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from real.evaluation.rates import RATE_NAMES, Rate
from real.results.curves import saturation_order, series, smooth
from real.results.labels import METRIC_LABELS, number, points
from real.results.style import LIGHT, Theme, canvas, heading, percent_axis, rows_axes, spread_labels
from real.results.sweep import BEFORE, Group, gather

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from real.evaluation.metrics import RunMetrics

_GAP = 0.42  # inches between the panels of a sweep

# Key in steps.jsonl, name in the figure, metric that gives the colour, line style.
COMPONENTS = (
    ("r_quality", "quality", "quality", "-"),
    ("r_function", "function", "function", "-"),
    ("func_qual", "both", "func_qual", "-"),
)


def components_figure(records: Sequence[Mapping[str, object]], theme: Theme = LIGHT) -> Figure:
    """Reward components per PPO step (the story of the paper's Figure 3): raw points, and a light moving average."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with canvas(theme):
        figure = Figure(figsize=(7.6, 5.0))
        subtitle = f"Dots: mean of a step's rollouts; lines: moving average.\n{saturation_order(records)}"
        top = heading(figure, "What the policy learns, and when", subtitle, theme, inches=0.86)
        grid = figure.add_gridspec(
            2, 1, height_ratios=(3, 1.25), hspace=0.16, left=0.072, right=0.785, bottom=0.115, top=top
        )
        upper = figure.add_subplot(grid[0])
        lower = figure.add_subplot(grid[1], sharex=upper)
        draw_curves(upper, records, [(key, name, theme.of(m), style) for key, name, m, style in COMPONENTS], 0.075)
        upper.set_ylim(-0.02, 1.03)
        percent_axis(upper.yaxis)
        upper.tick_params(labelbottom=False)
        rest = [
            ("reward_mean", "mean reward", theme.reward, "-"),
            ("not_runnable", "not runnable", theme.neutral, "--"),
        ]
        draw_curves(lower, records, rest, 0.21)
        lower.set_xlabel("PPO step")
        lower.margins(x=0.015)
        lower.xaxis.set_major_locator(MaxNLocator(integer=True))
        return figure


def before_after_figure(run: RunMetrics, theme: Theme = LIGHT) -> Figure:
    """Pass rates before and after training on the same held-out tasks, with 95 % Wilson intervals."""
    from matplotlib.figure import Figure

    with canvas(theme):
        figure = Figure(figsize=(7.6, 3.3))
        subtitle = f"{run.before.n} held-out tasks, greedy decoding; whiskers are 95 % Wilson intervals"
        top = heading(figure, "Pass rates before and after training", subtitle, theme)
        axes = figure.add_axes((0.135, 0.105, 0.70, top - 0.105))
        rows_axes(axes, [METRIC_LABELS[name] for name in RATE_NAMES], theme)
        for i, name in enumerate(RATE_NAMES):
            old = run.before.rates()[name]
            _whisker(axes, i - 0.15, old, theme.neutral, filled=False)
            if run.after is None:
                continue
            new = run.after.rates()[name]
            _whisker(axes, i + 0.15, new, theme.of(name), filled=True)
            change = run.difference.get(name, (new.rate - old.rate,))[0]
            axes.annotate(
                f"{number(old.rate, 2)} → {number(new.rate, 2)}\n{points(change)}",
                (1.03, i),
                xycoords=axes.get_yaxis_transform(),
                va="center",
                fontsize=9.5,
                color=theme.of(name),
            )
        axes.set_xlim(-0.02, 1.02)
        percent_axis(axes.xaxis)
        _tag(axes, "before", (run.before.function.rate, -0.15), 11, theme.neutral)
        if run.after is not None:
            _tag(axes, "after", (run.after.function.rate, 0.15), -12, theme.function)
        return figure


def sweep_figure(runs: Sequence[RunMetrics], theme: Theme = LIGHT) -> Figure:
    """Function, Quality and Func.-Qual. after training for each reward: mean, seeds as dots, before as dashed line."""
    from matplotlib.figure import Figure

    groups = gather(runs)
    places = list(dict.fromkeys((group.model, group.dataset) for group in groups))
    counts = {place: sum((g.model, g.dataset) == place and g.variant != BEFORE for g in groups) for place in places}
    with canvas(theme):
        inches = [0.2 + 0.46 * max(1, counts[place]) for place in places]
        figure = Figure(figsize=(9.2, 1.54 + sum(inches) + _GAP * (len(places) - 1)))
        subtitle = (
            "Large dots: mean over seeds; small: single seeds; "
            "bars: 95 % Wilson interval, seeds pooled; dashed: before training"
        )
        top = heading(figure, "What each reward teaches", subtitle, theme, inches=0.92)
        grid = figure.add_gridspec(
            len(places),
            3,
            height_ratios=inches,
            left=0.155,
            right=0.965,
            bottom=0.42 / figure.get_figheight(),
            top=top - 0.06 / figure.get_figheight(),
            wspace=0.2,
            hspace=_GAP * len(places) / sum(inches),
        )
        for i, place in enumerate(places):
            members = [group for group in groups if (group.model, group.dataset) == place]
            for j, name in enumerate(RATE_NAMES):
                axes = figure.add_subplot(grid[i, j])
                _sweep_panel(axes, members, name, theme)
                if i == 0:
                    axes.set_title(METRIC_LABELS[name], loc="left", fontsize=10.5, fontweight="bold", pad=16)
                if j == 0:
                    axes.annotate(
                        f"{place[0]} on {place[1]}", (0, 1), (0, 4), xycoords="axes fraction",
                        textcoords="offset points", fontsize=8.5, color=theme.soft,
                    )  # fmt: skip
                else:
                    axes.tick_params(labelleft=False)
                axes.tick_params(labelbottom=i == len(places) - 1)
        return figure


def draw_curves(
    axes: Axes, records: Sequence[Mapping[str, object]], lines: Sequence[tuple[str, str, str, str]], gap: float
) -> None:
    """Raw points and smoothed lines, named at their right end; ``gap`` is the share of the height between names."""
    axes.grid(axis="y")
    ends: list[tuple[float, float, str, str]] = []
    for key, name, colour, style in lines:
        steps, values = series(records, key)
        if not steps:
            continue
        curve = smooth(values)
        axes.plot(steps, values, "o", color=colour, markersize=3.2, alpha=0.35, markeredgewidth=0)
        axes.plot(steps, curve, style, color=colour, linewidth=2.2)
        ends.append((steps[-1], curve[-1], name, colour))
    low, high = axes.get_ylim()
    heights = spread_labels([end[1] for end in ends], gap * (high - low))
    for (_, value, name, colour), height in zip(ends, heights, strict=True):
        text = f"{name} {value:.2f}".replace("-", "\N{MINUS SIGN}")
        axes.annotate(
            text, (1.012, height), xycoords=axes.get_yaxis_transform(), color=colour,
            va="center", fontsize=9.5, fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def _whisker(axes: Axes, y: float, rate: Rate, colour: str, *, filled: bool) -> None:
    axes.plot([rate.low, rate.high], [y, y], color=colour, linewidth=2.4, alpha=0.75)
    face = colour if filled else axes.get_facecolor()
    axes.plot([rate.rate], [y], "o", color=colour, markersize=8.5, markerfacecolor=face, markeredgewidth=2)


def _tag(axes: Axes, text: str, at: tuple[float, float], rise: float, colour: str) -> None:
    """A word ``rise`` points above a mark."""
    axes.annotate(text, at, (0, rise), textcoords="offset points", ha="center", va="center", fontsize=9, color=colour)


def _sweep_panel(axes: Axes, members: Sequence[Group], name: str, theme: Theme) -> None:
    trained = [group for group in members if group.variant != BEFORE]
    rows_axes(axes, [group.variant for group in trained] or [""], theme)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xticks((0, 0.5, 1))
    percent_axis(axes.xaxis)
    for group in members:
        rate = group.rates[name]
        if group.variant == BEFORE:
            axes.axvline(rate.mean, color=theme.neutral, linewidth=1.4, linestyle=(0, (4, 3)), zorder=1)
            continue
        y = trained.index(group)
        axes.plot([rate.pooled.low, rate.pooled.high], [y, y], color=theme.of(name), linewidth=5, alpha=0.28)
        axes.plot(rate.by_seed, [y + 0.27] * len(rate.by_seed), "o", color=theme.of(name), markersize=3.4, alpha=0.75)
        axes.plot([rate.mean], [y], "o", color=theme.of(name), markersize=7.5)
        near = rate.mean > 0.8  # no room at the right: the number stands at the left
        axes.annotate(
            number(rate.mean, 2), (rate.pooled.low if near else rate.pooled.high, y), (-5 if near else 5, 0),
            textcoords="offset points", ha="right" if near else "left", va="center", fontsize=8.5, color=theme.ink,
            bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
