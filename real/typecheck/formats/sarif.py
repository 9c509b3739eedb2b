"""For editors and code hosts: SARIF 2.1.0 (OASIS)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from real.typecheck.formats.report import Report, Tool
from real.types import Finding, JsonValue

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(reports: Sequence[Report], tool: Tool) -> str:
    """One run with the rules that occur; a program that could not be analysed becomes a notification."""
    codes = sorted({finding.rule for report in reports for finding in report.analysis.findings})
    index = {code: position for position, code in enumerate(codes)}
    results: list[JsonValue] = []
    notifications: list[JsonValue] = []
    for report in reports:
        results += [_result(report.path, finding, index, tool) for finding in report.analysis.findings]
        if report.analysis.reason:
            message: JsonValue = {"text": report.analysis.reason}
            place: list[JsonValue] = [_location(report.path, 1, 0)]
            notifications.append({"level": "error", "message": message, "locations": place})
    rules: list[JsonValue] = [_descriptor(code, tool) for code in codes]
    driver: JsonValue = {"name": tool.name, "version": tool.version, "rules": rules}
    run: dict[str, JsonValue] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _descriptor(code: str, tool: Tool) -> JsonValue:
    page = tool.describe(code)
    made: dict[str, JsonValue] = {
        "id": code,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.text},
        "defaultConfiguration": {"level": "note" if tool.is_advice(code) else "error"},
    }
    return made | ({"helpUri": page.url} if page.url else {})


def _result(path: str, finding: Finding, index: Mapping[str, int], tool: Tool) -> JsonValue:
    text = f"{finding.message}. Fix: {finding.fix}" if finding.fix else finding.message
    result: dict[str, JsonValue] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": tool.level(finding),
        "message": {"text": text},
        "locations": [_location(path, finding.line, finding.column)],
    }
    steps: list[JsonValue] = [
        {"location": {**_location(path, step.line, 0), "message": {"text": step.note}}} for step in finding.trace
    ]
    if steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _location(path: str, line: int, column: int) -> dict[str, JsonValue]:
    region: JsonValue = {"startLine": max(line, 1), "startColumn": column + 1}
    uri = Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
