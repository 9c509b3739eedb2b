"""How findings are shown: text for a terminal, JSON, and SARIF 2.1.0 for editors and code hosts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from real.detector.rule import Rule
from real.types import Analysis, Finding, JsonValue

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class FileReport:
    """One scanned file: where it is, its source and what was found."""

    path: str
    code: str
    analysis: Analysis


def finding_record(finding: Finding) -> dict[str, JsonValue]:
    """The stable JSON shape of one finding."""
    trace: list[JsonValue] = [{"line": step.line, "note": step.note} for step in finding.trace]
    return {"cwe": finding.rule, "line": finding.line, "message": finding.message, "trace": trace}


def as_text(reports: Sequence[FileReport]) -> str:
    """``file:line: CWE-89 message``, the trace as indented steps with their source lines, and the fix."""
    lines: list[str] = []
    count = 0
    for report in reports:
        source = report.code.splitlines()
        for finding in report.analysis.findings:
            count += 1
            lines.append(f"{report.path}:{finding.line}: {finding.rule} {finding.message}")
            width = len(str(max(step.line for step in finding.trace))) if finding.trace else 1
            for step in finding.trace:
                shown = source[step.line - 1].strip() if 0 < step.line <= len(source) else ""
                lines.append(f"    {step.line:>{width}} | {_shorten(shown)}")
                lines.append(f"    {'':>{width}} |   ^ {step.note}")
            lines.append(f"    fix: {finding.fix}")
            lines.append("")
    files = f"{len(reports)} file{'s' if len(reports) != 1 else ''}"
    found = f"{count} finding{'s' if count != 1 else ''}" if count else "no findings"
    lines.append(f"{files} scanned, {found}.")
    return "\n".join(lines)


def _shorten(text: str, width: int = 100) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def as_json(reports: Sequence[FileReport]) -> str:
    """One object per file: path, status, reason, findings with column and fix."""
    records: list[JsonValue] = []
    for report in reports:
        findings: list[JsonValue] = [
            {**finding_record(finding), "column": finding.column, "fix": finding.fix}
            for finding in report.analysis.findings
        ]
        records.append(
            {
                "path": report.path,
                "status": report.analysis.status.value,
                "reason": report.analysis.reason,
                "findings": findings,
            }
        )
    return json.dumps(records, indent=2)


def as_sarif(reports: Sequence[FileReport], rules: Sequence[Rule], version: str) -> str:
    """SARIF 2.1.0 (OASIS), one run; a trace becomes a ``codeFlow``; files not analysed become notifications."""
    index = {rule.cwe: position for position, rule in enumerate(rules)}
    results: list[JsonValue] = []
    notifications: list[JsonValue] = []
    for report in reports:
        results += [_result(report.path, finding, index) for finding in report.analysis.findings]
        if report.analysis.reason:
            notifications.append(
                {
                    "level": "error",
                    "message": {"text": report.analysis.reason},
                    "locations": [_location(report.path, 1, 0)],
                }
            )
    driver: dict[str, JsonValue] = {
        "name": "real-detect",
        "version": version,
        "rules": [_descriptor(rule) for rule in rules],
    }
    run: dict[str, JsonValue] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
        "results": results,
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _descriptor(rule: Rule) -> JsonValue:
    number = rule.cwe.removeprefix("CWE-")
    return {
        "id": rule.cwe,
        "name": rule.title.title().replace(" ", ""),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.doc.strip()},
        "help": {"text": rule.fix},
        "helpUri": f"https://cwe.mitre.org/data/definitions/{number}.html",
        "properties": {"tags": ["security", f"external/cwe/cwe-{number.zfill(3)}"]},
    }


def _result(path: str, finding: Finding, index: Mapping[str, int]) -> JsonValue:
    steps: list[JsonValue] = [
        {"location": {**_location(path, step.line, 0), "message": {"text": step.note}}} for step in finding.trace
    ]
    result: dict[str, JsonValue] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": "error",
        "message": {"text": f"{finding.message}. Fix: {finding.fix}"},
        "locations": [_location(path, finding.line, finding.column)],
    }
    if steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _uri(path: str) -> str:
    if path == "-":
        return "stdin"
    return Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())


def _location(path: str, line: int, column: int) -> dict[str, JsonValue]:
    region: JsonValue = {"startLine": max(line, 1), "startColumn": column + 1}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}
