"""How analyses are printed: text for people, JSON and JSON lines for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from real.types import Analysis, AnalysisStatus, Finding, JsonValue

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_TROUBLE = 2

_BOLD, _RED, _DIM, _PLAIN = "\033[1m", "\033[31m", "\033[2m", "\033[0m"

Named = tuple[str, Analysis]  # what a program is called, and what was found in it


def exit_code(statuses: Iterable[AnalysisStatus]) -> int:
    """0: all clean. 1: findings, or a program that cannot be analysed. 2: the checker itself failed on one."""
    seen = set(statuses)
    if AnalysisStatus.ERROR in seen:
        return EXIT_TROUBLE
    return EXIT_FINDINGS if seen & {AnalysisStatus.FINDINGS, AnalysisStatus.UNANALYZABLE} else EXIT_CLEAN


def text(results: Sequence[Named], color: bool = False) -> str:
    """One ``path:line:column`` line per finding, its notes indented below, and a summary at the end."""
    bold, red, dim, plain = (_BOLD, _RED, _DIM, _PLAIN) if color else ("", "", "", "")
    lines: list[str] = []
    for name, analysis in results:
        if analysis.reason:
            lines.append(f"{bold}{name}{plain}: {red}{analysis.status.value}{plain}: {analysis.reason}")
        for finding in analysis.findings:
            message, *notes = finding.message.split("\n")
            place = f"{bold}{name}:{finding.line}:{finding.column + 1}{plain}"
            lines.append(f"{place}: {message}  {red}[{finding.rule}]{plain}")
            lines.extend(f"    {dim}{note}{plain}" for note in notes)
    return "\n".join([*lines, summary(results)])


def summary(results: Sequence[Named]) -> str:
    """For example ``3 programs: 1 clean, 2 with findings (5)``."""
    counts = Counter(analysis.status for _, analysis in results)
    found = sum(len(analysis.findings) for _, analysis in results)
    words = {
        AnalysisStatus.CLEAN: "clean",
        AnalysisStatus.FINDINGS: "with findings",
        AnalysisStatus.UNANALYZABLE: "unanalyzable",
        AnalysisStatus.ERROR: "not checked because of an error",
    }
    parts = [f"{counts[status]} {words[status]}" for status in words if counts[status]]
    parts = [f"{part} ({found})" if part.endswith("findings") else part for part in parts]
    return f"{len(results)} program{'' if len(results) == 1 else 's'}: {', '.join(parts) or 'nothing to check'}"


def as_json(results: Sequence[Named], version: str) -> str:
    """One document; ``column`` is 1-based as in the text output."""
    programs: list[JsonValue] = [
        {
            "path": name,
            "status": analysis.status.value,
            "reason": analysis.reason,
            "findings": [{**_finding(f), "column": f.column + 1} for f in analysis.findings],
        }
        for name, analysis in results
    ]
    return json.dumps({"version": version, "programs": programs}, indent=2, ensure_ascii=False)


def json_line(identity: JsonValue, analysis: Analysis) -> str:
    """The answer to one line of ``--jsonl``; ``reason`` is there when there is one."""
    answer: dict[str, JsonValue] = {"id": identity, "status": analysis.status.value}
    if analysis.reason:
        answer["reason"] = analysis.reason
    answer["findings"] = [_finding(finding) for finding in analysis.findings]
    return json.dumps(answer)


def _finding(finding: Finding) -> dict[str, JsonValue]:
    return {"rule": finding.rule, "line": finding.line, "message": finding.message}
