"""What rules can ask about the fixed point: control dependence, slices, operations, pieces of text, arguments."""

import pytest

from real.detector.analysis.charsets import Charset, admits_only, removes_harm
from real.detector.analysis.derived import Derived
from real.detector.analysis.facts import Facts
from real.detector.analysis.returned import built_with
from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.solver import Solver
from real.detector.engine import analyse
from real.detector.frontend.build import build
from real.detector.frontend.escapes import NONE
from real.detector.ir.instructions import Instr, Unit
from real.detector.limits import Budget
from real.detector.models.rows import arg
from real.detector.models.when import May, Missing, MissingOrNamed, Truthy, Unless
from real.detector.rule import ReturnSink, Rule, Sink, StoreSink


def facts_of(code: str, **fields: object) -> Facts:
    rule = Rule("CWE-1", "Test", "", "", watches=frozenset({"target", "run"}), **fields)  # type: ignore[arg-type]
    solver = Solver(build(code)[0], RuleSet([rule]), Budget(), NONE)
    solver.solve()
    return Facts(Derived(solver), 1)


def found(code: str, **fields: object) -> list[int]:
    rule = Rule("CWE-1", "Test", "", "", **fields)  # type: ignore[arg-type]
    analysis = analyse(code, [rule])
    assert analysis.status.value in ("clean", "findings"), analysis.reason
    return [finding.line for finding in analysis.findings]


def op(facts: Facts, name: str = "op") -> tuple[Unit, Instr]:
    """The call of ``op()``."""
    for unit in facts.units:
        for instr in facts.instructions(unit):
            if instr.op == "call" and name in facts.reads(unit, instr.args[0]).names:
                return unit, instr
    raise AssertionError("no such call")


def params_tested(code: str) -> set[str]:
    """The parameters that the tests which control ``op()`` read."""
    facts = facts_of(code)
    unit, instr = op(facts)
    return {param for atom in facts.controlling_tests(unit, instr) for param in facts.atom_reads(atom).params}


@pytest.mark.parametrize(
    ("body", "params"),
    [
        ("if a: op()", "a"),
        ("if a: pass\n    op()", ""),
        ("if not a: return\n    op()", "a"),
        ("if a == 1: raise ValueError\n    op()", "a"),
        ("if a or b: op()", "ab"),
        ("if a or b: return\n    op()", "ab"),
        ("if a:\n        if b: op()", "ab"),
        ("if a:\n        x = 1\n    else:\n        x = 2\n    op()", ""),
        ("ok = a == 1 and b == 2\n    if ok: op()", "ab"),
        ("while a: op()", "a"),
        ("while a: pass\n    op()", ""),
        ("for i in a:\n        if b == i: op()", "ab"),
        ("if any(x == b for x in a): op()", "ab"),
        ("if all(not isinstance(x, T) for x in walk(a)): op()", "a"),
        ("try:\n        if a: op()\n    except E: pass", "a"),
        ("if False:\n        if a: return\n    op()", ""),
        ("assert a\n    op()", ""),
        ("x = 1 if a else 2\n    op()", ""),
        ("return op() if a else None", "a"),
        ("match a:\n        case 1: op()", "a"),
    ],
)
def test_control_dependence(body: str, params: str) -> None:
    assert params_tested(f"def f(a, b):\n    {body}\n") == set(params)


@pytest.mark.parametrize(
    ("helper", "body", "params"),
    [
        ("def ok(v):\n    return v == 1\n", "if ok(a): op()", "a"),
        ("def ok(v):\n    if v == 1:\n        return True\n    return False\n", "if ok(b): op()", "b"),
        ("def need(v):\n    if v != 1:\n        raise ValueError\n", "need(a)\n    op()", "a"),
        ("def log(v):\n    if v != 1:\n        print(v)\n", "log(a)\n    op()", ""),
        ("def need(v, w):\n    if w != 1:\n        raise ValueError\n", "need(a, w=b)\n    op()", "b"),
        ("class C:\n    def ok(self, v):\n        return v == 1\n", "if C().ok(a): op()", "a"),
    ],
)
def test_a_check_in_a_helper_counts(helper: str, body: str, params: str) -> None:
    assert params_tested(f"{helper}def f(a, b):\n    {body}\n") == set(params)


def test_a_test_is_necessary_if_the_other_outcome_excludes_the_operation() -> None:
    facts = facts_of("def f(a, b):\n    if a == 1 or b == 2:\n        if b != 3:\n            op()\n")
    unit, instr = op(facts)
    assert sorted((atom.op, atom.necessary) for atom in facts.controlling_tests(unit, instr)) == [
        ("Eq", False),
        ("Eq", False),
        ("NotEq", True),
    ]


@pytest.mark.parametrize(
    "test", ["a == 1 or b in c", "not (a != 1 and b not in c)", "not (not (a == 1) and not b in c)"]
)
def test_operators_are_shown_as_they_hold_whatever_way_the_test_is_written(test: str) -> None:
    facts = facts_of(f"def f(a, b, c):\n    if {test}:\n        op()\n    else:\n        raise ValueError\n")
    assert {atom.op for atom in facts.controlling_tests(*op(facts))} == {"Eq", "In"}
    other = facts_of(f"def f(a, b, c):\n    if {test}:\n        raise ValueError\n    op()\n")
    assert {atom.op for atom in other.controlling_tests(*op(other))} == {"NotEq", "NotIn"}


