"""MyPy's diagnostics as findings of the program, and analyses as JSON for the pipes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from real.types import Analysis, AnalysisStatus, Finding, JsonValue


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One line of MyPy's output."""

    line: int  # 1-based; below 1 when MyPy gives none
    column: int  # 0-based
    severity: str  # ``error`` or ``note``
    message: str
    code: str | None  # for example ``no-untyped-def``


def analysis_of(diagnostics: Iterable[Diagnostic], preamble_lines: int = 0) -> Analysis:
    """Errors become findings; a note joins the error before it, because it explains that one.

    Lines count from the first line of the program, after the preamble.
    """
    findings: list[Finding] = []
    for diagnostic in diagnostics:
        if diagnostic.severity == "error":
            line = max(1, diagnostic.line - preamble_lines)
            rule = f"mypy:{diagnostic.code or 'misc'}"
            findings.append(Finding(rule, line, diagnostic.message, diagnostic.column))
        elif findings:
            last = findings[-1]
            findings[-1] = Finding(last.rule, last.line, f"{last.message}\nnote: {diagnostic.message}", last.column)
    return Analysis(AnalysisStatus.FINDINGS if findings else AnalysisStatus.CLEAN, tuple(findings))


def to_json(analysis: Analysis) -> dict[str, JsonValue]:
    """The fields of ``analysis`` that the type checker fills."""
    return {
        "status": analysis.status.value,
        "reason": analysis.reason,
        "findings": [[f.rule, f.line, f.message, f.column] for f in analysis.findings],
    }


def from_json(value: dict[str, Any]) -> Analysis:
    """Inverse of ``to_json``."""
    findings = tuple(Finding(rule, line, message, column) for rule, line, message, column in value["findings"])
    return Analysis(AnalysisStatus(value["status"]), findings, value["reason"])
