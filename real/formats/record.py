"""Data model of the output formats: a scan, its programs, their findings as records, and the tool that ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from real.formats.lines import characters, split
from real.types import Analysis, AnalysisStatus, Confidence, Finding, TraceStep, Unseen

EXIT_CLEAN, EXIT_FINDINGS, EXIT_FAILED = 0, 1, 2
STDIN = "<stdin>"


class Standing(StrEnum):
    """Whether a finding is open, or why it is not; only open ones count."""

    OPEN = "open"
    SUPPRESSED = "suppressed"  # by a comment in the source
    KNOWN = "known"  # in the baseline
    DOUBTFUL = "doubtful"  # less sure than what was asked for
    UNCHANGED = "unchanged"  # nothing of it stands on a line that has changed


class Level(StrEnum):
    """How loud a finding is, by the names of SARIF (3.27.10); ``NOTE`` is advice, which fails no program."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Severity(StrEnum):
    """What an attacker gains from a weakness: ``HIGH`` runs code, reads or changes what is not his, or is somebody."""

    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Record:
    """One finding as it is shown; ``line`` is 1-based, ``column`` 0-based and counts characters."""

    path: str
    rule: str
    line: int
    message: str
    column: int = 0
    level: Level = Level.ERROR
    trace: tuple[TraceStep, ...] = ()
    fix: str = ""
    standing: Standing = Standing.OPEN
    reason: str = ""  # why it is suppressed
    severity: Severity | None = None  # where the tool knows such a thing
    confidence: Confidence | None = None  # likewise

    @property
    def is_open(self) -> bool:
        """Whether it counts."""
        return self.standing is Standing.OPEN


@dataclass(frozen=True, slots=True)
class ScannedProgram:
    """One program of a scan: its path, its lines (none if it could not be read), its status and findings."""

    path: str
    lines: Sequence[str]
    status: AnalysisStatus
    records: tuple[Record, ...] = ()
    reason: str = ""  # why it could not be analysed
    unseen: tuple[Unseen, ...] = ()  # parts that were not analysed and could hide a finding
    is_accepted: bool = False  # the baseline knows that it, or a part of it, cannot be analysed

    @property
    def open(self) -> tuple[Record, ...]:
        """The findings that count."""
        return tuple(record for record in self.records if record.is_open)

    def judged(self, records: Iterable[Record]) -> ScannedProgram:
        """The program with ``records`` in place of its findings; with none open it is clean, or partial."""
        made = replace(self, records=tuple(records))
        if made.status is not AnalysisStatus.FINDINGS or made.open:
            return made
        return replace(made, status=AnalysisStatus.PARTIAL if made.unseen else AnalysisStatus.CLEAN)

    @property
    def not_seen(self) -> str:
        """What could not be analysed, and why, in one line; empty where everything was."""
        return self.reason or "; ".join(f"{f'line {one.line}: ' if one.line else ''}{one.what}" for one in self.unseen)

    def standing(self, standing: Standing) -> tuple[Record, ...]:
        """The findings of one standing."""
        return tuple(record for record in self.records if record.standing is standing)


@dataclass(frozen=True, slots=True)
class RulePage:
    """Documentation of a rule: title, description in a sentence or two, and a page of help."""

    title: str
    text: str
    help: str = ""
    url: str = ""
    cwe: str = ""  # the number of the weakness, where the rule is about one


@dataclass(frozen=True, slots=True)
class Tool:
    """The tool: how it describes its rules, which of them are advice, and what scripts expect of its JSON.

    ``rules`` are those that ran, where the tool can say so; SARIF lists them even if they found nothing.
    """

    name: str
    version: str
    describe: Callable[[str], RulePage]
    is_advice: Callable[[str], bool] = lambda _: False
    severity: Callable[[str], Severity | None] = lambda _: None  # a tool that knows it rates its findings
    rules: tuple[str, ...] = ()
    noun: str = "program"
    rule_key: str = "rule"  # the key of a rule's id in JSON
    bare_list: bool = False  # JSON is the list of programs alone, without the tool's name and version


@dataclass(frozen=True, slots=True)
class Scan:
    """All programs that one command has scanned, and the tool.

    ``absent`` counts the entries of the baseline that no longer occur; it is ``None`` without a baseline.
    """

    tool: Tool
    programs: Sequence[ScannedProgram]
    absent: int | None = None
    interrupted: str = ""  # what was left when somebody stopped it


def program_of(path: str, code: str, analysis: Analysis, tool: Tool) -> ScannedProgram:
    """The program with the findings of ``analysis``, every one of them open; columns become characters."""
    lines = split(code)
    records = tuple(_record(path, lines, finding, tool) for finding in analysis.findings)
    return ScannedProgram(path, lines, analysis.status, records, analysis.reason, analysis.unseen)


def _record(path: str, lines: Sequence[str], finding: Finding, tool: Tool) -> Record:
    text = lines[finding.line - 1] if 0 < finding.line <= len(lines) else ""
    severity = tool.severity(finding.rule)
    return Record(
        path,
        finding.rule,
        max(finding.line, 1),
        finding.message,
        characters(text, finding.column),
        level_of(finding.rule, tool),
        finding.trace,
        finding.fix,
        severity=severity,
        confidence=finding.confidence if severity else None,
    )


def level_of(rule: str, tool: Tool) -> Level:
    """The level of a rule's findings: advice is a note, and what is of medium severity a warning."""
    if tool.is_advice(rule):
        return Level.NOTE
    return Level.WARNING if tool.severity(rule) is Severity.MEDIUM else Level.ERROR


def exit_code(statuses: Iterable[AnalysisStatus]) -> int:
    """0: every program is clean. 1: findings. 2: a program that could not be analysed, for whatever reason."""
    seen = set(statuses)
    if seen & {AnalysisStatus.ERROR, AnalysisStatus.UNANALYZABLE}:
        return EXIT_FAILED
    return EXIT_FINDINGS if AnalysisStatus.FINDINGS in seen else EXIT_CLEAN
