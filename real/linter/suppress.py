"""``# real: ignore[CWE-89] reason``: for people who scan files, never for scoring (``scan`` does not know of it)."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from real.formats.record import Record, ScannedProgram, Standing

_COMMENT = re.compile(r"#\s*real:\s*ignore\b(?:\[(?P<rules>[^\]]*)\])?(?P<reason>[^#]*)")
_EXAMPLE = "# real: ignore[CWE-89] reason"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One comment: where it stands, the line whose findings it waives, the rules it names and the reason it gives."""

    line: int
    target: int
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is wrong with a comment, for the person who wrote it."""

    line: int
    text: str


def waivers(code: str) -> list[Waiver]:
    """The comments of a program; one that stands alone is about the next line of code."""
    found: list[Waiver] = []
    alone: list[re.Match[str]] = []  # comments that wait for the line of code below them
    lines: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            line = token.start[0]
            if token.type == tokenize.COMMENT:
                match = _COMMENT.search(token.string)
                if match and token.line[: token.start[1]].strip():
                    found.append(_waiver(line, line, match))
                elif match:
                    alone.append(match)
                    lines.append(line)
            elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
                found += [_waiver(at, line, match) for at, match in zip(lines, alone, strict=True)]
                alone, lines = [], []
    except (tokenize.TokenError, SyntaxError):
        return []  # such a file is unanalyzable anyway
    return found


def _waiver(line: int, target: int, match: re.Match[str]) -> Waiver:
    rules = tuple(name.strip().upper() for name in (match["rules"] or "").split(",") if name.strip())
    return Waiver(line, target, rules, match["reason"].strip())


def without_suppressed(program: ScannedProgram, code: str, ran: Collection[str]) -> tuple[ScannedProgram, list[Note]]:
    """The program with what comments suppress marked so, and notes on comments that suppress nothing.

    ``ran`` are the rules that ran: of others nobody can say that a comment is of no use.
    """
    written = waivers(code)
    if not written:
        return program, []
    notes = [note for waiver in written for note in _notes(waiver, program, ran)]
    return program.judged(_marked(record, written) for record in program.records), notes


def _marked(record: Record, written: list[Waiver]) -> Record:
    for waiver in written:
        if waiver.target == record.line and record.rule in waiver.rules and waiver.reason:
            return replace(record, standing=Standing.SUPPRESSED, reason=waiver.reason)
    return record


def _notes(waiver: Waiver, program: ScannedProgram, ran: Collection[str]) -> Iterator[Note]:
    from real.linter.selection import known, nearest

    if not waiver.rules:
        yield Note(waiver.line, f"this ignore names no rule and has no effect; write {_EXAMPLE}")
        return
    if not waiver.reason:
        yield Note(waiver.line, f"this ignore gives no reason and has no effect; write {_EXAMPLE}")
        return
    for rule in waiver.rules:
        if rule not in known():
            yield Note(waiver.line, f"this ignore names the unknown rule {rule}. {nearest(rule)}")
        elif rule in ran and not program.reason and not _hits(program, waiver.target, rule):
            yield Note(waiver.line, f"unused ignore: no finding of {rule} on line {waiver.target}")


def _hits(program: ScannedProgram, line: int, rule: str) -> bool:
    return any((record.line, record.rule) == (line, rule) for record in program.records)
