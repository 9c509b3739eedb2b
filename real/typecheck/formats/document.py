"""For programs: one JSON document, and the answers of ``--jsonl``."""

from __future__ import annotations

import json
from collections.abc import Sequence

from real.typecheck.formats.report import Report, Tool, finding_record
from real.types import Analysis, JsonValue


def as_json(reports: Sequence[Report], tool: Tool) -> str:
    """An object with the tool's name and version, and one entry per program."""
    programs: list[JsonValue] = [
        {
            "path": report.path,
            "status": report.analysis.status.value,
            "reason": report.analysis.reason,
            "findings": [{**finding_record(f), "level": tool.level(f)} for f in report.analysis.findings],
        }
        for report in reports
    ]
    return json.dumps({"tool": tool.name, "version": tool.version, "programs": programs}, indent=2, ensure_ascii=False)


def json_line(identity: JsonValue, analysis: Analysis) -> str:
    """The answer to one line of ``--jsonl``; ``reason`` is there when there is one."""
    answer: dict[str, JsonValue] = {"id": identity, "status": analysis.status.value}
    if analysis.reason:
        answer["reason"] = analysis.reason
    answer["findings"] = [finding_record(finding) for finding in analysis.findings]
    return json.dumps(answer)
