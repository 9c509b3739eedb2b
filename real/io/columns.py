"""Rows of text as a table, for a terminal or as Markdown (tabulate)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tabulate import tabulate


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with columns aligned and a rule under the first row; first column left, others right."""
    return [line.rstrip() for line in _table(rows, "simple", range(1, len(rows[0]))).split("\n")]


def markdown(rows: Sequence[Sequence[str]], right: Collection[int]) -> str:
    """A Markdown table with the first row as its head and the columns of numbers ``right`` aligned to the right.

    Cells have to be escaped; the text has no line end.
    """
    return _table(rows, "pipe", right)


def _table(rows: Sequence[Sequence[str]], style: str, right: Collection[int]) -> str:
    sides = tuple("right" if i in right else "left" for i in range(len(rows[0])))
    # Without parsing, a run id such as 1e5 stays the text that it is.
    return str(tabulate(rows[1:], headers=rows[0], tablefmt=style, colalign=sides, disable_numparse=True))
