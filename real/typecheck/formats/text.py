"""For people: one line per finding, with what to do below it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from real.typecheck.formats.report import Report, Tool, summary

_BOLD, _RED, _BLUE, _DIM, _PLAIN = "\033[1m", "\033[31m", "\033[34m", "\033[2m", "\033[0m"


def as_text(reports: Sequence[Report], tool: Tool) -> str:
    """``path:line:column: code message``, notes, trace and fix indented below, and a summary at the end.

    Coloured when standard output is a terminal and NO_COLOR is not set.
    """
    return render(reports, tool, color=sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def render(reports: Sequence[Report], tool: Tool, *, color: bool) -> str:
    """``as_text`` with the choice of colour made."""
    bold, red, blue, dim, plain = (_BOLD, _RED, _BLUE, _DIM, _PLAIN) if color else ("",) * 5
    lines: list[str] = []
    for report in reports:
        if report.analysis.reason:
            status = report.analysis.status.value
            lines.append(f"{bold}{report.path}{plain}: {red}{status}{plain}: {report.analysis.reason}")
        source = report.code.splitlines()
        for finding in report.analysis.findings:
            message, *notes = finding.message.split("\n")
            place = f"{bold}{report.path}:{finding.line}:{finding.column + 1}{plain}"
            shade, mark = (blue, "advice ") if tool.is_advice(finding.rule) else (red, "")
            lines.append(f"{place}: {shade}{mark}{finding.rule}{plain} {message}")
            for step in finding.trace:
                shown = source[step.line - 1].strip() if 0 < step.line <= len(source) else ""
                notes += [f"line {step.line}: {step.note}: {shown[:100]}"]
            notes += [f"fix: {finding.fix}"] if finding.fix else []
            lines.extend(f"    {dim}{note}{plain}" for note in notes)
    return "\n".join([*lines, summary(reports, tool)])