def test_a_quantified_test_is_taken_apart() -> None:
    facts = facts_of("def f(a):\n    if any(not isinstance(x, T) for x in walk(a)): return\n    op()\n")
    unit, instr = op(facts)
    inner = [atom for atom in facts.controlling_tests(unit, instr) if atom.instr.line == 2][-1]
    assert (inner.op, inner.sense, inner.necessary) == ("call", True, True)
    assert "builtins.isinstance" in facts.library_names(inner.unit, inner.instr)


def test_reads_follow_data_through_containers_and_helpers() -> None:
    facts = facts_of(
        "def own(x):\n    return STORE[x]['owner']\n"
        "def f(a, b):\n    box = []\n    box.append(a.get('key'))\n    op(box, own(b).name)\n"
    )
    unit, instr = op(facts)
    first, second = (facts.reads(unit, operand) for operand in instr.args[1:])
    assert first.params == {"a"}
    assert first.keys == {"key"}
    assert second.params == {"b"}
    assert second.keys == {"owner"}
    assert second.attributes == {"name"}
    assert "STORE" in second.words


def test_operations_are_those_on_shared_containers() -> None:
    facts = facts_of(
        "def f(a, k):\n    own = {}\n    own[k] = 1\n    a[k] = 2\n    del G[k]\n    G[k].append(3)\n    a.x = 4\n"
        "    own.pop(k)\n    return G.get(k)\n"
    )
    unit = facts.functions[0]
    kinds = [(o.kind, o.instr.line) for o in facts.operations(unit)]
    assert kinds == [("store", 4), ("delete", 5), ("read", 6), ("store", 6), ("store", 7), ("read", 9)]


def test_parameters_used_and_unused() -> None:
    facts = facts_of("def f(a, b, c, d, e):\n    x = a\n    if b: g()\n    if e: pass\n    return lambda: c\n")
    unit = facts.functions[0]
    assert [name for name in "abcde" if facts.is_used(unit, name)] == ["b", "c"]


@pytest.mark.parametrize(
    ("call", "condition", "holds"),
    [
        ("run(x, shell=True)", Truthy(arg(None, "shell")), True),
        ("run(x, shell=False)", Truthy(arg(None, "shell")), False),
        ("run(x, shell=flag)", Truthy(arg(None, "shell")), True),
        ("run(x)", Truthy(arg(None, "shell")), False),
        ("run(x)", Missing(arg(None, "timeout")), True),
        ("run(x, **more)", Missing(arg(None, "timeout")), False),
        ("run(x, 1)", May(arg(1, "level"), (1,)), True),
        ("run(x, True)", May(arg(1, "level"), (1,)), False),
        ("run(x, level=2)", Unless(arg(1, "level"), (1,)), True),
        ("run(x)", Unless(arg(1, "level"), (1,)), True),
        ("run(x, json.dumps)", MissingOrNamed(arg(1), ("json.dumps",)), True),
    ],
)
def test_conditions_on_other_arguments(call: str, condition: object, holds: bool) -> None:
    code = f"import json\nimport lib\nfrom lib import run\ndef f(x, flag, more):\n    {call}\n"
    sink = Sink("is run", when=condition)  # type: ignore[arg-type]
    assert found(code, calls={"lib.run": sink}) == ([5] if holds else [])


def test_a_sanitizer_is_one_for_its_rule_only() -> None:
    code = "import html, lib\ndef f(x):\n    lib.run(html.escape(x))\n"
    sink = {"lib.run": Sink("is run")}
    clean = Rule("CWE-1", "One", "", "", calls=sink, sanitizers=frozenset({"html.escape"}))
    other = Rule("CWE-2", "Two", "", "", calls=sink)
    assert [finding.rule for finding in analyse(code, [clean, other]).findings] == ["CWE-2"]


def test_one_defect_is_reported_by_the_rule_that_says_it_best() -> None:
    sink = {"lib.run": Sink("is run")}
    vague = Rule("CWE-1", "One", "", "", calls=sink, yields_to=frozenset({"CWE-2"}))
    exact = Rule("CWE-2", "Two", "", "", calls=sink)
    code = "import lib\ndef f(x):\n    lib.run(x)\n"
    assert [finding.rule for finding in analyse(code, [vague, exact]).findings] == ["CWE-2"]
    assert [finding.rule for finding in analyse(code, [vague]).findings] == ["CWE-1"]


