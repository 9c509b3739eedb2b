"""The table at the end of a validation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from real.datasets.validation.rows import RowStatus

_SHOWN = 20  # rows that are not valid, before the rest is only counted


def passed(program: Mapping[str, object], suite: str) -> bool | None:
    """Whether a recorded program passed every case of ``tests`` or ``safety``; ``None`` where it has no such suite."""
    found = program.get(suite)
    return None if not isinstance(found, Mapping) else found["passed"] == found["total"]


def tally(records: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """Rows by status, in the order of ``RowStatus``, without the statuses that no row has."""
    counts = Counter(str(record["status"]) for record in records)
    return {status.value: counts[status] for status in RowStatus if counts[status]}


def program_counts(records: Sequence[Mapping[str, object]]) -> list[tuple[str, str, int, int]]:
    """(role, what, how many, of how many) over all programs: suites passed as a whole, analyses clean."""
    counts: dict[tuple[str, str], list[int]] = {}
    for program in (p for record in records for p in _programs(record)):
        role = str(program["role"])
        results = [
            ("extracted unchanged", bool(program["extracted"])),
            ("all tests pass", passed(program, "tests")),
            ("all safety tests pass", passed(program, "safety")),
            ("clean for the detector", _clean(program, "security")),
            ("clean for the type checker", _clean(program, "maintainability")),
        ]
        for what, good in results:
            if good is not None:
                count = counts.setdefault((role, what), [0, 0])
                count[0] += good
                count[1] += 1
    return [(role, what, good, total) for (role, what), (good, total) in counts.items()]


def render(title: str, records: Sequence[Mapping[str, object]]) -> str:
    """The whole report as text for a terminal."""
    statuses = ", ".join(f"{status} {count}" for status, count in tally(records).items())
    lines = [f"{title}: {len(records)} rows: {statuses}"]
    lines += [f"  {role:<10} {what:<27} {good:>5} of {total}" for role, what, good, total in program_counts(records)]
    notes = Counter(note for record in records for note in _list(record, "notes"))
    lines += [f"  note: {note}: {count} rows" for note, count in notes.most_common()]
    bad = [r for r in records if r["status"] not in (RowStatus.VALID, RowStatus.UNCHECKED)]
    lines += [f"  {r['status']:<13} {r['task_id']}: {r['reason']}" for r in bad[:_SHOWN]]
    lines += [f"  … and {len(bad) - _SHOWN} more rows that are not valid"] if len(bad) > _SHOWN else []
    return "\n".join(lines)


def _clean(program: Mapping[str, object], check: str) -> bool | None:
    found = program.get(check)
    return None if not isinstance(found, Mapping) else found["status"] == "clean"


def _programs(record: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [program for program in _list(record, "programs") if isinstance(program, Mapping)]


def _list(record: Mapping[str, object], key: str) -> list[object]:
    value = record.get(key)
    return list(value) if isinstance(value, list | tuple) else []
