"""Programs in newer syntax than the running interpreter's are what they are in older syntax."""

import ast
import random

import pytest

from real.detector import scan
from real.detector.frontend.newer.parse import parse_newer
from real.detector.frontend.parse import parse
from real.detector.limits import UnanalyzableError
from real.types import AnalysisStatus

# (what, newer syntax, the same in older syntax on the same lines and, for its names, in the same columns)
PROGRAMS = [
    ("the same quotes", 'x = f"a {d["k"]} b"\ny = z\n', "x = f\"a {d['k']} b\"\ny = z\n"),
    ("conversion and format", 'f"{d["k"]!r:>{w["n"]}} {{}}"\n', "f\"{d['k']!r:>{w['n']}} {{}}\"\n"),
    ("implicit joining", "x = ('u' f'a {d['k']}'\n  'c', r)\n", "x = ('u' f'a {d[\"k\"]}'\n  'c', r)\n"),
    ("strings in strings", "x = f'{f'{y}'} ', z\n", "x = f'{f\"{y}\"} ', z\n"),
    ("what is shown", "x = f'{d['k']=}'\n", "x = f'd[\\'k\\']={d[\"k\"]!r}'\n"),
    ("not ASCII", "é = f'é{d['é']}'; k = z\n", "é = f'é{d[\"é\"]}'; k = z\n"),
    ("raw", "x = rf'\\d{d['k']}\\{z}'\n", "x = rf'\\d{d[\"k\"]}\\{z}'\n"),
    ("three quotes", "x = f'''a\n{d['''k''']}\n'''\ny = z\n", "x = f'''a\n{d[\"\"\"k\"\"\"]}\n'''\ny = z\n"),
    ("generic function", "def f[T: int](x):\n    return x\n", "def f        (x):\n    return x\n"),
    ("generic class", "class C[T, *U](B):\n    pass\n", "class C       (B):\n    pass\n"),
    ("generic coroutine", "async def f[\n    T\n](x):\n    return x\n", "async def f\\\n   \\\n  (x):\n    return x\n"),
    ("type alias", "if x:\n    type Y[T] = list\n", "if x:\n    Y         = list\n"),
    ("exceptions", "try:\n    x\nexcept A, B:\n    y\n", "try:\n    x\nexcept(A, B):\n    y\n"),
    ("a group of exceptions", "try:\n    x\nexcept* A, B:\n    y\n", "try:\n    x\nexcept*(A, B):\n    y\n"),
]


def places(tree: ast.AST) -> list[tuple[str, int, int]]:
    """The names of a program and where they stand; columns in an f-string are those of no version before 3.12."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in inside]
    return sorted((node.id, node.lineno, node.col_offset) for node in names)


@pytest.mark.parametrize(("newer", "older"), [program[1:] for program in PROGRAMS], ids=[p[0] for p in PROGRAMS])
def test_newer_syntax_is_read_as_older(newer: str, older: str) -> None:
    read, expected = parse(newer), ast.parse(older)
    if not any(getattr(node, "type_params", None) or type(node).__name__ == "TypeAlias" for node in ast.walk(read)):
        assert ast.dump(read) == ast.dump(expected)
        assert places(read) == places(expected)
    compile(read, "<program>", "exec")


def test_a_name_in_a_field_stands_where_it_is_written() -> None:
    tree = parse("k = 1\nx = f'''{d['''k''']}\n {\n  value}'''\n")
    assert {(n.id, n.lineno, n.col_offset) for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id != "x"} == {
        ("k", 1, 0),
        ("d", 2, 9),
        ("value", 4, 2),
    }


@pytest.mark.parametrize(
    "code", ["x = 1\n", "type = 3\ntype == 4\ntype(x)\n", "def f(x): return x[1]\n", "x = f'{y}'\n"]
)
def test_what_is_not_newer_is_left_alone(code: str) -> None:
    assert parse_newer(code) is None


@pytest.mark.parametrize(
    "code",
    [
        'x = f"{a"\n',
        "def f[T(x): pass\n",
        "type X = = 1\n",
        "try:\n    x\nexcept A, e:\n    print(e)\n",
        'f"{a["b"]}" = = 2\n',
        "f'{'\n",
    ],
)
def test_what_no_version_reads_is_a_syntax_error(code: str) -> None:
    with pytest.raises(UnanalyzableError, match="syntax error"):
        parse(code)


def test_findings_in_newer_syntax() -> None:
    code = 'import os\n\n\ndef run[T](form: T):\n    os.system(f"ls {form["name"]}")\n'
    found = scan(code)
    assert found.status is AnalysisStatus.FINDINGS
    assert [(finding.rule, finding.line) for finding in found.findings] == [("CWE-77", 5)]
    assert scan(code.replace('form["name"]', ' {"name": "a"}["name"] ')).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("seed", range(20))
def test_broken_text_is_refused_and_nothing_else(seed: int) -> None:
    """Parts of the programs above in any order, and cut anywhere: a tree, or the reason why there is none."""
    random_part = random.Random(seed)
    pieces = [newer for _, newer, _ in PROGRAMS] + ["f'{", "}'", '"""', "{{", "\\", "except ", "type X", "[", "#", "\n"]
    for _ in range(40):
        code = "".join(random_part.choice(pieces) for _ in range(4))
        start = random_part.randrange(len(code))
        code = code[start : random_part.randrange(start, len(code) + 1)]
        try:
            compile(parse(code), "<program>", "exec")
        except UnanalyzableError as error:
            assert str(error)


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(UnanalyzableError):
        parse("x = " + "f'{" * 5_000 + "1" + "}'" * 5_000 + "\n")
