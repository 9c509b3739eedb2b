"""Without a row its program is judged otherwise: no row says what another one says already.

The rows that are left over are listed with what covers them; the list is exact.
"""

import copy

import pytest
from test_rows import ALL, RULE_OF, SINKS, program, read, sanitized, use

from real.detector.analysis import records
from real.detector.analysis.tables import Sink as TableSink
from real.detector.engine import analyse
from real.detector.models.catalogue import sources
from real.detector.models.rows import Sink
from real.detector.rule import Rule
from real.detector.rules import select_rules

RULES = {rule.cwe: rule for rule in select_rules(ALL)}
# `eval` is also a method of anything (data frames, embedded interpreters), which the builtin would be taken for. Of
# these responses the rule asks itself: their headers say whether they are pages.
COVERED = {
    *("builtins.eval", "aiohttp.web.Response", "fastapi.Response", "fastapi.responses.Response"),
    *("starlette.responses.Response", "litestar.Response"),
    # Names of Python 2: a module that was renamed means its new name as well.
    *("cPickle.load", "cPickle.loads", "cPickle.Unpickler", "urllib2.urlopen"),
    *("commands.getoutput", "commands.getstatusoutput"),
}
# What covers these: the method of the same name (of addresses: decode() as that of a text), the analysis itself
# (percent-encoding), the builders of SQLAlchemy.
SAFE_ANYWAY = {
    *(f"urllib.parse.{name}" for name in ("quote", "quote_plus", "urlencode")),
    *(
        "urllib.quote",
        "jwt.decode",
        "django.core.signing.Signer().unsign_object",
        "django.template.loader.render_to_string",
    ),
    *("flask.render_template", "flask.url_for", "quart.render_template", "quart.url_for", "sqlalchemy.sql.quoted_name"),
}


def without(rule: Rule, row: Sink) -> Rule:
    """The rule without what the row brings."""
    made = copy.copy(rule)
    root, found, name = row.api.rpartition("**.")
    calls: dict[str, TableSink] = {path: sink for path, sink in rule.calls.items() if found or path != row.api}
    methods = {method: sink for method, sink in rule.methods.items() if root or not found or method != name}
    rooted = {
        place: {method: sink for method, sink in table.items() if not found or f"{place}." != root or method != name}
        for place, table in rule.rooted.items()
    }
    if root.startswith("**."):
        rooted = {place: table for place, table in rooted.items() if f"*{place[1:]}." != root.removeprefix("*")}
    for field, table in (("calls", calls), ("methods", methods), ("rooted", rooted)):
        object.__setattr__(made, field, table)
    return made


def test_without_a_row_its_program_is_judged_otherwise() -> None:
    left = set()
    for row in SINKS:
        rule = RULES[RULE_OF[row.kind]]
        if analyse(program(row), (without(rule, row),)).findings:
            left.add(row.api)
    assert left == COVERED


def test_without_a_sanitizer_its_program_is_reported() -> None:
    left = set()
    for row, kind in sanitized():
        made = copy.copy(RULES[RULE_OF[kind]])
        object.__setattr__(made, "sanitizers", made.sanitizers - {row.api})
        object.__setattr__(made, "sanitizer_methods", made.sanitizer_methods - {row.api.removeprefix("**.")})
        if not analyse(read(row, kind, cleaned=True), (made,)).findings:
            left.add(row.api)
    assert left == SAFE_ANYWAY


def test_without_a_source_its_program_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    left = set()
    for row in sources().values():
        monkeypatch.setattr(records, "sources", lambda gone=row.api: {k: v for k, v in sources().items() if k != gone})
        if analyse(use(row), (RULES["CWE-95"],)).findings:
            left.add(row.api)
    assert left == set()
