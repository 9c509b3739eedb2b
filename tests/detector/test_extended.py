"""Rules beyond the paper: exact findings where they are selected, none in the reward."""

from pathlib import Path

import pytest
from test_fixtures import marks

from real.detector import scan
from real.detector.rules import all_rules, extended_rules
from real.linter.selection import chosen

ROOT = Path(__file__).parent.parent / "fixtures" / "extended"
IDS = tuple(rule.cwe for rule in extended_rules())


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_findings_are_exactly_the_marks(path: Path) -> None:
    code = path.read_text()
    found = {(finding.line, finding.rule) for finding in scan(code, select=IDS).findings}
    assert found == marks(code, "ruleid")
    assert not {finding.rule for finding in scan(code).findings} & set(IDS)


def test_every_extended_rule_has_programs_of_both_kinds() -> None:
    for cwe in IDS:
        folder = ROOT / f"cwe_{int(cwe.removeprefix('CWE-')):03}"
        assert marks((folder / "vulnerable.py").read_text(), "ruleid")
        assert marks((folder / "safe.py").read_text(), "ok")


def test_select_extended() -> None:
    assert chosen(["extended"], []) == IDS
    assert chosen(["extended,CWE-89"], ["CWE-611"]) == ("CWE-89", *(cwe for cwe in IDS if cwe != "CWE-611"))
    assert chosen([], []) == tuple(rule.cwe for rule in all_rules())
    assert not set(IDS) & set(chosen([], []))
