"""What is blamed: the places of defects, each at what it cost, and nothing that a program could gain by."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from real import detector
from real.extract import RULES, located
from real.rewards import CreditMode, RewardCfg, Variant, blame, reward
from real.rewards.credit import failing_line
from real.rewards.places import Places
from real.types import Analysis, AnalysisStatus, Check, Finding, OutcomeStatus, Program, TestOutcome, TraceStep, Verdict

CODE = """import sqlite3

name = input()
query = f"SELECT * FROM users WHERE name = '{name}'"
cur = sqlite3.connect("db").cursor()
cur.execute(query)
print(cur.fetchall())
"""
PASS, WRONG = TestOutcome(OutcomeStatus.PASS), TestOutcome(OutcomeStatus.WRONG)


def verdict(code=CODE, outcomes=(PASS, PASS), check=Check.SECURITY, findings=None, status=None):
    analysis = detector.scan(code) if findings is None else Analysis(AnalysisStatus.FINDINGS, tuple(findings))
    analysis = replace(analysis, status=status) if status else analysis
    return Verdict("t", Program(code), tuple(outcomes), {check: analysis})


def blamed(made, mode=CreditMode.trace, **settings):
    cfg = RewardCfg(credit=mode, **settings)
    return [(made.program.code[part.start : part.end], part.value) for part in blame(made, cfg)]


def test_trace_blames_the_sinks_argument_and_what_leads_there():
    assert blamed(verdict()) == [('''f"SELECT * FROM users WHERE name = '{name}'"''', 0.5), ("query", 0.5)]


def test_line_blames_the_lines_of_findings():
    assert blamed(verdict(), CreditMode.line) == [("cur.execute(query)", 0.5)]


def test_none_blames_nothing():
    assert blamed(verdict(), CreditMode.none) == []


def test_random_has_the_blame_of_trace():
    assert blamed(verdict(), CreditMode.random) == blamed(verdict())


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (Verdict("t", Program(None, "no code block")), "no program"),
        (verdict("print(1)\n"), "clean"),
        (verdict(status=AnalysisStatus.ERROR), "masked"),
        (verdict(status=AnalysisStatus.PARTIAL), "nothing was found"),
        (verdict(outcomes=(WRONG, PASS), findings=(), status=AnalysisStatus.CLEAN), "wrong, but nobody knows where"),
        (verdict(outcomes=(TestOutcome(OutcomeStatus.TIMEOUT, detail="CPU time limit"),) * 2), "runs nothing at all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_is_blamed_without_a_place_that_cost_something(made, reason):
    assert blamed(made) == []


def test_type_findings_blame_the_expression_or_the_head_of_the_function():
    code = "def area(\n    a, b\n):  # the head\n    return a * b\n\ntotal: int = str(3)\n"
    found = [Finding("mypy:no-untyped-def", 1, "…", 0), Finding("mypy:assignment", 6, "…", 13)]
    made = verdict(code, check=Check.MAINTAINABILITY, findings=found)
    assert blamed(made) == [("def area(\n    a, b\n):  # the head", 0.5), ("str(3)", 0.5)]


def test_failing_runs_blame_the_line_of_the_exception():
    raised = TestOutcome(OutcomeStatus.ERROR, detail="line 6: OperationalError: no such table")
    clean = verdict(outcomes=(raised, PASS, PASS, PASS), findings=(), status=AnalysisStatus.CLEAN)
    assert blamed(clean) == [("cur.execute(query)", 0.125)]  # half of the reward, a quarter of the tests
    never = verdict(outcomes=(raised, raised), findings=(), status=AnalysisStatus.CLEAN)
    assert blamed(never) == [("cur.execute(query)", 2.0)]  # from the penalty to the whole reward


def test_what_python_does_not_compile_is_blamed_where_it_says():
    broken = "x = 1\nfor in x:\n    pass\n"
    try:
        compile(broken, "program.py", "exec")
    except SyntaxError as error:
        detail = f"SyntaxError: {error}"
    outcome = TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail)
    made = verdict(broken, (outcome,), findings=(), status=AnalysisStatus.UNANALYZABLE)
    assert failing_line(outcome) == 2
    assert blamed(made) == [("for in x:", 1.5)]  # the tests could pass; what the detector would say is not known


@pytest.mark.parametrize(("variant", "cost"), [("function_only", 0.0), ("quality_only", 1.0), ("hybrid", 0.5)])
def test_a_defect_costs_what_the_variant_pays_for_the_check(variant, cost):
    assert max([0.0, *(value for _, value in blamed(verdict(), variant=Variant(variant)))]) == cost


def test_where_two_causes_meet_both_count_but_never_above_the_whole_loss():
    raised = TestOutcome(OutcomeStatus.ERROR, detail="line 6: OperationalError: no such table")
    made = verdict(outcomes=(raised, PASS))
    assert dict(blamed(made))["query"] == 0.75  # 0.5 for the finding, 0.25 for the test
    cfg = RewardCfg(credit=CreditMode.trace, variant=Variant.hybrid_hardened)
    hardened = replace(made, baseline=0.5)
    lost = 1.0 - reward(hardened, cfg).value
    assert 0 < max(part.value for part in blame(hardened, cfg)) <= lost


def test_no_number_of_findings_or_steps_raises_the_blame():
    one = Finding("CWE-89", 6, "…", 0, (TraceStep(3, "source"), TraceStep(4, "text", 8), TraceStep(6, "sink", 0)))
    many = [one] * 50 + [replace(one, rule=f"CWE-{n}", trace=one.trace * 9) for n in range(50)]
    assert blamed(verdict(findings=[one] * 50)) == blamed(verdict(findings=[one]))
    assert {value for _, value in blamed(verdict(findings=many))} == {0.5}


_SPLIT = {
    "through more names": "a = name\nb = a\nquery = f\"SELECT * FROM users WHERE name = '{b}'\"",
    "in more pieces": 'query = "SELECT * FROM users WHERE name = \'"\nquery += name\nquery += "\'"',
    "through a function": "def text(x):\n    return 'SELECT * FROM users WHERE name = ' + x\nquery = text(name)",
    "twice": "query = f\"SELECT '{name}'\"\ncur0 = sqlite3.connect('db').cursor()\ncur0.execute(query)",
    "in a container": "parts = ['SELECT * FROM users WHERE name = ', name]\nquery = ''.join(parts)",
}


@pytest.mark.parametrize("edit", _SPLIT)
def test_a_flow_that_is_split_or_doubled_costs_the_same_on_every_token(edit):
    code = CODE.replace('''query = f"SELECT * FROM users WHERE name = '{name}'"''', _SPLIT[edit])
    parts = blamed(verdict(code))
    assert parts
    assert {value for _, value in parts} == {0.5}
    assert any(text == "query" for text, _ in parts)


def test_a_hidden_flow_earns_what_the_scalar_says_and_no_credit():
    hidden = verdict(CODE.replace("cur.execute(query)", "eval('cur.execute(query)')"))
    assert all(0 < value <= 1.0 - reward(hidden, RewardCfg()).value for _, value in blamed(hidden))


_OPENINGS = ("```python\n", "  ```python\n", "```python\n\ufeff", "<think>\n```\n</think>\n```py\r\n", "Text.\n\n```\n")
_LINES = st.text(alphabet="ab (=é😀\t\"'", max_size=12)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(
        ["```python\n", "  ```python\n", "```python\n\ufeff", "<think>\n```\n</think>\n```py\r\n", "Text.\n\n```\n"]
    ),
    st.lists(_LINES, min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(RULES),
    st.sampled_from(["\n```\nDone.", "```", "\n  ```  \n"]),
)
def test_every_character_of_a_program_is_where_extraction_says(opening, lines, end, rule, closing):
    text = opening + end.join(["x = 1", *lines, "assert x", "print(x)"]) + closing
    found = located(text, rule)
    code = found.program.code
    if code is None:
        return
    for at, char in enumerate(code):
        ((start, stop),) = found.in_response(at, at + 1)
        assert stop == start + 1
        assert text[start] == char
    assert "".join(text[start:stop] for start, stop in found.in_response(0, len(code))) == code or rule != "answer"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_and_columns_are_those_of_pythons_lexer(end, mark):
    code = mark + end.join(["größe = '漢'; q = f(größe, x)", "if q:", "    return_ = g(", "        q)", ""])
    places = Places(code)
    byte = len("größe = '漢'; q = ".encode())
    assert [code[a:b] for a, b in places.arguments(1, byte)] == ["größe", "x"]
    assert [code[a:b] for a, b in places.expression(2, 0)] == ["if q:"]
    assert [code[a:b] for a, b in places.expression(3, 4)] == [f"return_ = g({end}        q)"]
    assert [code[a:b] for a, b in places.line(4)] == ["q)"]
    assert places.line(0) == places.line(5) == places.line(99) == []


def test_a_place_where_nothing_begins_is_its_line():
    places = Places("x = (\n")
    assert places.expression(1, 2) == places.line(1) == [(0, 5)]
    assert places.arguments(1, 0) == places.line(1)
