"""``--jsonl``: one program per input line, one answer per output line, in the same order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import TextIO

from real.typecheck import report
from real.typecheck.checker import Checker
from real.types import Analysis, AnalysisStatus, JsonValue

BATCH = 256  # lines answered together


def serve(checker: Checker, lines: Iterable[bytes], out: TextIO) -> int:
    """Answer every line that is not blank; a broken one is answered with status ``error`` and its reason.

    Returns the exit code. Answers come in batches of 256 lines and at the end of the input.
    """
    numbered = iter(enumerate(lines, start=1))
    statuses: set[AnalysisStatus] = set()
    while batch := list(islice(numbered, BATCH)):
        requests = [_request(number, line) for number, line in batch if line.strip()]
        analyses = iter(checker.check([code for _, code in requests if isinstance(code, str)]))
        for identity, code in requests:
            analysis = code if isinstance(code, Analysis) else next(analyses)
            statuses.add(analysis.status)
            out.write(report.json_line(identity, analysis) + "\n")
        out.flush()
    return report.exit_code(statuses)


def _request(number: int, line: bytes) -> tuple[JsonValue, str | Analysis]:
    """The id and the program of a line, or in its place the analysis that says what is wrong with the line."""
    try:
        value: JsonValue = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, _broken(f"line {number} is not JSON: {error}")
    if not isinstance(value, dict):
        return None, _broken(f'line {number} is not an object with "id" and "code"')
    identity = value.get("id")
    code = value.get("code")
    if not isinstance(code, str):
        return identity, _broken(f'line {number}: "code" is missing or not a string')
    return identity, code


def _broken(reason: str) -> Analysis:
    return Analysis(AnalysisStatus.ERROR, reason=reason)
