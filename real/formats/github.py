"""Findings as workflow commands of GitHub Actions, which annotate the changed lines."""

from __future__ import annotations

from collections.abc import Iterator

from real.formats.record import STDIN, Level, Record, Scan, ScannedProgram
from real.formats.summary import summary
from real.types import TraceStep

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(run: Scan) -> str:
    """``::error file=…,line=…,col=…,title=…::message`` for each finding, and the summary as a plain line."""
    lines = [line for program in run.programs for line in (*failures(program), *findings(program))]
    return "\n".join([*lines, summary(run)])


def findings(program: ScannedProgram) -> Iterator[str]:
    """The commands about the findings of one program."""
    yield from map(_command, program.open)


def failures(program: ScannedProgram) -> Iterator[str]:
    """The command about a program that could not be analysed, in whole or in part."""
    if program.not_seen and not program.is_accepted:
        where = f"{_file(program.path)}title={_property(program.status.value)}"
        yield f"::{'error' if program.reason else 'warning'} {where}::{_data(program.not_seen)}"


def _command(record: Record) -> str:
    where = f"{_file(record.path)}line={record.line},col={record.column + 1},title={_property(record.rule)}"
    text = [record.message, *(f"{_place(step)}: {step.note}" for step in record.trace)]
    text += [f"fix: {record.fix}"] if record.fix else []
    return f"::{_LEVELS[record.level]} {where}::{_data(chr(10).join(text))}"


def _place(step: TraceStep) -> str:
    return f"{step.path}:{step.line}" if step.path else f"line {step.line}"


def _file(path: str) -> str:
    return "" if path == STDIN else f"file={_property(path)},"


def _data(text: str) -> str:
    """Escaped as https://github.com/actions/toolkit does (packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
