"""How many rows each stage of a build dropped and kept, in the order of the stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def funnel(stages: Sequence[str], dropped: Iterable[str]) -> list[tuple[str, int, int]]:
    """(stage, dropped there, left after it) for each stage of ``stages``; ``dropped`` names one stage a row.

    The last of ``stages`` is where the kept ones end; it drops nothing.
    """
    counts = Counter(dropped)
    left = sum(counts[stage] for stage in stages)
    rows = []
    for stage in stages[:-1]:
        left -= counts[stage]
        rows.append((stage, counts[stage], left))
    return rows


def render(total: int, rows: Sequence[tuple[str, int, int]]) -> str:
    """The funnel as text for a terminal."""
    width = max(len(stage) for stage, _, _ in rows)
    lines = [f"  {'rows':<{width}} {'':>8} {total:>7}"]
    lines += [f"  {stage:<{width}} {-count:>8} {left:>7}" for stage, count, left in rows]
    return "\n".join(lines)
