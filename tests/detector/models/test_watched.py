"""Every call that a rule asks about is recorded while it runs alone: what is not watched is missed silently."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from real.detector.analysis import facts
from real.detector.analysis.facts import Facts
from real.detector.engine import analyse
from real.detector.rule import Rule
from real.detector.rules import all_rules, extended_rules

FIXTURES = Path(__file__).parents[2] / "fixtures"
EACH = 8  # programs of either kind, for each rule


def programs(rule: Rule) -> list[Path]:
    name = f"cwe_{int(rule.cwe.removeprefix('CWE-')):03}"
    extended = sorted((FIXTURES / "extended" / name).glob("*.py"))
    kinds = ("vulnerable", "safe")
    return extended + [
        path for kind in kinds for path in sorted((FIXTURES / "detector" / name / kind).glob("*.py"))[:EACH]
    ]


@pytest.mark.parametrize("rule", [*all_rules(), *extended_rules()], ids=lambda rule: rule.cwe)
def test_what_a_rule_asks_about_is_recorded(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    missed: set[str] = set()
    asked_calls, asked_table = Facts.calls, Facts.tabled

    def look(self: Facts, names: tuple[str, ...]) -> None:
        known = self._solver.heap.rules.names
        missed.update(name for name in names if name.rpartition(".")[2] not in known)

    def calls(self: Facts, *names: str) -> list[facts.CallSite]:
        look(self, names)
        return asked_calls(self, *names)

    def tabled(self: Facts, table: Mapping[str, object]) -> object:
        look(self, tuple(table))
        return asked_table(self, table)

    monkeypatch.setattr(Facts, "calls", calls)
    monkeypatch.setattr(Facts, "tabled", tabled)
    for path in programs(rule):
        analyse(path.read_text(encoding="utf-8"), (rule,))
    assert programs(rule)
    assert not missed
