"""Table 1 (the data sets) and Table 6 (detectors compared, which the paper does not have), from files of results."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from real.errors import DataError
from real.io.disk import read_json, read_text
from real.results.paper.numbers import Place, printed
from real.results.paper.specs import DATASETS
from real.results.paper.tables import NOT_RUN
from real.results.render import Cell, Column, Row, Table

_COLUMNS = {  # of the paper: our column in the file that `python -m real.datasets stats --out` writes
    "train": ("Train Size", 1),
    "test": ("Test Size", 3),
    "task_length": ("Task Length", 5),
    "solution_length": ("Solution Length", 7),
}
TOOLS = ("REAL", "bandit", "opengrep", "semgrep", "Pysa", "CodeQL", "Bearer")


def datasets_table(facts: Path) -> Table:
    """Table 1 beside what ``python -m real.datasets stats … --out FACTS.csv`` counted; a missing file is said.

    Raises ``DataError`` where the file is of another kind.
    """
    measured = _counted(facts) if facts.exists() else {}
    columns = [Column("Dataset"), Column("")]
    columns += [Column(title) for title, _ in _COLUMNS.values()] + [Column("Scenario"), Column("Source")]
    rows = []
    for dataset in ("seccodeplt_plus", "safesql", "apps_plus"):
        told = {key: printed()[Place(1, "", "", dataset, key)] for key in (*_COLUMNS, "scenario", "source")}
        paper = [_count(told[key]) for key in _COLUMNS]
        rows.append(Row((Cell(DATASETS[dataset]), Cell("paper"), *paper, Cell(told["scenario"]), Cell(told["source"]))))
        ours = measured.get(dataset)
        cells = [_count(ours[at]) for _, at in _COLUMNS.values()] if ours else [Cell(NOT_RUN)] + [Cell("")] * 3
        rows.append(Row((Cell(""), Cell("ours"), *cells, Cell(""), Cell(""))))
    notes = (
        "Lengths are means in tokens of Qwen2.5-Coder's tokenizer, over the rows at hand that have the text; the train "
        "split of APPS+ is not at hand here. Which tokenizer and which texts the paper measured, it does not say.",
    )
    return Table(tuple(columns), tuple(rows), "Table 1. The benchmarks", notes)


def detectors_table(files: Sequence[Path], imported: Mapping[str, Mapping[str, object]] | None = None) -> Table:
    """Table 6: recall, silence and correct pairs of each detector on the same pairs.

    A file is what ``benchmarks/detector_pairs.py --json`` writes: ``rows`` of counts by tool and origin, ``extra`` with
    ``median_cpu_ms`` a program, where it was measured, ``versions``. ``imported`` are such records by their names, from
    SARIF. Tools that no file names were not run. Raises ``DataError``.
    """
    counts: dict[str, dict[str, Mapping[str, object]]] = {}
    records = [(str(file), read_json(file)) for file in files] + list((imported or {}).items())
    for name, record in records:
        for tool, origin, told in _counts(record, name):
            counts.setdefault(origin, {})[tool] = told
    columns = [Column("Pairs"), Column("n"), Column("Detector")]
    columns += [Column(title, compared=True) for title in ("Recall", "Silent", "Correct pairs")]
    columns += [Column("CPU ms")]
    rows = []
    for origin, by_tool in counts.items():
        for tool, count in by_tool.items():
            labels = (Cell(origin), Cell(str(count["pairs"])), Cell(f"{tool} {count['version']}".strip()))
            rows.append(Row((*labels, *_detector_cells(count)), origin))
    run = {tool.lower() for by_tool in counts.values() for tool in by_tool}
    absent = [tool for tool in TOOLS if tool.lower() not in run]
    notes = (
        *((f"{NOT_RUN.capitalize()}: {', '.join(absent)}.",) if absent else ()),
        "A pair is a vulnerable program and its patched twin; it is correct if the one is reported under its family of "
        "weaknesses and the other is silent under all rules. Silent: patched twins without a finding (no false "
        "alarms). “bandit any”: whatever the rule. CPU: median of a program of SecCodePLT+; of the tools that scan all "
        "programs at once (all but REAL and bandit) the mean of all, their start included.",
    )
    return Table(tuple(columns), tuple(rows), "Table 6. Detectors compared (ours; not in the paper)", notes)


def _detector_cells(count: Mapping[str, object]) -> tuple[Cell, ...]:
    pairs = _float(count["pairs"])
    shares = (_float(count["found"]), pairs - _float(count["false"]), _float(count["correct"]))
    ms = count["ms"]
    time = Cell("") if ms is None else Cell(f"{_float(ms):.1f}", None, {"": _float(ms)})
    return (*(_share(share / pairs) for share in shares), time)


def _count(text: str) -> Cell:
    return Cell(f"{float(text):,.0f}" if text else "", None, {"": float(text)} if text else {})


def _share(share: float) -> Cell:
    return Cell(f"{100 * share:.1f} %", share, {"": share})


def _float(value: object) -> float:
    return float(str(value))


def _counted(facts: Path) -> dict[str, list[str]]:
    rows = list(csv.reader(read_text(facts).splitlines()))
    if not rows or rows[0][:2] != ["data set", "train"] or any(len(row) < 9 for row in rows):
        raise DataError(f"{facts} is not what `python -m real.datasets stats --out FILE.csv` writes")
    return {row[0]: row for row in rows[1:]}


def _counts(record: Mapping[str, object], name: str) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    rows, extra, versions = (record.get(key) for key in ("rows", "extra", "versions"))
    if not isinstance(rows, list) or not isinstance(extra, Mapping) or not isinstance(versions, Mapping):
        raise DataError(f"{name} is not what benchmarks/detector_pairs.py --json writes (rows, extra, versions)")
    for row in rows:
        if row.get("cwe") == "all":
            tool = str(row["tool"])
            told = {"ms": extra.get(tool, {}).get("median_cpu_ms"), "version": versions.get(tool, "")}
            yield tool, str(row["origin"]), {**row, **told}
