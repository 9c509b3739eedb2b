"""Programs of any size in a few shapes, vulnerable in their last line, for how the analysis grows with its input."""

from __future__ import annotations

from collections.abc import Callable

_HEAD = "import sqlite3\ncursor = sqlite3.connect('a.db').cursor()\nvalue = input()\n"


def _end(name: str) -> str:
    return f"cursor.execute('SELECT * FROM t WHERE a = ' + {name})\n"


def straight(size: int) -> str:
    """One assignment after the other, each using the last."""
    return _HEAD + "x0 = value\n" + "".join(f"x{i + 1} = x{i} + 'a{i}'\n" for i in range(size)) + _end(f"x{size}")


def branches(size: int) -> str:
    """Conditions one after the other, which all may change one variable."""
    return _HEAD + "".join(f"if len(value) > {i}:\n    value = value + 'b'\n" for i in range(size)) + _end("value")


def calls(size: int) -> str:
    """Functions that hand a parameter on to the next."""
    first = "def f0(p):\n    return p\n"
    rest = "".join(f"def f{i + 1}(p):\n    q = f{i}(p)\n    return q + '{i}'\n" for i in range(size))
    return first + rest + _HEAD + f"r = f{size}(value)\n" + _end("r")


def callers(size: int) -> str:
    """One function with very many callers."""
    return "def f(p):\n    return p.strip()\n" + _HEAD + "".join(f"y{i} = f(value)\n" for i in range(size)) + _end("y0")


def containers(size: int) -> str:
    """A dictionary with very many keys, one of which is used."""
    return (
        _HEAD
        + "d = {}\n"
        + "".join(f"d['k{i}'] = value if {i} % 2 else '{i}'\n" for i in range(size))
        + _end("d['k1']")
    )


def loops(size: int) -> str:
    """Loops one after the other, each adding to what the last one made."""
    body = "".join(f"l{i + 1} = []\nfor e in l{i}:\n    l{i + 1}.append(e + 'c')\n" for i in range(size))
    return _HEAD + "l0 = [value]\n" + body + _end(f"l{size}[0]")


def classes(size: int) -> str:
    """Classes that keep a value in an attribute."""
    made = "".join(
        f"class C{i}:\n    def __init__(self, v):\n        self.v = v\n    def get(self):\n        return self.v\n"
        for i in range(size)
    )
    return _HEAD + made + "".join(f"value = C{i}(value).get()\n" for i in range(size)) + _end("value")


SHAPES: dict[str, Callable[[int], str]] = {
    make.__name__: make for make in (straight, branches, calls, callers, containers, loops, classes)
}
