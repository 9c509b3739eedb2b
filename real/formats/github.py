"""Findings as workflow commands of GitHub Actions, which annotate the changed lines."""

from __future__ import annotations

from real.formats.record import STDIN, Record, Scan
from real.formats.summary import summary

_LEVELS = {"error": "error", "note": "notice"}


def render(run: Scan) -> str:
    """``::error file=…,line=…,col=…,title=…::message`` for each finding, and the summary as a plain line."""
    lines: list[str] = []
    for program in run.programs:
        if program.reason:
            where = f"{_file(program.path)}title={_property(program.status.value)}"
            lines.append(f"::error {where}::{_data(program.reason)}")
        lines += map(_command, program.open)
    return "\n".join([*lines, summary(run)])


def _command(record: Record) -> str:
    where = f"{_file(record.path)}line={record.line},col={record.column + 1},title={_property(record.rule)}"
    text = [record.message, *(f"line {step.line}: {step.note}" for step in record.trace)]
    text += [f"fix: {record.fix}"] if record.fix else []
    return f"::{_LEVELS[record.level]} {where}::{_data(chr(10).join(text))}"


def _file(path: str) -> str:
    return "" if path == STDIN else f"file={_property(path)},"


def _data(text: str) -> str:
    """Escaped as https://github.com/actions/toolkit does (packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
