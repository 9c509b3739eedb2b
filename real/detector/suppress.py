"""``# real: ignore[CWE-89] reason``: for people who scan files, never for scoring (``scan`` does not know of it)."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import replace

from real.types import Analysis, AnalysisStatus

_COMMENT = re.compile(r"#\s*real:\s*ignore\[(?P<rules>[^\]]*)\]\s*(?P<reason>.*)")


def ignored_lines(code: str) -> dict[int, set[str]]:
    """Line -> the rules that a comment on it (or alone on the line before) waives; a waiver needs a reason."""
    found: dict[int, set[str]] = {}
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return found  # such a file is unanalyzable anyway
    for token in tokens:
        if token.type != tokenize.COMMENT:
            continue
        match = _COMMENT.match(token.string)
        if match is None or not match["reason"].strip():
            continue
        rules = {name.strip() for name in match["rules"].split(",")}
        alone = token.line[: token.start[1]].strip() == ""
        found.setdefault(token.start[0] + (1 if alone else 0), set()).update(rules)
    return found


def without_ignored(code: str, analysis: Analysis) -> Analysis:
    """The analysis without the findings that comments in ``code`` waive."""
    if not analysis.findings:
        return analysis
    ignored = ignored_lines(code)
    kept = tuple(finding for finding in analysis.findings if finding.rule not in ignored.get(finding.line, set()))
    return replace(analysis, findings=kept, status=AnalysisStatus.FINDINGS if kept else AnalysisStatus.CLEAN)
