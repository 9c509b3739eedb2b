"""From files to programs as they are shown: read, analysed, held against comments and the baseline."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from real import source_text
from real.detector import VERSION, scan
from real.detector.limits import MAX_BYTES
from real.detector.rules import select_rules
from real.formats.files import STDIN_ARGUMENT, Source
from real.formats.record import RulePage, ScannedProgram, Tool, program_of
from real.source_text import SourceTextError
from real.types import Analysis, AnalysisStatus

if TYPE_CHECKING:  # most runs have none, and hashing takes a moment to load
    from real.linter.baseline import Baseline

_LIMIT = 4 * MAX_BYTES + 4  # a character has at most four bytes; the rest of the source is not even read


def tool_of(rules: Sequence[str]) -> Tool:
    """The detector as the formats see it."""
    return Tool("real-detect", VERSION, _describe, rules=tuple(rules), noun="file", rule_key="cwe", bare_list=True)


def _describe(cwe: str) -> RulePage:
    (rule,) = select_rules([cwe])
    number = cwe.removeprefix("CWE-")
    what = rule.doc.strip().split("\n\n")[1].removeprefix("What: ")
    return RulePage(
        rule.title,
        " ".join(what.split()),
        f"{rule.fix}\n\n{rule.doc.strip()}",
        f"https://cwe.mitre.org/data/definitions/{number}.html",
        number,
    )


def programs(
    sources: Iterable[Source], tool: Tool, baseline: Baseline | None, stdin_name: str, note: Callable[[str], None]
) -> Iterator[ScannedProgram]:
    """Every source as a program; ``note`` is told of comments that have no effect."""
    for source in sources:
        path = stdin_name if source.path == STDIN_ARGUMENT else source.path
        code = Analysis(AnalysisStatus.ERROR, reason=source.problem) if source.problem else read(source.path)
        if isinstance(code, Analysis):
            yield program_of(path, "", code, tool)
            continue
        program = program_of(path, code, scan(code, select=tool.rules), tool)
        if "real:" in code:
            program = _without_suppressed(program, code, tool, note)
        yield baseline.apply(program) if baseline else program


def _without_suppressed(program: ScannedProgram, code: str, tool: Tool, note: Callable[[str], None]) -> ScannedProgram:
    from real.linter.suppress import without_suppressed

    program, notes = without_suppressed(program, code, tool.rules)
    for found in notes:
        note(f"{program.path}:{found.line}: note: {found.text}")
    return program


def read(path: str) -> str | Analysis:
    """The source of a file or of standard input, decoded as Python would; or in its place why there is none."""
    try:
        if path == STDIN_ARGUMENT and sys.stdin is None:
            return Analysis(AnalysisStatus.ERROR, reason="cannot be read: standard input is closed")
        if path == STDIN_ARGUMENT:
            raw = sys.stdin.buffer.read(_LIMIT + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(_LIMIT + 1)
        if len(raw) > _LIMIT:
            reason = f"the source is larger than {_LIMIT:,} bytes; the limit is {MAX_BYTES:,} characters"
            return Analysis(AnalysisStatus.UNANALYZABLE, reason=reason)
        return source_text.decode(raw)
    except OSError as error:
        return Analysis(AnalysisStatus.ERROR, reason=f"cannot be read: {error.strerror}")
    except SourceTextError as error:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason=str(error))
