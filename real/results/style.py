"""Common style of all figures: Okabe-Ito colours, light grid, a light and a dark theme."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from real.io.disk import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one theme, from the Okabe-Ito palette, which colour-blind readers can tell apart."""

    name: str
    paper: str
    ink: str
    soft: str  # secondary text
    grid: str
    function: str
    quality: str
    func_qual: str
    reward: str
    neutral: str  # before training, not runnable

    def of(self, metric: str) -> str:
        """The colour of a metric name, the same in every figure."""
        return {"function": self.function, "quality": self.quality, "func_qual": self.func_qual}[metric]


LIGHT = Theme(
    "light", "#ffffff", "#1c2330", "#5b6472", "#e6e9ee", "#0072B2", "#D98200", "#009E73", "#8A4F7D", "#7b8594"
)
DARK = Theme("dark", "#161b22", "#e6edf3", "#9aa5b1", "#2b323c", "#56B4E9", "#E69F00", "#2FC79A", "#CC79A7", "#8b95a3")


@contextlib.contextmanager
def canvas(theme: Theme) -> Iterator[None]:
    """Matplotlib settings of the theme for the body; leaves the caller's own settings alone."""
    import matplotlib as mpl

    settings: dict[str, Any] = {
        "font.family": "sans-serif",
        "font.size": 10.5,
        "figure.facecolor": theme.paper,
        "savefig.facecolor": theme.paper,
        "axes.facecolor": theme.paper,
        "axes.edgecolor": theme.grid,
        "axes.labelcolor": theme.soft,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "text.color": theme.ink,
        "xtick.color": theme.soft,
        "ytick.color": theme.soft,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "grid.color": theme.grid,
        "grid.linewidth": 0.9,
        "lines.solid_capstyle": "round",
    }
    with mpl.rc_context(settings):
        yield


def heading(figure: Figure, title: str, subtitle: str, theme: Theme, *, inches: float = 0.62) -> float:
    """Title and subtitle at the left edge; returns the figure fraction below which axes may start."""
    height = float(figure.get_figheight())
    figure.text(0.016, 1 - 0.10 / height, title, fontsize=13, fontweight="bold", va="top")
    figure.text(0.016, 1 - 0.37 / height, subtitle, fontsize=9.5, color=theme.soft, va="top")
    return 1 - inches / height


def percent_axis(axis: Any) -> None:  # noqa: ANN401 - an x or a y axis
    """Ticks of a rate from 0 to 1 as percentages."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))


def spread_labels(places: list[float], gap: float) -> list[float]:
    """Heights for labels that keep ``gap`` between neighbours and stay close to ``places`` (same order as given)."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    heights = sorted(places)
    for _ in range(50):
        for low in range(len(heights) - 1):
            overlap = gap - (heights[low + 1] - heights[low])
            if overlap > 1e-9:
                heights[low] -= overlap / 2
                heights[low + 1] += overlap / 2
    result = [0.0] * len(places)
    for rank, i in enumerate(order):
        result[i] = heights[rank]
    return result


def to_bytes(figure: Figure, fmt: str) -> bytes:
    """The figure as ``svg`` or ``png``, the same bytes for the same content."""
    import matplotlib as mpl

    out = io.BytesIO()
    # Text as outlines looks alike wherever it is opened; without the salt, ids inside the file are random.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "real"}):
        unnamed = {"Date": None, "Creator": None} if fmt == "svg" else {"Software": None}
        figure.savefig(out, format=fmt, dpi=180, metadata=unnamed)
    return out.getvalue()


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``name.png`` and ``name.svg``; raises ``InfrastructureError`` where the disk refuses."""
    paths = []
    for fmt in ("png", "svg"):
        path = folder / f"{name}.{fmt}"
        atomic_write(path, to_bytes(figure, fmt))
        paths.append(path)
    return paths


def rows_axes(axes: Axes, labels: list[str], theme: Theme) -> None:
    """A horizontal chart with one named row a label, first on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", labelcolor=theme.ink)
    axes.grid(axis="x")
