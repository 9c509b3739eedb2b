"""The table of ``detector_pairs.py`` as a figure: correct pairs by CWE, and by origin, REAL beside bandit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

Row = Mapping[str, Any]
_TOOLS = ("REAL", "bandit any")
_LABELS = {"REAL": "REAL", "bandit any": "bandit (medium+, any rule)"}
_COLORS = {"REAL": "#2a6f97", "bandit any": "#c9a227"}


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the figure as PNG."""
    split = [row for row in rows if row["origin"] in ("development", "held out") and row["cwe"] != "all"]
    origins = [row for row in rows if row["cwe"] == "all"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.2), width_ratios=(2, 1), layout="constrained")
    by_cwe = _merged(split, "cwe")
    _bars(left, by_cwe, sorted({row["cwe"] for row in split}, key=lambda cwe: int(cwe.removeprefix("CWE-"))))
    left.set_title("SecCodePLT+ training pairs (development and held out)", fontsize=10)
    order = ("development", "held out", "own pairs", "unseen pairs", "SVEN", "SafeCoder")
    names = [name for name in order if _has(origins, name)]
    _bars(right, _merged(origins, "origin"), names)
    right.set_title("by origin", fontsize=10)
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _has(rows: Sequence[Row], origin: str) -> bool:
    return any(row["origin"] == origin for row in rows)


def _merged(rows: Sequence[Row], key: str) -> dict[tuple[str, str], float]:
    """(tool, value of ``key``) -> percentage of correct pairs."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        count = counts.setdefault((row["tool"], row[key]), [0, 0])
        count[0] += row["correct"]
        count[1] += row["pairs"]
    return {name: 100 * correct / pairs for name, (correct, pairs) in counts.items()}


def _bars(axes: Axes, shares: Mapping[tuple[str, str], float], names: Sequence[str]) -> None:
    tools = [tool for tool in _TOOLS if any(found == tool for found, _ in shares)]
    width = 0.8 / max(len(tools), 1)
    for index, tool in enumerate(tools):
        heights = [shares.get((tool, name), 0.0) for name in names]
        places = [position + index * width for position in range(len(names))]
        axes.bar(places, heights, width, label=_LABELS[tool], color=_COLORS[tool])
    axes.set_xticks([position + width * (len(tools) - 1) / 2 for position in range(len(names))])
    axes.set_xticklabels(names, rotation=60, ha="right", fontsize=8)
    axes.set_ylim(0, 100)
    axes.set_ylabel("correct pairs, %")
    axes.spines[["top", "right"]].set_visible(False)
