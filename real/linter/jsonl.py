"""The batch protocol: one JSON object per line in, one per line out, in the same order, findings as in ``json``.

Programs that come this way are scored: comments in them suppress nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator

from real.detector import scan
from real.formats.json import finding
from real.formats.record import STDIN, program_of
from real.linter.scanning import tool_of
from real.types import AnalysisStatus, JsonValue


def scan_lines(lines: Iterable[str | bytes], select: Collection[str] | None = None) -> Iterator[str]:
    """Scan each ``{"id", "code"}`` line; a line that is not one gives status ``error``, and the rest goes on."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield json.dumps(_scan_line(line, number, select))


def _scan_line(line: str | bytes, number: int, select: Collection[str] | None) -> dict[str, JsonValue]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _failed(None, f"line {number} is not JSON: {error}")
    if not isinstance(record, dict):
        return _failed(None, f"line {number} is not an object with the keys id and code")
    name = record.get("id")
    code = record.get("code")
    if not isinstance(code, str):
        return _failed(name, f"line {number}: the key code is missing or not a string")
    tool = tool_of(())
    program = program_of(STDIN, code, scan(code, select=select), tool)
    findings: list[JsonValue] = [finding(record, tool) for record in program.records]
    result: dict[str, JsonValue] = {"id": name, "status": program.status.value, "findings": findings}
    if program.reason:
        result["reason"] = program.reason
    return result


def _failed(name: JsonValue, reason: str) -> dict[str, JsonValue]:
    return {"id": name, "status": AnalysisStatus.ERROR.value, "findings": [], "reason": reason}
