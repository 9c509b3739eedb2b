"""The joint rate of rollouts by step and ``reward.credit``: every seed thin, their mean thick."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from real.results.index import Entry
from real.results.learning_speed import LEVELS, ORDER, learning
from real.results.style import LIGHT, Theme, canvas, heading, percent_axis, spread_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_figure(found: Sequence[Entry], theme: Theme = LIGHT) -> Figure:
    """Moving averages; dotted lines are the rates that the table counts steps to."""
    from matplotlib.figure import Figure

    colours = dict(zip(ORDER, (theme.neutral, theme.func_qual, theme.function, theme.quality), strict=True))
    with canvas(theme):
        figure = Figure(figsize=(7.6, 4.4))
        subtitle = "Thin: one seed, moving average; thick: mean over the seeds."
        top = heading(figure, "How fast the joint rate rises, by credit", subtitle, theme, inches=0.7)
        axes = figure.add_axes((0.08, 0.13, 0.76, top - 0.13))
        ends = []
        for credit, runs in learning(found).items():
            colour = colours.get(credit, theme.reward)
            for run in runs:
                axes.plot(run.steps, run.curve, color=colour, linewidth=0.8, alpha=0.35)
            steps = sorted(set.intersection(*(set(run.steps) for run in runs)))
            by_step = [dict(zip(run.steps, run.curve, strict=True)) for run in runs]
            mean = [statistics.fmean(rates[step] for rates in by_step) for step in steps]
            axes.plot(steps, mean, color=colour, linewidth=2.4)
            ends.append((mean[-1], credit, colour))
        for level in LEVELS:
            axes.axhline(level, color=theme.neutral, linewidth=1, linestyle=":")
        axes.set_ylim(-0.02, 1.03)
        percent_axis(axes.yaxis)
        axes.set_xlabel("step")
        for (_, credit, colour), height in zip(ends, spread_labels([end[0] for end in ends], 0.06), strict=True):
            axes.annotate(
                credit, (1.012, height), xycoords=axes.get_yaxis_transform(), color=colour, va="center",
                fontsize=9.5, fontweight="bold", annotation_clip=False,
            )  # fmt: skip
    return figure
