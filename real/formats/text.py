"""Findings as text for people: one line per finding, below it the data flow with source lines, and the fix."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from real.formats.lines import printable
from real.formats.record import Level, Record, Scan, ScannedProgram
from real.formats.summary import summary
from real.types import Confidence

_WIDTH = 100  # of a source line


@dataclass(frozen=True, slots=True)
class Palette:
    """The escape sequences around a path, a rule, advice and what is less important; empty without colour."""

    bold: str = ""
    red: str = ""
    blue: str = ""
    dim: str = ""
    plain: str = ""


COLOURS = Palette("\033[1m", "\033[31m", "\033[34m", "\033[2m", "\033[0m")


def render(run: Scan, palette: Palette | None = None) -> str:
    """``path:line:column: rule message``, notes, trace and fix indented below, and a summary at the end.

    Coloured when standard output is a terminal and NO_COLOR is not set, unless ``palette`` says otherwise.
    """
    look = palette or chosen_palette()
    lines = [line for program in run.programs for line in (*failures(program, look), *findings(program, look))]
    return "\n".join([*lines, summary(run)])


def chosen_palette() -> Palette:
    """Colours for a terminal, unless NO_COLOR is set."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return COLOURS if terminal and "NO_COLOR" not in os.environ else Palette()


def failures(program: ScannedProgram, look: Palette) -> Iterator[str]:
    """One line about a program that could not be analysed."""
    if program.reason:
        status = f"{look.red}{program.status.value}{look.plain}"
        yield f"{look.bold}{printable(program.path)}{look.plain}: {status}: {printable(program.reason)}"


def findings(program: ScannedProgram, look: Palette) -> Iterator[str]:
    """The findings of one program, with their traces."""
    path = printable(program.path)
    for record in program.open:
        message, *notes = record.message.split("\n")
        place = f"{look.bold}{path}:{record.line}:{record.column + 1}{look.plain}"
        shade, mark = (look.blue, "advice ") if record.level is Level.NOTE else (look.red, "")
        doubt = "" if record.confidence in (None, Confidence.HIGH) else f" [{record.confidence} confidence]"
        yield f"{place}: {shade}{mark}{record.rule}{look.plain} {printable(message)}{doubt}"
        below = [*map(printable, notes), *_trace(program, record)]
        if record.fix:
            below.append(f"fix: {printable(record.fix)}")
        yield from (f"    {look.dim}{line}{look.plain}" for line in below)


def _trace(program: ScannedProgram, record: Record) -> Iterator[str]:
    width = len(str(max((step.line for step in record.trace), default=0)))
    for step in record.trace:
        shown = program.lines[step.line - 1].strip() if 0 < step.line <= len(program.lines) else ""
        yield f"{step.line:>{width}} | {_shorten(printable(f'in {step.path}' if step.path else shown))}"
        yield f"{'':>{width}} |   ^ {printable(step.note)}"


def _shorten(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