def test_a_number_from_outside_harms_only_rules_that_say_so() -> None:
    code = "import lib\ndef f(x, y):\n    lib.run(int(x))\n    y = int(y)\n    if y > 100: return\n    lib.run(y * 2)\n"
    sink = {"lib.run": Sink("is run")}
    assert found(code, calls=sink) == []
    assert found(code, calls=sink, numbers_are_harmless=False) == [3]


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ("'<b>' + x + '</b>'", [3]),
        ("f'<b>{x}</b>'", [3]),
        ("'<b>%s</b>' % x", [3]),
        ("'<b>{}</b>'.format(x)", [3]),
        ("''.join(['<b>', x, '</b>'])", [3]),
        ("html.escape(x) + '<br>'", []),
        ("x", []),
        ("'hello ' + x", []),
        ("PAGE.format(body=x)", [3]),
    ],
)
def test_returned_text_built_from_markup(result: str, lines: list[int]) -> None:
    sink = ReturnSink("is sent to a browser", built_with(r"<[a-z/]", free_templates=True))
    code = f"import html\ndef f(x):\n    return {result}\n"
    assert found(code, returned=sink, sanitizers=frozenset({"html.escape"})) == lines


def test_stores_under_names_from_outside() -> None:
    code = (
        "def f(obj, fields):\n    for name, value in fields.items():\n        setattr(obj, name, value)\n"
        "        obj[name] = value\n    obj.update(fields)\n    obj['a'] = fields['a']\n    local = {}\n"
        "    local[name] = 1\n"
    )
    assert found(code, stored=StoreSink("is set")) == [3, 4, 5]


def test_a_guard_must_test_every_origin_before_the_sink() -> None:
    def is_tested(facts: Facts, flow: object) -> bool:
        return facts.is_guarded(flow.unit, flow.instr, flow.operands, lambda atom, _: atom.op == "In")  # type: ignore[attr-defined]

    def lines(body: str) -> list[int]:
        code = f"import lib\nfrom urllib.parse import urlparse\ndef f(x, y):\n{body}"
        return found(code, calls={"lib.run": Sink("is run")}, guard=is_tested)

    assert lines("    if urlparse(x).netloc not in HOSTS: raise ValueError\n    lib.run(x + '/')\n") == []
    assert lines("    if x.a in HOSTS or x.b in HOSTS: lib.run(x)\n    lib.run(x)\n") == [4, 5]
    assert lines("    if not all(c in HOSTS for c in x): raise ValueError\n    lib.run(x)\n") == []
    assert lines("    if not any(c in HOSTS for c in x): raise ValueError\n    lib.run(x)\n") == [5]
    assert lines("    if x in HOSTS or urlparse(x).netloc in HOSTS: lib.run(x + '/')\n") == []
    assert lines("    if urlparse(x).netloc in HOSTS: print(x)\n    lib.run(x + '/')\n") == [5]
    assert lines("    if urlparse(x).netloc not in HOSTS: raise ValueError\n    lib.run(x + y)\n") == [5]
    assert lines("    if x['a'] in HOSTS: lib.run(x['a'])\n    if x['a'] in HOSTS: lib.run(x['b'])\n") == [5]


def test_code_from_outside_is_a_finding_where_a_rule_reports_it() -> None:
    code = "def f(x):\n    return eval('1 + ' + x)\n"
    assert analyse(code, []).status.value == "partial"
    assert found(code, calls={"builtins.eval": Sink("is run")}) == [2]


def test_charsets() -> None:
    lines = Charset(dangerous="\r\n")
    sums = Charset("+-*/(). ", letters=False)
    assert removes_harm(r"[\r\n]", lines)
    assert not removes_harm(r"\n", lines)
    assert not removes_harm(r"[\r\n]", sums)
    assert removes_harm(r"[^0-9+*/ -]+", sums)
    assert admits_only(r"[0-9+\-*/ ]+", "fullmatch", sums)
    assert not admits_only(r"[0-9a-z]+", "fullmatch", sums)
    assert admits_only(r"[^\r\n]*", "fullmatch", lines)
    assert admits_only(r"[0-9\s]*", "fullmatch", Charset(letters=False, blanks=True))
    assert not admits_only(r"[0-9\s]*", "fullmatch", sums)


def test_a_constant_of_the_module_is_what_it_is_bound_to() -> None:
    constant = "ROLE = 'admin'\n"
    test = "def f(role):\n    if role == ROLE:\n        op()\n"
    facts = facts_of(constant + test)
    (atom,) = facts.controlling_tests(*op(facts))
    reads = facts.atom_reads(atom)
    assert ("ROLE" in reads.names, "admin" in reads.constants) == (True, True)  # neither name nor value is lost
    for other in ("ROLE = 'user'\n", "def g():\n    global ROLE\n    ROLE = 'x'\n"):
        facts = facts_of(constant + other + test)
        (atom,) = facts.controlling_tests(*op(facts))
        assert "admin" not in facts.atom_reads(atom).constants, other


def test_a_constant_that_is_always_true_decides_nothing() -> None:
    code = "OTHER = 'editor'\nFLAG = True\ndef f(role):\n    if role == 'admin' or {}:\n        op()\n"
    facts = facts_of(code.format("OTHER"))
    assert facts.controlling_tests(*op(facts)) == []
    flagged = facts_of(code.format("FLAG"))
    assert len(flagged.controlling_tests(*op(flagged))) == 2
