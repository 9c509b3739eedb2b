"""No input makes the scan raise, hang or waver."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recursion import FORMS, recursive

from real.detector import engine, scan
from real.detector.rules import all_rules
from real.errors import UnknownNameError
from real.types import AnalysisStatus

PROGRAMS = [path.read_text() for path in sorted((Path(__file__).parent.parent / "fixtures" / "detector").rglob("*.py"))]


@pytest.mark.parametrize(
    "code",
    [
        "x = (",
        "x = 1\0",
        "\ud800",
        "(" * 5000,
        "(" * 90 + "1" + ")" * 90 + "\n" + "-" * 20000 + "1",
        "[" * 150 + "]" * 150,
        "x = " + "not " * 5000 + "1",
        "x" + ".a" * 3000,
        "x" + "()" * 3000,
        "f(" * 160 + ")" * 160,
        "lambda: " * 1000 + "0",
        "#" * 300_000,
        "\n".join("    " * depth + "if x:" for depth in range(90)) + " pass",
        "return",
        "yield 1\nbreak",
        "x: int = = 2",
    ],
)
def test_what_cannot_be_analysed_is_neither_clean_nor_an_error(code: str) -> None:
    analysis = scan(code)
    assert analysis.status in (AnalysisStatus.UNANALYZABLE, AnalysisStatus.CLEAN)
    if analysis.status is AnalysisStatus.UNANALYZABLE:
        assert analysis.reason
        assert "\n" not in analysis.reason


@pytest.mark.parametrize("code", ["x = (", "x = 1\0", "\ud800", "(" * 5000, "#" * 300_000, "lambda: " * 1000 + "0"])
def test_hopeless_sources_are_unanalyzable(code: str) -> None:
    assert scan(code).status is AnalysisStatus.UNANALYZABLE


@pytest.mark.parametrize("code", ["", "\n", "\ufeffx = 1\n", "x = 1\r\ny = 2\r\n", "def f():\n\treturn 1\n", "pass"])
def test_trivial_programs_are_clean(code: str) -> None:
    assert scan(code).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("nothing", ['"""Later."""', "...", "pass", "yield", '"""Later."""; return'])
@pytest.mark.parametrize("call", ["later(1)", "value = later(1)", "for _ in later(1): pass", "print(later(1))"])
def test_functions_that_do_nothing_yet_can_be_called(nothing: str, call: str) -> None:
    assert scan(f"def later(x):\n    {nothing}\n{call}\n").status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("form", FORMS)
def test_functions_that_call_themselves_are_analysed(form: str) -> None:
    analysed = 0
    for code in PROGRAMS[FORMS.index(form) :: 12]:
        if not scan(code).unseen:
            analysis = scan(recursive(code, form, min))
            assert not analysis.reason or analysis.reason.startswith("dynamic code"), (analysis.reason, code)
            analysed += 1
    assert analysed > 50


def test_long_flat_programs_are_analysed() -> None:
    total = " + ".join(["'a'"] * 2000)
    chain = "if x == 0:\n    pass\n" + "".join(f"elif x == {n}:\n    y = {n}\n" for n in range(500))
    assert scan(f"x = input()\nq = {total} + x\ncur.execute(q)\n").status is AnalysisStatus.FINDINGS
    assert scan(f"x = 1\n{chain}").status is AnalysisStatus.CLEAN
    assert scan("x = input()\n" + "x = x + 'a'\n" * 3000 + "cur.execute(x)\n").status is AnalysisStatus.FINDINGS


def test_a_failing_rule_is_an_error_and_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise KeyError("broken rule")

    monkeypatch.setattr(engine, "report", broken)
    analysis = scan("c.execute(input())")
    assert analysis.status is AnalysisStatus.ERROR
    assert "broken rule" in analysis.reason


def test_select() -> None:
    code = "def f(c, x):\n    c.execute(x + '')\n"
    assert scan(code, select=["CWE-89"]).findings == scan(code).findings
    assert scan(code, select=[]).status is AnalysisStatus.CLEAN
    with pytest.raises(UnknownNameError, match="CWE-89"):
        scan(code, select=["CWE-0089"])


def test_a_suppression_comment_has_no_effect_on_scan() -> None:
    assert scan("c.execute('S ' + input())  # real: ignore[CWE-89] trust me\n").status is AnalysisStatus.FINDINGS


def check(code: str) -> None:
    first = scan(code)
    assert first.status is not AnalysisStatus.ERROR, (first.reason, code)
    assert scan(code) == first
    assert (first.status is AnalysisStatus.FINDINGS) == bool(first.findings)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text(code: str) -> None:
    check(code)


TOKENS = sorted({token for program in PROGRAMS for token in program.replace("(", " ( ").replace(")", " ) ").split()})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=30))
def test_token_soup(tokens: list[str]) -> None:
    check(" ".join(tokens))


@settings(max_examples=150, deadline=None)
@given(st.integers(min_value=0))
def test_mutated_programs(seed: int) -> None:
    rng = random.Random(seed)
    lines = rng.choice(PROGRAMS).splitlines()
    others = rng.choice(PROGRAMS).splitlines()
    for _ in range(rng.randint(1, 6)):
        position = rng.randrange(len(lines))
        action = rng.randrange(4)
        if action == 0:
            del lines[position : position + rng.randint(1, 3)]
        elif action == 1:
            lines.insert(position, rng.choice(others))
        elif action == 2:
            other = rng.randrange(len(lines))
            lines[position], lines[other] = lines[other], lines[position]
        else:
            words = lines[position].split(" ")
            words[rng.randrange(len(words))] = rng.choice(TOKENS)
            lines[position] = " ".join(words)
        if not lines:
            break
    check("\n".join(lines))


STATEMENTS = st.sampled_from(
    [
        "x = input()", "y = x", "x = y + x", "f(x)", "x = f(y)", "cur.execute(x)", "g.append(x)", "x = g[0]", "g = [y]",
        "del x", "o.a = x", "x = o.a", "yield x", "return x", "break", "continue", "raise ValueError(x)", "global x",
        "x, *y = g", "x = [i for i in y if i]", "x = lambda x: f(x)", "import sqlite3 as f", "x += y", "await x",
        "x = {x: y, **g}", "assert x in y", "x = (y := x)", "print(*x, **y)", "f = f(f)", "x = f'{x!r:{y}}'", "pass",
    ]
)  # fmt: skip
HEADS = st.sampled_from(
    [
        "if x:", "while x not in y:", "for x in g:", "with x as y:", "try:", "def f(x, *g, y=1, **o):", "class f(o):",
        "async def f(y):", "if x in {'aa'}:", "while True:",
    ]
)  # fmt: skip
BLOCKS = st.recursive(
    STATEMENTS.map(lambda statement: [statement]),
    lambda inner: st.tuples(HEADS, st.lists(inner, min_size=1, max_size=4)).map(
        lambda parts: [
            parts[0],
            *("    " + line for block in parts[1] for line in block),
            *(["except E as x:", "    y = x", "finally:", "    x = y"] if parts[0] == "try:" else []),
        ]
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(BLOCKS, max_size=6))
def test_generated_programs(blocks: list[list[str]]) -> None:
    check("\n".join(line for block in blocks for line in block))


def test_the_result_does_not_depend_on_the_hash_seed() -> None:
    script = (
        "import json, sys\nfrom real.linter.jsonl import scan_lines\nprint(json.dumps(list(scan_lines(sys.stdin))))\n"
    )
    lines = "".join(json.dumps({"id": number, "code": code}) + "\n" for number, code in enumerate(PROGRAMS))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_rules_are_complete() -> None:
    for rule in all_rules():
        assert rule.cwe.startswith("CWE-")
        for word in ("What:", "Why:", "Bad:", "Good:", "What silences it:", "What does not:"):
            assert word in rule.doc
