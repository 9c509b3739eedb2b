"""A table as Markdown, CSV, LaTeX or HTML; best bold and second best underlined, as in the paper's tables."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from real.errors import UsageError
from real.io.columns import markdown
from real.registry import did_you_mean

FORMATS = ("md", "csv", "latex")  # of the tables in a run's directory
SUFFIXES = {"md": "md", "csv": "csv", "latex": "tex", "html": "html"}  # of all formats


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: ``text`` to print, ``value`` to rank by, ``numbers`` as columns of the CSV (``""`` is the main one)."""

    text: str
    value: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: title, data set (where there are several), and whether its best cells are marked."""

    title: str
    group: str = ""
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns; the best cell of a column is marked within each ``block`` of rows."""

    cells: tuple[Cell, ...]
    block: str = ""
    contest: str | None = None  # rows of a block that are ranked together; by default all of them


@dataclass(frozen=True, slots=True)
class Table:
    """A table, independent of the format that it is written in."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str
    notes: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        """How a notebook shows the table."""
        from real.results.pages import page

        return page("notebook_table.html", **_template_values(self))


def render(table: Table, fmt: str) -> str:
    """The table as text that ends with a newline; raises ``UsageError`` for a format that ``SUFFIXES`` lacks."""
    writers = {"md": _markdown, "csv": _csv, "latex": _latex, "html": _html}
    if fmt not in writers:
        raise UsageError(f"unknown table format {fmt!r}", hint=did_you_mean(fmt, SUFFIXES))
    return writers[fmt](table)


def marks(table: Table) -> list[list[str]]:
    """``best``, ``second`` or an empty string for each cell; ties as printed (three digits) share a mark.

    The second best is marked only where a block has at least three contenders, and nothing where all are equal.
    """
    marked = [[""] * len(table.columns) for _ in table.rows]
    for contest in dict.fromkeys((row.block, row.contest) for row in table.rows):
        members = [i for i, row in enumerate(table.rows) if (row.block, row.contest) == contest]
        for j, column in enumerate(table.columns):
            if not column.compared:
                continue
            values = {i: value for i in members if (value := _rank(table.rows[i].cells[j])) is not None}
            ranking = sorted(set(values.values()), reverse=True)
            if len(ranking) < 2:
                continue
            for i, value in values.items():
                if value == ranking[0]:
                    marked[i][j] = "best"
                elif value == ranking[1] and len(values) > 2:
                    marked[i][j] = "second"
    return marked


def _rank(cell: Cell) -> float | None:
    return round(cell.value, 3) if cell.value is not None and math.isfinite(cell.value) else None


# --- Markdown ---------------------------------------------------------------------------------------------------------


def _markdown(table: Table) -> str:
    several = len({column.group for column in table.columns if column.group}) > 1
    titles = [f"{c.group} {c.title}" if several and c.group else c.title for c in table.columns]
    around = {"best": "**{}**", "second": "<u>{}</u>", "": "{}"}
    rows = [[_escape_markdown(title) for title in titles]]
    for row, row_marks in zip(table.rows, marks(table), strict=True):
        rows.append(
            [
                around[m].format(_escape_markdown(c.text)) if c.text else ""
                for c, m in zip(row.cells, row_marks, strict=True)
            ]
        )
    compared = [i for i, column in enumerate(table.columns) if column.compared]
    return "\n\n".join([markdown(rows, right=compared), *table.notes]) + "\n"


def _escape_markdown(text: str) -> str:
    return re.sub(r"([|*_<>`\\])", r"\\\1", " ".join(text.split()))


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv(table: Table) -> str:
    """Labels as text and every number of a cell as a column of its own, unrounded."""
    kinds = [
        dict.fromkeys(kind for row in table.rows for kind in row.cells[j].numbers) for j in range(len(table.columns))
    ]
    header = []
    for column, kind in zip(table.columns, kinds, strict=True):
        base = _snake(f"{column.group} {column.title}")
        header += [f"{base}_{k}" if k else base for k in kind] or [base]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in table.rows:
        line: list[object] = []
        for cell, kind in zip(row.cells, kinds, strict=True):
            line += [_plain(cell.numbers.get(k)) for k in kind] if kind else [cell.text]
        writer.writerow(line)
    return text.getvalue()


def _plain(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.6f}"


def _snake(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


# --- HTML -------------------------------------------------------------------------------------------------------------


def _html(table: Table) -> str:
    """A page of its own in the look of the report, which loads nothing."""
    from real.results.pages import page

    return page("table.html", **_template_values(table))


def _template_values(table: Table) -> dict[str, object]:
    rows = list(zip(table.rows, marks(table), strict=True))
    return {"table": table, "groups": column_groups(table), "rows": rows}


def column_groups(table: Table) -> list[tuple[str, int]]:
    """Names of the data sets above the titles, with the number of columns that each spans; none where none has one."""
    if not any(column.group for column in table.columns):
        return []
    return [(name, len(list(run))) for name, run in itertools.groupby(table.columns, key=lambda column: column.group)]


# --- LaTeX ------------------------------------------------------------------------------------------------------------


def _latex(table: Table) -> str:
    """A booktabs table; needs the packages ``booktabs`` and, for the file's dashes and signs, UTF-8 input."""
    around = {"best": r"\textbf{%s}", "second": r"\underline{%s}", "": "%s"}
    body: list[str] = []
    previous = table.rows[0].block if table.rows else ""
    for row, row_marks in zip(table.rows, marks(table), strict=True):
        if row.block != previous:
            body.append(r"\midrule")
            previous = row.block
        cells = [around[m] % _escape_latex(c.text) if c.text else "" for c, m in zip(row.cells, row_marks, strict=True)]
        body.append(_ampersands(cells))
    return "\n".join(
        [
            r"\begin{table}[t]",
            r"\centering",
            rf"\caption{{{_escape_latex(' '.join((table.caption + '.', *table.notes)))}}}",
            rf"\begin{{tabular}}{{{''.join('r' if column.compared else 'l' for column in table.columns)}}}",
            r"\toprule",
            *_latex_groups(table),
            _ampersands([_escape_latex(column.title) for column in table.columns]),
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _latex_groups(table: Table) -> list[str]:
    """The line of data set names above the titles, where there are any."""
    cells, rules, at = [], [], 1
    for name, width in column_groups(table):
        cells += [rf"\multicolumn{{{width}}}{{c}}{{{_escape_latex(name)}}}"] if name else [""] * width
        rules += [rf"\cmidrule(lr){{{at}-{at + width - 1}}}"] if name else []
        at += width
    return [_ampersands(cells), " ".join(rules)] if cells else []


def _ampersands(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "“": "``",
    "”": "''",
    **{character: "\\" + character for character in "&%$#_{}"},
}


def _escape_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
