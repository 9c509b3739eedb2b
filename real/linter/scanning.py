"""From a file to a program as it is shown: read, analysed, held against the comments in it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace

from real import source_text
from real.detector import VERSION, scan
from real.detector.frontend.linking.modules import Module
from real.detector.limits import OF_FILE, OF_PROGRAM, Limits
from real.detector.rules import select_rules
from real.formats.files import STDIN_ARGUMENT, Source
from real.formats.record import STDIN, RulePage, ScannedProgram, Tool, program_of
from real.linter.profiles import Profile, severity
from real.linter.project.modules import Project
from real.linter.reading import read_bytes
from real.linter.settings import Settings
from real.source_text import SourceTextError
from real.types import Analysis, AnalysisStatus

_LIMIT = 4 * OF_FILE.characters + 4  # a character has at most four bytes; the rest of the source is not even read


def tool_of(rules: tuple[str, ...]) -> Tool:
    """The detector as the formats see it."""
    return Tool(
        "real-detect",
        VERSION,
        _describe,
        severity=severity,
        rules=rules,
        noun="file",
        rule_key="cwe",
        bare_list=True,
    )


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


@dataclass(frozen=True, slots=True)
class Scanned:
    """One program, and what there is to say of comments in it that have no effect."""

    program: ScannedProgram
    notes: tuple[str, ...] = ()
    others: tuple[ScannedProgram, ...] = ()  # other files of the project, with what this one's data do in them


@dataclass(frozen=True, slots=True)
class Scanner:
    """How each file is scanned; what a worker process is told. ``rules`` run where the settings do not ignore them.

    With a ``project``, what a file imports from it is followed.
    """

    rules: tuple[str, ...]
    settings: Settings = field(default_factory=Settings)
    stdin_name: str = STDIN
    project: Project | None = None

    def scanned(self, source: Source) -> Scanned:
        """The program of a file: all that is found, whatever its confidence, but not what comments in it suppress."""
        path = self.stdin_name if source.path == STDIN_ARGUMENT else source.path
        tool = tool_of(self.rules_for(path))
        code = Analysis(AnalysisStatus.ERROR, reason=source.problem) if source.problem else read(source.path)
        if isinstance(code, Analysis):
            return Scanned(program_of(path, "", code, tool))
        analysis = scan(code, select=tool.rules, limits=self._limits, module=self.module(source.path))
        elsewhere = [finding for finding in analysis.findings if finding.path]
        program = program_of(path, code, _only(analysis, "") if elsewhere else analysis, tool)
        others = tuple(self._of_other(other, analysis) for other in sorted({finding.path for finding in elsewhere}))
        notes: tuple[str, ...] = (f"{path}: note: {analysis.note}",) if analysis.note else ()
        if "real:" in code:
            from real.linter.suppress import without_suppressed

            program, found = without_suppressed(program, code, tool.rules)
            notes += tuple(f"{path}:{note.line}: note: {note.text}" for note in found)
        # Only lines with findings are shown; those of the other files need not go from one process to another.
        program = program if program.records else replace(program, lines=())
        return Scanned(program, notes, tuple(other for other in others if other.records))

    def module(self, path: str) -> Module | None:
        """The place of a file in the project, if its imports are followed."""
        return self.project.module(path) if self.project else None

    def _of_other(self, path: str, analysis: Analysis) -> ScannedProgram:
        """What an analysis says of another file: comments in it, and the settings for it, hold as for its own."""
        code = read(path)
        text = code if isinstance(code, str) else ""
        rules = self.rules_for(path)
        found = _only(analysis, path)
        found = replace(found, findings=tuple(finding for finding in found.findings if finding.rule in rules))
        program = program_of(path, text, found, tool_of(rules))
        if "real:" in text:
            from real.linter.suppress import without_suppressed

            program, _ = without_suppressed(program, text, rules)
        return program

    @property
    def _limits(self) -> Limits:
        """What people scan may be larger and take longer than what a policy writes."""
        return OF_PROGRAM if self.settings.profile is Profile.REWARD else OF_FILE

    def rules_for(self, path: str) -> tuple[str, ...]:
        """The rules that run for one file."""
        ignored = self.settings.ignored_in(path)
        return tuple(rule for rule in self.rules if rule not in ignored)


def _only(analysis: Analysis, path: str) -> Analysis:
    """The analysis with the findings of one file only: "" for the one that was analysed."""
    findings = tuple(finding for finding in analysis.findings if finding.path == path)
    unseen, reason = ((), "") if path else (analysis.unseen, analysis.reason)
    if findings:
        return replace(analysis, findings=findings, unseen=unseen, reason=reason)
    status = AnalysisStatus.PARTIAL if unseen else AnalysisStatus.CLEAN
    return replace(analysis, status=status, findings=(), unseen=unseen, reason=reason)


def read(path: str) -> str | Analysis:
    """The source of a file or of standard input, decoded as Python would; or in its place why there is none."""
    try:
        if path == STDIN_ARGUMENT and sys.stdin is None:
            return Analysis(AnalysisStatus.ERROR, reason="cannot be read: standard input is closed")
        raw = sys.stdin.buffer.read(_LIMIT + 1) if path == STDIN_ARGUMENT else read_bytes(path, _LIMIT + 1)
        if len(raw) > _LIMIT:
            reason = f"the source is larger than {_LIMIT:,} bytes; the limit is {OF_FILE.characters:,} characters"
            return Analysis(AnalysisStatus.UNANALYZABLE, reason=reason)
        return source_text.decode(raw)
    except OSError as error:
        return Analysis(AnalysisStatus.ERROR, reason=f"cannot be read: {error.strerror}")
    except SourceTextError as error:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason=str(error))
