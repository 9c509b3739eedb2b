"""What several files say of one: its own findings, and those of the callers whose data reach its sinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from real.formats.record import Record, ScannedProgram
from real.types import AnalysisStatus, Confidence

_ORDER = tuple(Confidence)


def merged(program: ScannedProgram | None, others: Sequence[ScannedProgram]) -> ScannedProgram:
    """One program of several views of the same file: each finding once, as whoever is surest of it tells it.

    Its own view, if there is one, is ``program``; the others have findings only, and the lines.
    """
    first = program or replace(others[0], records=())
    found: dict[tuple[str, int, int], Record] = {}
    for record in (record for view in (first, *others) for record in view.records):
        key = _place(record)
        if key not in found or _certainty(record) > _certainty(found[key]):
            found[key] = record
    records = tuple(sorted(found.values(), key=lambda record: (record.line, record.column, record.rule)))
    failed = first.status in (AnalysisStatus.ERROR, AnalysisStatus.UNANALYZABLE)
    status = first.status if failed or not records else AnalysisStatus.FINDINGS
    return replace(first, lines=first.lines or others[0].lines, status=status, records=records)


def _certainty(record: Record) -> int:
    return _ORDER.index(record.confidence) if record.confidence else len(_ORDER)


def news(program: ScannedProgram, shown: ScannedProgram | None) -> ScannedProgram:
    """The program with only the findings that count and have not been shown yet."""
    known = {_place(record) for record in shown.open} if shown else set()
    return replace(
        program, records=tuple(one for one in program.open if _place(one) not in known), reason="", unseen=()
    )


def _place(record: Record) -> tuple[str, int, int]:
    return record.rule, record.line, record.column
