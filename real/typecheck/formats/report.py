"""What is shown: programs with their analyses, and the tool that made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from real.types import Analysis, AnalysisStatus, Finding, JsonValue

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_FAILED = 2


@dataclass(frozen=True, slots=True)
class Report:
    """One program: where it is, its source (empty if it could not be read) and what was found."""

    path: str
    code: str
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class RulePage:
    """What a format needs to know of a rule."""

    title: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """The tool that found it: how it describes its rules, and which of them are advice."""

    name: str
    version: str
    describe: Callable[[str], RulePage]
    is_advice: Callable[[str], bool] = lambda _: False

    def level(self, finding: Finding) -> str:
        """``error``, or ``note`` for advice."""
        return "note" if self.is_advice(finding.rule) else "error"


def exit_code(statuses: Iterable[AnalysisStatus]) -> int:
    """0: every program is clean. 1: findings. 2: a program that could not be analysed, for whatever reason."""
    seen = set(statuses)
    if seen & {AnalysisStatus.ERROR, AnalysisStatus.UNANALYZABLE}:
        return EXIT_FAILED
    return EXIT_FINDINGS if AnalysisStatus.FINDINGS in seen else EXIT_CLEAN


def finding_record(finding: Finding) -> dict[str, JsonValue]:
    """The JSON shape of one finding, that of ``outcomes.jsonl`` (lines 1-based, columns 0-based)."""
    return {
        "rule": finding.rule,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "trace": [{"line": step.line, "note": step.note} for step in finding.trace],
        "fix": finding.fix,
    }


def summary(reports: Sequence[Report], tool: Tool) -> str:
    """For example ``3 programs: 1 clean, 2 with findings (5)``, and the number of pieces of advice."""
    counts = Counter(report.analysis.status for report in reports)
    findings = [finding for report in reports for finding in report.analysis.findings]
    advice = sum(tool.is_advice(finding.rule) for finding in findings)
    words = {
        AnalysisStatus.CLEAN: "clean",
        AnalysisStatus.FINDINGS: f"with findings ({len(findings) - advice})",
        AnalysisStatus.UNANALYZABLE: "unanalyzable",
        AnalysisStatus.ERROR: "not checked because of an error",
    }
    parts = [f"{counts[status]} {text}" for status, text in words.items() if counts[status]]
    parts += [f"{advice} advice"] if advice else []
    return f"{len(reports)} program{'' if len(reports) == 1 else 's'}: {', '.join(parts) or 'nothing to check'}"
