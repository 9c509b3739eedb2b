"""What training minimised, update by update: one panel a run that keeps ``losses.jsonl`` (SFT, SVEN, SafeCoder)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from real.io.disk import read_lines
from real.results.curves import series, smooth
from real.results.index import Entry
from real.results.style import LIGHT, Theme, canvas, heading

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOG = "losses.jsonl"  # of `real.methods.common.loss_log`
_COLUMNS = 4


def with_losses(found: Sequence[Entry]) -> list[tuple[str, list[float], list[float]]]:
    """Method, updates and losses of every run that has them, by method and seed."""
    runs = []
    for entry in found:
        if entry.run is not None and any((entry.path / name).exists() for name in (LOG, f"{LOG}.gz")):
            runs.append((entry.run.method, entry.run.seed, *series(read_lines(entry.path / LOG), "loss")))
    return [(f"{method}, seed {seed}", steps, losses) for method, seed, steps, losses in sorted(runs)]


def losses_figure(found: Sequence[Entry], theme: Theme = LIGHT) -> Figure:
    """Dots: the loss of an update, on what it learnt from; lines: moving average. Each panel has its own scale."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    runs = with_losses(found)
    columns = min(_COLUMNS, max(1, len(runs)))
    rows = max(1, -(-len(runs) // columns))
    with canvas(theme):
        height = 0.9 + 1.9 * rows
        figure = Figure(figsize=(7.6, height))
        subtitle = "Dots: an update; lines: moving average. Each loss is of its own kind: compare within a panel only."
        top = heading(figure, "What training minimised", subtitle, theme, inches=0.8)
        grid = figure.add_gridspec(
            rows, columns, left=0.06, right=0.99, bottom=0.45 / height, top=top - 0.2 / height, wspace=0.28, hspace=0.5
        )
        for number, (title, steps, losses) in enumerate(runs):
            axes = figure.add_subplot(grid[number // columns, number % columns])
            axes.plot(steps, losses, ".", color=theme.neutral, markersize=4)
            axes.plot(steps, smooth(losses), color=theme.reward, linewidth=2)
            axes.set_title(title, fontsize=9, loc="left")
            axes.set_ylim(bottom=0)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
            if number // columns == rows - 1:
                axes.set_xlabel("update")
    return figure
