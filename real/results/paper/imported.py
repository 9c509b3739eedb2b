"""Table 6 for detectors that run elsewhere: their SARIF files counted against a folder of vulnerable and patched pairs.

``python benchmarks/detector_pairs.py --write FOLDER`` writes the programs and the list of them, ``pairs.json``. The
detector scans FOLDER where it is installed; its SARIF file gives the counts that ``detector_pairs.py --json`` gives for
ours.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from real.errors import DataError
from real.io.disk import read_json
from real.results.paper.sarif import read_sarif
from real.types import JsonValue

MANIFEST = "pairs.json"
_COUNTS = ("pairs", "found", "false", "correct")


@dataclass(frozen=True, slots=True)
class ListedPair:
    """A vulnerable program and its patched twin; ``family`` holds the numbers of weaknesses that name its own."""

    origin: str
    family: frozenset[str]
    vulnerable: str
    patched: str


def read_pairs(folder: Path) -> list[ListedPair]:
    """The pairs of a folder, with paths relative to it; ``DataError`` where ``pairs.json`` is missing or damaged."""
    file = folder / MANIFEST
    if not file.exists():
        raise DataError(
            f"{file} is missing", hint="`python benchmarks/detector_pairs.py --data DATA --write FOLDER` writes it."
        )
    try:
        pairs = [_pair(one) for one in _records(read_json(file)["pairs"])]
    except (KeyError, TypeError) as error:
        raise DataError(f"{file} is not what benchmarks/detector_pairs.py --write writes: {error!r}") from error
    if not pairs:
        raise DataError(f"{file} lists no pair")
    return pairs


def counts_of(name: str, file: Path, folder: Path) -> dict[str, JsonValue]:
    """Counts by origin of the detector ``name`` from its SARIF ``file``, in the form of ``detector_pairs.py --json``.

    Findings that cannot be used as they stand are counted on standard error. Raises ``DataError`` where the file is no
    SARIF of a detector that ended well, names none of the programs of ``folder``, or no weakness at all.
    """
    pairs, report = read_pairs(folder), read_sarif(file)
    known = {path for pair in pairs for path in (pair.vulnerable, pair.patched)}
    found = {path: set[str]() for path in known}
    strange = [path for path in report.found if _known(path, known) is None]
    for path, weaknesses in report.found.items():
        if (program := _known(path, known)) is not None:
            found[program] |= weaknesses
    unread = {program for path in report.unread if (program := _known(path, known)) is not None}
    if report.found and len(strange) == len(report.found):
        raise DataError(
            f"{file} names none of the {len(known)} programs of {folder}, but {strange[0]!r}",
            hint="Was another folder scanned, or another version of this one?",
        )
    if report.unnamed and report.unnamed == report.placed:
        raise DataError(
            f"{file}: none of its {report.placed} findings names a weakness (CWE)",
            hint="A rule names it by a tag such as external/cwe/cwe-089 or CWE-89, or by a relationship to a taxon of "
            "CWE; a result by taxa. Without one nothing can count as found.",
        )
    if report.unnamed:
        _tell(f"{file}: {report.unnamed} of {report.placed} findings name no weakness: alarms, but never right ones")
    if report.unplaced:
        _tell(f"{file}: {report.unplaced} of {report.placed + report.unplaced} findings name no file: left out")
    if strange:
        are = f"{len(strange)} of {len(report.found)} files with findings {'is' if len(strange) == 1 else 'are'}"
        _tell(f"{file}: {are} none of the programs, such as {strange[0]!r}: left out")
    rows: list[JsonValue] = [_row(name, origin, count) for origin, count in _counted(pairs, found, unread).items()]
    return {"scope": "all", "versions": {name: report.version}, "rows": rows, "extra": {name: {}}}


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _counted(pairs: Sequence[ListedPair], found: Mapping[str, set[str]], unread: set[str]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for pair in pairs:
        right = pair.vulnerable not in unread and bool(found[pair.vulnerable] & pair.family)
        false = pair.patched in unread or bool(found[pair.patched])
        told = {"pairs": 1, "found": int(right), "false": int(false), "correct": int(right and not false)}
        counts.setdefault(pair.origin, Counter()).update(told)  # an empty Counter stores what it is given: no bools
    return counts


def _row(name: str, origin: str, count: Counter[str]) -> dict[str, JsonValue]:
    return {"tool": name, "origin": origin, "cwe": "all", **{key: count[key] for key in _COUNTS}}


def _known(path: str, known: set[str]) -> str | None:
    """The program that a path of the file means, which may be absolute, or begin with the folder that was scanned."""
    parts = path.strip("/").split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((end for end in ends if end in known), None)


def _pair(record: Mapping[str, object]) -> ListedPair:
    family = record["family"]
    if not isinstance(family, list):
        raise TypeError("family is no list")
    numbers = frozenset(str(one) for one in family)
    return ListedPair(str(record["origin"]), numbers, str(record["vulnerable"]), str(record["patched"]))


def _records(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise TypeError("pairs is no list of objects")
    return value
