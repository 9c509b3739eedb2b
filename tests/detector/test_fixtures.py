"""Rule fixtures: marked programs, compared as exact (line, rule) sets.

`# ruleid: CWE-89` trails the first line of the sink's call, or stands alone on the line before it; `# ok: CWE-89` marks
a line of the same kind that must stay silent.
"""

import re
from pathlib import Path

import pytest

from real.detector import scan
from real.detector.rules import all_rules
from real.types import AnalysisStatus

ROOT = Path(__file__).parent.parent / "fixtures" / "detector"
FILES = sorted(ROOT.rglob("*.py"))
MARK = re.compile(r"#\s*(ruleid|ok):\s*(CWE-\d+)")


def marks(code: str, kind: str) -> set[tuple[int, str]]:
    found = set()
    for number, line in enumerate(code.splitlines(), start=1):
        match = MARK.search(line)
        if match and match[1] == kind:
            alone = line.strip().startswith("#")
            found.add((number + 1 if alone else number, match[2]))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_findings_are_exactly_the_marks(path: Path) -> None:
    code = path.read_text()
    analysis = scan(code)
    assert analysis.status in (AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS), analysis.reason
    found = {(finding.line, finding.rule) for finding in analysis.findings}
    assert found == marks(code, "ruleid")
    assert len(found) == len(analysis.findings)


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "vulnerable"], ids=lambda path: path.stem)
def test_a_trace_leads_from_the_source_to_the_sink(path: Path) -> None:
    code = path.read_text()
    rules = {rule.cwe: rule for rule in all_rules()}
    for finding in scan(code).findings:
        assert len(finding.trace) >= (2 if rules[finding.rule].check is None else 1)  # a missing check has no source
        assert finding.trace[-1].line == finding.line
        assert all(1 <= step.line <= len(code.splitlines()) for step in finding.trace)
        assert "\n" not in finding.message
        assert finding.fix


def test_no_line_is_marked_both_ways() -> None:
    for path in FILES:
        code = path.read_text()
        assert not marks(code, "ruleid") & marks(code, "ok"), path


def test_every_rule_has_marked_fixtures_of_both_kinds() -> None:
    for rule in all_rules():
        folder = ROOT / rule.cwe.lower().replace("cwe-", "cwe_0" if len(rule.cwe) == 6 else "cwe_")
        for kind, mark in (("vulnerable", "ruleid"), ("safe", "ok")):
            programs = sorted((folder / kind).glob("*.py"))
            assert programs, (rule.cwe, kind)
            assert all(marks(program.read_text(), mark) for program in programs), (rule.cwe, kind)
