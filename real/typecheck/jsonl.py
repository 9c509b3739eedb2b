"""``--jsonl``: one program per input line, one answer per output line, in the same order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import TextIO

from real.formats.record import EXIT_CLEAN
from real.typecheck.checker import Checker
from real.typecheck.submission import Submission
from real.types import Analysis, AnalysisStatus, Finding, JsonValue

BATCH = 256  # lines answered together
_NOTHING_SAID = Submission("")


def serve(checker: Checker, lines: Iterable[bytes], out: TextIO, defaults: Submission = _NOTHING_SAID) -> int:
    """Answer every line that is not blank; a broken one is answered with status ``error`` and its reason.

    ``defaults`` holds for what a line does not say itself. Returns the exit code, 0: every line has its answer, which
    holds the verdict. Answers come in batches of 256 lines and at the end of the input.
    """
    numbered = iter(enumerate(lines, start=1))
    while batch := list(islice(numbered, BATCH)):
        requests = [_request(number, line, defaults) for number, line in batch if line.strip()]
        wanted = [request for _, request in requests if not isinstance(request, Analysis)]
        analyses = iter(checker.check(wanted))
        for identity, request in requests:
            analysis = request if isinstance(request, Analysis) else next(analyses)
            out.write(_answer(identity, analysis) + "\n")
        out.flush()
    return EXIT_CLEAN


def _request(number: int, line: bytes, defaults: Submission) -> tuple[JsonValue, Submission | Analysis]:
    """The id and the submission of a line, or in its place the analysis that says what is wrong with the line."""
    try:
        value: JsonValue = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, _broken(f"line {number} is not JSON: {error}")
    if not isinstance(value, dict):
        return None, _broken(f'line {number} is not an object with "id" and "code"')
    identity = value.get("id")
    code, starter = value.get("code"), value.get("starter_code", defaults.starter)
    prelude, setup = value.get("prelude", defaults.prelude), value.get("setup", defaults.setup)
    if not isinstance(code, str):
        return identity, _broken(f'line {number}: "code" is missing or not a string')
    if isinstance(starter, str | None) and isinstance(prelude, bool) and isinstance(setup, str):
        return identity, Submission(code, starter, prelude, setup)
    wrong = '"starter_code" is not a string' if not isinstance(starter, str | None) else '"setup" is not a string'
    wrong = '"prelude" is neither true nor false' if not isinstance(prelude, bool) else wrong
    return identity, _broken(f"line {number}: {wrong}")


def _answer(identity: JsonValue, analysis: Analysis) -> str:
    """The answer to one line; ``reason`` is there when there is one."""
    answer: dict[str, JsonValue] = {"id": identity, "status": analysis.status.value}
    if analysis.reason:
        answer["reason"] = analysis.reason
    answer["findings"] = [_finding(finding) for finding in analysis.findings]
    return json.dumps(answer)


def _finding(finding: Finding) -> dict[str, JsonValue]:
    """The JSON shape of one finding, that of ``outcomes.jsonl`` (lines 1-based, columns 0-based as in ``ast``)."""
    return {
        "rule": finding.rule,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "trace": [{"line": step.line, "note": step.note} for step in finding.trace],
        "fix": finding.fix,
    }


def _broken(reason: str) -> Analysis:
    return Analysis(AnalysisStatus.ERROR, reason=reason)
