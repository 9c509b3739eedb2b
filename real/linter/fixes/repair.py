"""``--fix``: what can be repaired is tried, and kept where the repaired program is analysed and the finding is gone."""

from __future__ import annotations

import ast
import difflib
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from real.detector import scan
from real.detector.frontend.linking.modules import Module
from real.detector.limits import OF_FILE
from real.errors import UsageError
from real.formats.lines import split
from real.formats.record import Record
from real.linter.fixes.calls import safe_loader, word_list
from real.linter.fixes.source import Edit, Source
from real.linter.fixes.sql import bound
from real.types import Analysis, AnalysisStatus, Finding

_REPAIRS: dict[str, tuple[Callable[[Source, ast.Call], list[Edit] | None], ...]] = {
    "CWE-89": (bound,),
    "CWE-502": (safe_loader,),
    "CWE-77": (word_list,),
}
_LINE_ENDS = ("\n", "\r\n")  # a program has the first, its file may have the second
_USABLE = (AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS, AnalysisStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class Repaired:
    """A program before and after, and how many findings are gone."""

    before: str
    after: str
    count: int

    def diff(self, path: str) -> str:
        """The change as a unified diff, which ``patch -p0`` applies."""
        lines = difflib.unified_diff(_lines(self.before), _lines(self.after), path, path)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def fits(self, path: str) -> bool:
        """Whether the file is the program before, in UTF-8 and with one kind of line ends: it can be written."""
        try:
            return self._line_end(Path(path)) is not None
        except OSError:
            return False

    def _line_end(self, path: Path) -> str | None:
        raw = path.read_bytes()
        return next((end for end in _LINE_ENDS if raw == _with(end, self.before)), None)

    def write(self, path: str) -> None:
        """Put the repaired program in the place of the file; the old one stays whole until the new one is.

        Raises ``UsageError`` where the file has changed in the meantime, or cannot be written.
        """
        whole = Path(os.path.realpath(path))
        part = whole.with_name(whole.name + ".part")
        try:
            end = self._line_end(whole)
            if end is None:
                raise UsageError(f"{path} is not repaired: it has changed, or is not UTF-8")
            part.write_bytes(_with(end, self.after))
            shutil.copymode(whole, part)
            part.replace(whole)
        except OSError as error:
            raise UsageError(f"{path} cannot be repaired: {error.strerror}") from None


def _with(end: str, text: str) -> bytes:
    return text.replace("\n", end).encode()


def repaired(
    code: str, records: Iterable[Record], rules: Sequence[str], module: Module | None = None
) -> Repaired | None:
    """The program with the findings of ``records`` repaired, as far as that is mechanical; ``None`` if nothing is.

    ``module`` is its place in the project, without which findings that other files lead to are not seen again.
    """
    wanted = {(record.rule, record.line, record.message) for record in records if record.rule in _REPAIRS}
    if not wanted:
        return None
    analysis = _of_own_file(scan(code, select=rules, limits=OF_FILE, module=module))
    attempt = _Attempt(rules, module)
    for finding in analysis.findings:
        if (finding.rule, finding.line, finding.message) in wanted:
            attempt.wanted.add(_key(finding, code))
    now, before = code, len(analysis.findings)
    while (step := attempt.next(now, analysis)) is not None:
        now, analysis = step
    return Repaired(code, now, before - len(analysis.findings)) if now != code else None


def _of_own_file(analysis: Analysis) -> Analysis:
    return replace(analysis, findings=tuple(finding for finding in analysis.findings if not finding.path))


Key: TypeAlias = tuple[str, str, str]


def _key(finding: Finding, code: str) -> Key:
    """A finding, whatever line it moves to."""
    return finding.rule, finding.message, split(code)[finding.line - 1].strip()


class _Attempt:
    """The findings that are to be repaired, and the calls where that has failed."""

    def __init__(self, rules: Sequence[str], module: Module | None) -> None:
        self.wanted: set[Key] = set()
        self._module = module
        self._rules = rules
        self._failed: set[tuple[str, str]] = set()

    def next(self, code: str, analysis: Analysis) -> tuple[str, Analysis] | None:
        """The program with one finding less, and its analysis; ``None`` where no more can be repaired."""
        for finding in analysis.findings:
            if _key(finding, code) not in self.wanted:
                continue
            source = Source(code)
            for call in source.calls_at(finding.line, finding.column):
                place = (finding.rule, source.segment(call))
                if place in self._failed:
                    continue
                for repair in _REPAIRS[finding.rule]:
                    edits = repair(source, call)
                    after = source.edited(edits) if edits else None
                    found = self._verified(after, analysis, finding) if after is not None else None
                    if after is not None and found is not None:
                        return after, found
                self._failed.add(place)
        return None

    def _verified(self, code: str, before: Analysis, finding: Finding) -> Analysis | None:
        """The analysis of the repaired program: it parses, the finding is gone, and nothing came in its place."""
        found = _of_own_file(scan(code, select=self._rules, limits=OF_FILE, module=self._module))
        if found.status not in _USABLE or len(found.unseen) > len(before.unseen):
            return None
        had, has = (Counter(one.rule for one in analysis.findings) for analysis in (before, found))
        return found if has[finding.rule] < had[finding.rule] and has <= had else None


def _lines(text: str) -> list[str]:
    """Lines as ``patch`` counts them."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
