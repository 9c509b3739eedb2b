"""MyPy's diagnostics as findings of the program, and analyses as JSON for the pipes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from real.types import Analysis, AnalysisStatus, Finding, JsonValue

_LINE = re.compile(r"\bline (\d+)\b")
_MAX_MESSAGE = 4_000  # characters; MyPy writes types out, and a type can be as long as the program


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One line of MyPy's output."""

    line: int  # 1-based; below 1 when MyPy gives none
    column: int  # 0-based
    severity: str  # ``error`` or ``note``
    message: str
    code: str | None  # for example ``no-untyped-def``


def findings_of(diagnostics: Iterable[Diagnostic]) -> list[Finding]:
    """Errors become findings; a note joins the error before it, because it explains that one."""
    findings: list[Finding] = []
    for diagnostic in diagnostics:
        if diagnostic.severity == "error":
            rule = f"mypy:{diagnostic.code or 'misc'}"
            findings.append(Finding(rule, diagnostic.line, diagnostic.message, diagnostic.column))
        elif findings:
            last = findings[-1]
            findings[-1] = replace(last, message=_cut(f"{last.message}\nnote: {diagnostic.message}"))
    return [replace(finding, message=_cut(finding.message)) for finding in findings]


def _cut(message: str) -> str:
    return message if len(message) <= _MAX_MESSAGE else f"{message[:_MAX_MESSAGE]}…"


def without_first_lines(findings: Iterable[Finding], lines: int) -> list[Finding]:
    """The findings of a program that had ``lines`` lines put before it, as if it had not.

    What is wrong with those lines is no finding. Lines that MyPy gives as 0 or -1 become 1; lines named in messages
    move as well.
    """
    return [
        replace(
            finding,
            line=max(1, finding.line - lines),
            message=_LINE.sub(lambda match: f"line {max(1, int(match[1]) - lines)}", finding.message),
        )
        for finding in findings
        if not 1 <= finding.line <= lines
    ]


def analysis_of(findings: Sequence[Finding], advice: Sequence[Finding] = ()) -> Analysis:
    """Clean when ``findings`` is empty, whatever the advice; both are listed by place."""
    status = AnalysisStatus.FINDINGS if findings else AnalysisStatus.CLEAN
    listed = list(findings) if not advice else sorted([*findings, *advice], key=lambda f: (f.line, f.column))
    return Analysis(status, tuple(listed))


def to_json(analysis: Analysis) -> dict[str, JsonValue]:
    """The fields of ``analysis`` that the type checker fills."""
    return {
        "status": analysis.status.value,
        "reason": analysis.reason,
        "analyser_failed": analysis.analyser_failed,
        "findings": [[f.rule, f.line, f.message, f.column, f.fix] for f in analysis.findings],
    }


def from_json(value: dict[str, Any]) -> Analysis:
    """Inverse of ``to_json``."""
    findings = tuple(
        Finding(rule, line, message, column, (), fix) for rule, line, message, column, fix in value["findings"]
    )
    return Analysis(AnalysisStatus(value["status"]), findings, value["reason"], value["analyser_failed"])
