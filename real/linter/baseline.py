"""``--baseline``: findings that are accepted for now, recognised wherever in their file they move."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from real.errors import UsageError
from real.formats.fingerprint import fingerprints
from real.formats.record import STDIN, Record, ScannedProgram, Standing
from real.types import AnalysisStatus, JsonValue

FORMAT, VERSION = "real-detect baseline", 1
_NOT_ANALYSED = "unanalyzable"  # rule and fingerprint of the entry for a file that cannot be analysed, or not in whole
_HINT = "Write one with --write-baseline FILE."


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted finding; ``file`` is relative to the folder of the baseline."""

    file: str
    rule: str
    fingerprint: str


class Baseline:
    """The entries of a file, and which of them have been met."""

    def __init__(self, path: str, entries: Iterable[Entry]) -> None:
        self.path = path
        self.entries = frozenset(entries)
        self._met: set[Entry] = set()
        self._scanned: set[str] = set()

    def apply(self, program: ScannedProgram) -> ScannedProgram:
        """The program with the findings that are in the baseline marked as known."""
        file = file_key(program.path, self.path)
        if program.not_seen:
            whole = Entry(file, _NOT_ANALYSED, _NOT_ANALYSED)
            program = replace(program, is_accepted=whole in self.entries and program.status is not AnalysisStatus.ERROR)
            self._met |= {whole} & self.entries
        if program.reason and not program.records:
            return program  # not analysed: nothing can be said of its other entries
        self._scanned.add(file)
        return program.judged(
            self._marked(record, Entry(file, record.rule, fingerprint))
            for record, fingerprint in zip(program.records, fingerprints(program), strict=True)
        )

    def _marked(self, record: Record, entry: Entry) -> Record:
        if entry not in self.entries:
            return record
        self._met.add(entry)
        return replace(record, standing=Standing.KNOWN) if record.is_open else record

    def absent(self, rules: Collection[str]) -> int:
        """How many entries no longer occur: of rules that ran, in files that were analysed or are gone."""
        folder = Path(os.path.realpath(self.path)).parent
        return sum(
            entry.rule in {*rules, _NOT_ANALYSED} and (entry.file in self._scanned or _is_gone(folder, entry.file))
            for entry in self.entries - self._met
        )


def _is_gone(folder: Path, file: str) -> bool:
    return file != STDIN and not os.path.lexists(folder / file)


def file_key(path: str, baseline: str) -> str:
    """The path of a file as its entries name it: from wherever the command runs, and however the path is spelt."""
    if path == STDIN:
        return path
    folder = Path(os.path.realpath(baseline)).parent
    place = Path(os.path.realpath(Path(path).parent), Path(path).name)
    return Path(os.path.relpath(place, folder)).as_posix()


def load(path: str) -> Baseline:
    """The baseline in a file; raises ``UsageError`` for one that is missing, damaged or another tool's."""
    try:
        value: JsonValue = json.loads(Path(path).read_bytes())
    except FileNotFoundError:
        raise UsageError(f"the baseline {path} does not exist", hint=_HINT) from None
    except OSError as error:
        raise UsageError(f"the baseline {path} cannot be read: {error.strerror}", hint=_HINT) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the baseline {path} is damaged: it is not JSON: {error}", hint=_HINT) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise UsageError(f"{path} is no baseline of real-detect", hint=_HINT)
    if value.get("version") != VERSION:
        found = value.get("version")
        raise UsageError(f"the baseline {path} has version {found!r}; this program knows {VERSION}", hint=_HINT)
    findings = value.get("findings")
    if not isinstance(findings, list):
        raise UsageError(f"the baseline {path} is damaged: it has no list of findings", hint=_HINT)
    return Baseline(path, [_entry(item, number, path) for number, item in enumerate(findings, start=1)])


def _entry(item: JsonValue, number: int, path: str) -> Entry:
    values = [item.get(key) for key in ("file", "rule", "fingerprint")] if isinstance(item, dict) else []
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != 3:
        text = f"the baseline {path} is damaged: finding {number} lacks file, rule or fingerprint"
        raise UsageError(text, hint=_HINT)
    return Entry(*texts)


def write(path: str, programs: Sequence[ScannedProgram]) -> int:
    """Write the findings that are shown or known as the new baseline, and which files cannot be analysed in whole.

    Returns the number of findings. A file that is no baseline is not overwritten: the option may have been given a
    wrong name.
    """
    _refuse_others(path)
    entries: list[JsonValue] = [
        {
            "file": file_key(program.path, path),
            "rule": record.rule,
            "fingerprint": fingerprint,
            "line": record.line,
            "message": record.message,
        }
        for program in programs
        for record, fingerprint in zip(program.records, fingerprints(program), strict=True)
        if record.standing in (Standing.OPEN, Standing.KNOWN)
    ]
    count = len(entries)
    entries += [
        {
            "file": file_key(program.path, path),
            "rule": _NOT_ANALYSED,
            "fingerprint": _NOT_ANALYSED,
            "message": program.not_seen,
        }
        for program in programs
        if program.not_seen and program.status is not AnalysisStatus.ERROR
    ]
    text = json.dumps({"format": FORMAT, "version": VERSION, "findings": entries}, indent=2) + "\n"
    whole = Path(os.path.realpath(path))
    part = whole.with_name(whole.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(whole)
    except OSError as error:
        raise UsageError(f"the baseline {path} cannot be written: {error.strerror}") from None
    return count


def _refuse_others(path: str) -> None:
    """Raise ``UsageError`` for a file that holds something else; an empty one, as ``mktemp`` makes, may be filled."""
    try:
        if Path(path).stat().st_size:
            load(path)
    except FileNotFoundError:
        return
    except (OSError, UsageError):
        text = f"{path} exists and is no baseline; it is not overwritten"
        raise UsageError(text, hint="Remove it, or name another file.") from None
