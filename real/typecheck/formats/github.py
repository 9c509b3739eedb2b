"""For GitHub Actions: workflow commands, which show up beside the changed lines."""

from __future__ import annotations

from collections.abc import Sequence

from real.typecheck.formats.report import Report, Tool, summary

_LEVELS = {"error": "error", "note": "notice"}


def as_github(reports: Sequence[Report], tool: Tool) -> str:
    """``::error file=…,line=…,col=…,title=…::message`` for each finding, and the summary as a plain line."""
    lines: list[str] = []
    for report in reports:
        if report.analysis.reason:
            where = f"file={_property(report.path)},title={_property(report.analysis.status.value)}"
            lines.append(f"::error {where}::{_data(report.analysis.reason)}")
        for finding in report.analysis.findings:
            level = _LEVELS[tool.level(finding)]
            where = f"file={_property(report.path)},line={finding.line},col={finding.column + 1}"
            text = f"{finding.message}\nfix: {finding.fix}" if finding.fix else finding.message
            lines.append(f"::{level} {where},title={_property(finding.rule)}::{_data(text)}")
    return "\n".join([*lines, summary(reports, tool)])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
