"""Which names of a statement are its module's, and which definitions another file may take as they stand."""

import ast

import pytest

from real.detector.frontend.linking.definitions import Definition, Imported, definitions_of
from real.detector.frontend.linking.module_names import names_of_module


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f(a, b=C, *args, **rest) -> D:\n    x = a\n    return E(x, args, rest)", "C D E"),
        ("def f():\n    import os\n    return os.path", ""),
        ("def f():\n    global N\n    N = N + 1", "N N"),
        ("def f():\n    return [x for x in ITEMS if x in OK]", "ITEMS OK"),
        ("def f():\n    def g():\n        return y + Z\n    y = 1\n    return g", "Z"),
        ("class C(Base):\n    limit = 3\n    def m(self):\n        return limit", "Base limit"),
        ("class C:\n    limit = 3\n    other = limit", ""),
        ("def f(x):\n    try:\n        pass\n    except Wrong as e:\n        raise e", "Wrong"),
        ("def f(x):\n    match x:\n        case {'a': y, **z}:\n            return y, z, W", "W"),
        ("f = lambda x, y=x: x + y + Z", "Z f x"),
        ("@wrap(T)\nasync def f():\n    return (n := 1) + n", "T wrap"),
    ],
)
def test_names_of_the_module(code: str, names: str) -> None:
    (statement,) = ast.parse(code).body
    assert sorted(node.id for node in names_of_module(statement)) == names.split()


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("X = 'a'", True),
        ("X = ['a', 'b']", True),
        ("X = {'a': 1}", True),
        ("X: int = 3", True),
        ("def X(): return 1", True),
        ("class X: pass", True),
        ("X = Flask(__name__)\nX['a'] = 1", True),
        ("X = []", False),
        ("X = {}", False),
        ("X = set()", False),
        ("X = ['a']\nX.append('b')", False),
        ("X = {'a': 1}\ndef f(k): X[k] = 2", False),
        ("X = {'a': 1}\ndef f(): del X['a']", False),
        ("X = 1\nX = 2", False),
        ("X = 1\nX += 2", False),
        ("X = 1\ndef f():\n    global X\n    X = 2", False),
        ("if a:\n    X = 1", False),
        ("for X in y: pass", False),
        ("X = input()", False),
        ("def X(): return globals()", False),
        ("try:\n    X = 1\nexcept Exception:\n    X = 2", False),
    ],
)
def test_what_a_name_stands_for_everywhere(code: str, is_one: bool) -> None:
    assert isinstance(definitions_of(ast.parse(code)).names["X"], Definition) is is_one


def test_of_two_imports_of_a_name_the_first_is_taken() -> None:
    code = "try:\n    from a import X\nexcept ImportError:\n    from b import X\n"
    assert definitions_of(ast.parse(code)).names["X"] == Imported(0, "a", "X")
    assert definitions_of(ast.parse("from .c import *\n")).stars == (Imported(1, "c", "*"),)
