"""The paper's Table 1, recomputed: sizes, and mean lengths of tasks and solutions in tokens."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from real.datasets.loading import Loaded
from real.types import Task


@dataclass(frozen=True, slots=True)
class Sizes:
    """One row of Table 1; ``None``: not at hand. Lengths are means in tokens over the rows that have the text."""

    train: int | None
    test: int | None
    task_length: float | None
    solution_length: float | None


# Table 1 of the paper (arXiv text, section 4.1).
PAPER: Mapping[str, Sizes] = {
    "seccodeplt_plus": Sizes(655, 164, 224, 128),
    "safesql": Sizes(339, 85, 337, 203),
    "apps_plus": Sizes(2038, 519, 373, 152),
}
HEADER = (
    "data set", "train", "paper", "test", "paper", "task length", "paper", "solution length", "paper", "solutions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table1Row:
    """A data set's figures beside the paper's; ``solutions`` is how many rows have one to measure."""

    name: str
    ours: Sizes
    paper: Sizes
    solutions: int


def measure(splits: Mapping[str, Loaded], count: Callable[[str], int]) -> Table1Row:
    """The figures of one data set over the splits at hand.

    A task's text is its messages, a solution is the reference, or where there is none the program that the row brings.
    """
    tasks = [task for loaded in splits.values() for task in loaded.tasks]
    solutions = [code for task in tasks if (code := task.reference or task.unsafe) is not None]
    name = next(iter(splits.values())).name
    sizes = {split: len(loaded.tasks) for split, loaded in splits.items()}
    ours = Sizes(
        sizes.get("train"), sizes.get("test"), _mean(map(count, map(_text, tasks))), _mean(map(count, solutions))
    )
    return Table1Row(name, ours, PAPER.get(name, Sizes(None, None, None, None)), len(solutions))


def _text(task: Task) -> str:
    return "\n".join(message.content for message in task.prompt)


def _mean(counts: Iterable[int]) -> float | None:
    values = list(counts)
    return fmean(values) if values else None


def cells(row: Table1Row) -> list[str]:
    """A row as text, in the order of ``HEADER``; an empty cell is a figure that is not at hand."""
    pairs = (
        (row.ours.train, row.paper.train),
        (row.ours.test, row.paper.test),
        (row.ours.task_length, row.paper.task_length),
        (row.ours.solution_length, row.paper.solution_length),
    )
    return [
        row.name,
        *("" if value is None else f"{value:.0f}" for pair in pairs for value in pair),
        str(row.solutions),
    ]


def markdown(rows: Sequence[Table1Row], tokenizer: str) -> str:
    """The table in Markdown, with a line that says what a token is."""
    lines = [HEADER, ("---",) + ("---:",) * (len(HEADER) - 1), *map(cells, rows)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{table}\n\nLengths are means in tokens of the tokenizer `{tokenizer}` over train and test."


def to_csv(rows: Sequence[Table1Row], tokenizer: str) -> str:
    """The table as CSV, with a column for the tokenizer."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = [f"{HEADER[at - 1]} ({name})" if name == "paper" else name for at, name in enumerate(HEADER)]
    writer.writerow([*header, "tokenizer"])
    writer.writerows([*cells(row), tokenizer] for row in rows)
    return out.getvalue()
