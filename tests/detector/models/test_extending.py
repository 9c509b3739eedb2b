"""What it takes to add to the detector: a library is one file, a sink one row of it, a rule one file."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from real.detector import rules
from real.detector.engine import analyse
from real.detector.models import catalogue
from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.rules import select_rules

PROGRAM = "import oracle\n\ndef find(name):\n    return oracle.ask(f\"SELECT * FROM note WHERE name = '{name}'\")\n"
RULE = '''"""CWE-9999: Asking an oracle (https://example.org)

What: outside text is asked.
"""

from real.detector.models.kinds import Kind
from real.detector.rule import Rule

RULE = Rule(cwe="CWE-9999", title="Asking an oracle", doc=__doc__ or "", fix="ask nothing", kinds=(Kind.EVAL,))
'''


@pytest.fixture
def _with_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that no model knew before, with one row."""
    select_rules(None)  # the rules that are loaded know nothing of it
    known = catalogue.libraries()
    made = Library("oracle", "oracle==1.0", tuple(sinks(Kind.SQL, arg(0, "question"), "oracle.ask")))
    monkeypatch.setattr(catalogue, "libraries", lambda: (*known, made))
    monkeypatch.setattr(catalogue, "rows_of", catalogue.rows_of.__wrapped__)
    monkeypatch.setattr(catalogue, "tables", catalogue.tables.__wrapped__)


@pytest.mark.usefixtures("_with_oracle")
def test_a_sink_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    (rule,) = select_rules(["CWE-89"])
    monkeypatch.setattr("real.detector.analysis.tables.tables", catalogue.tables)
    found = analyse(PROGRAM, (replace(rule),)).findings
    assert [(finding.rule, finding.line) for finding in found] == [("CWE-89", 4)]


def test_without_the_row_nothing_is_known_of_it() -> None:
    (rule,) = select_rules(["CWE-89"])
    assert "oracle.ask" not in rule.calls


def test_a_rule_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "more_rules"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "cwe_9999.py").write_text(RULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    (rule,) = rules._rules_in([str(package)], "more_rules")
    found = analyse("def run(text):\n    return eval(text)\n", (rule,)).findings
    assert [(finding.rule, finding.line) for finding in found] == [("CWE-9999", 2)]
    assert sys.modules.pop("more_rules.cwe_9999").RULE is rule
