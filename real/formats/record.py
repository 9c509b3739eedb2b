"""What the formats show: programs with their findings as records, and the tool that found them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from real.formats.lines import characters, split
from real.types import Analysis, AnalysisStatus, Finding, TraceStep

EXIT_CLEAN, EXIT_FINDINGS, EXIT_FAILED = 0, 1, 2
STDIN = "<stdin>"


class Standing(StrEnum):
    """What a person has said of a finding; only open ones count."""

    OPEN = "open"
    SUPPRESSED = "suppressed"  # by a comment in the source
    KNOWN = "known"  # in the baseline


@dataclass(frozen=True, slots=True)
class Record:
    """One finding as it is shown; ``line`` is 1-based, ``column`` 0-based and counts characters."""

    path: str
    rule: str
    line: int
    message: str
    column: int = 0
    level: str = "error"  # or ``note``: advice, which fails no program
    trace: tuple[TraceStep, ...] = ()
    fix: str = ""
    standing: Standing = Standing.OPEN
    reason: str = ""  # why it is suppressed


@dataclass(frozen=True, slots=True)
class Program:
    """One program: where it is, its lines (none if it could not be read), and what came of it."""

    path: str
    lines: Sequence[str]
    status: AnalysisStatus
    records: tuple[Record, ...] = ()
    reason: str = ""  # why it could not be analysed

    @property
    def open(self) -> tuple[Record, ...]:
        """The findings that count."""
        return tuple(record for record in self.records if record.standing is Standing.OPEN)

    def judged(self, records: Iterable[Record]) -> Program:
        """The program with the standing of its findings decided: clean where none is open any more."""
        made = replace(self, records=tuple(records))
        decided = made.status is AnalysisStatus.FINDINGS and not made.open
        return replace(made, status=AnalysisStatus.CLEAN) if decided else made

    def standing(self, standing: Standing) -> tuple[Record, ...]:
        """The findings of one standing."""
        return tuple(record for record in self.records if record.standing is standing)


@dataclass(frozen=True, slots=True)
class RulePage:
    """What the formats say of a rule: a title, a description in a sentence or two, and a page of help."""

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
    rules: tuple[str, ...] = ()
    noun: str = "program"
    rule_key: str = "rule"  # the key of a rule's id in JSON
    bare_list: bool = False  # JSON is the list of programs alone, without the tool's name and version


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one command found.

    ``absent`` counts the entries of the baseline that no longer occur; it is ``None`` without a baseline.
    """

    tool: Tool
    programs: Sequence[Program]
    absent: int | None = None


def program_of(path: str, code: str, analysis: Analysis, tool: Tool) -> Program:
    """The program as it is shown, with every finding open."""
    lines = split(code)
    records = tuple(_record(path, lines, finding, tool) for finding in analysis.findings)
    return Program(path, lines, analysis.status, records, analysis.reason)


def _record(path: str, lines: Sequence[str], finding: Finding, tool: Tool) -> Record:
    text = lines[finding.line - 1] if 0 < finding.line <= len(lines) else ""
    return Record(
        path,
        finding.rule,
        max(finding.line, 1),
        finding.message,
        characters(text, finding.column),
        "note" if tool.is_advice(finding.rule) else "error",
        finding.trace,
        finding.fix,
    )


def exit_code(statuses: Iterable[AnalysisStatus]) -> int:
    """0: every program is clean. 1: findings. 2: a program that could not be analysed, for whatever reason."""
    seen = set(statuses)
    if seen & {AnalysisStatus.ERROR, AnalysisStatus.UNANALYZABLE}:
        return EXIT_FAILED
    return EXIT_FINDINGS if AnalysisStatus.FINDINGS in seen else EXIT_CLEAN
