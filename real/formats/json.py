"""Findings as one JSON document, for scripts."""

from __future__ import annotations

import json

from real.formats.record import Record, Scan, ScannedProgram, Standing, Tool
from real.types import JsonValue, TraceStep


def render(run: Scan) -> str:
    """One entry per program: path, status, reason and findings (lines 1-based, columns 0-based).

    Findings that comments suppress or the baseline knows are in lists of their own, there only where there are some.
    """
    tool = run.tool
    programs: list[JsonValue] = [_program(program, tool) for program in run.programs]
    whole: JsonValue = {"tool": tool.name, "version": tool.version, "programs": programs}
    return json.dumps(programs if tool.bare_list else whole, indent=2)


def _program(program: ScannedProgram, tool: Tool) -> dict[str, JsonValue]:
    entry: dict[str, JsonValue] = {
        "path": program.path,
        "status": program.status.value,
        "reason": program.reason,
        "findings": [finding(record, tool) for record in program.open],
    }
    for standing in (Standing.SUPPRESSED, Standing.KNOWN):
        if records := program.standing(standing):
            entry[standing.value] = [finding(record, tool) for record in records]
    if program.unseen:
        entry["unseen"] = [{"line": one.line, "what": one.what} for one in program.unseen]
    return entry


def finding(record: Record, tool: Tool) -> dict[str, JsonValue]:
    """One finding: rule id, place (line 1-based, column 0-based in characters), message, trace, fix, level, rating."""
    entry: dict[str, JsonValue] = {
        tool.rule_key: record.rule,
        "line": record.line,
        "column": record.column,
        "message": record.message,
        "trace": [_step(step) for step in record.trace],
        "fix": record.fix,
        "level": record.level.value,
    }
    if record.severity and record.confidence:
        entry |= {"severity": record.severity.value, "confidence": record.confidence.value}
    return entry | ({"reason": record.reason} if record.reason else {})


def _step(step: TraceStep) -> JsonValue:
    """A step; with its path where that is another than the finding's."""
    entry: dict[str, JsonValue] = {"line": step.line, "note": step.note}
    return entry | ({"path": step.path} if step.path else {})
