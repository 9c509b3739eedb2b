"""``python tests/detector/models/typeshed.py``: writes ``real/detector/models/stdlib_returns.py`` from MyPy's typeshed.

What calls of the standard library return a number or a truth value, or a date, a time or a UUID: nothing that a
program's user wrote is left in them as text. Left out are functions that fill a buffer or call what they are given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import mypy

STDLIB = Path(mypy.__file__).parent / "typeshed" / "stdlib"
TARGET = Path(__file__).parents[3] / "real" / "detector" / "models" / "stdlib_returns.py"
# Modules whose functions compute; those of os and time ask the system and change nothing of the program's.
MODULES = (
    *("builtins", "binascii", "calendar", "cmath", "datetime", "decimal", "fractions", "genericpath", "ipaddress"),
    *("keyword", "math", "_operator", "posixpath", "sqlite3", "statistics", "time", "unicodedata", "uuid", "zlib"),
)
NUMBERS = frozenset({"int", "float", "complex"})
# Classes whose objects have a fixed text form; what makes one of them fails on other text.
FIXED = {
    "builtins": frozenset({"bool", "complex", "float", "int", "range", "slice"}),
    "datetime": frozenset({"date", "datetime", "time", "timedelta", "timezone"}),
    "decimal": frozenset({"Decimal"}),
    "fractions": frozenset({"Fraction"}),
    "uuid": frozenset({"UUID"}),
    "ipaddress": frozenset({"IPv4Address", "IPv4Network"}),
    "time": frozenset({"struct_time"}),
}
_REFUSED = ("Callable", "WriteableBuffer", "MutableSequence")
_SAME_NAME = {"posixpath": "os.path", "genericpath": "os.path", "_operator": "operator"}
# It makes a number of any text, and to_bytes() the text of the number.
_HOLDS_TEXT = frozenset({"builtins.int.from_bytes"})


def functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """The functions of a stub, under conditions on versions as well."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.If):
            yield from functions([*node.body, *node.orelse])


def classes(body: list[ast.stmt]) -> Iterator[ast.ClassDef]:
    """The classes of a stub."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield node
        elif isinstance(node, ast.If):
            yield from classes([*node.body, *node.orelse])


def sort(node: ast.FunctionDef, fixed: frozenset[str]) -> str:
    """``truth``, ``number``, ``fixed`` or nothing, by what a function returns."""
    if node.returns is None or any(word in ast.unparse(node.args) for word in _REFUSED):
        return ""
    returned = ast.unparse(node.returns)
    if returned == "bool" or returned.startswith("TypeIs["):
        return "truth"
    parts = {part.strip() for part in returned.split("|")}
    if parts <= NUMBERS:
        return "number"
    return "fixed" if parts <= fixed | {"Self"} else ""


def returns() -> dict[str, set[str]]:
    """``truth``, ``number`` and ``fixed`` -> names of functions; all overloads of a name say the same."""
    found: dict[str, set[str]] = {"truth": set(), "number": set(), "fixed": set()}
    for module in MODULES:
        path = STDLIB / f"{module}.pyi"
        path = path if path.is_file() else STDLIB / module / "__init__.pyi"
        body = ast.parse(path.read_text(encoding="utf-8")).body
        shown = _SAME_NAME.get(module, module)
        fixed = FIXED.get(module, frozenset())
        sorts: dict[str, set[str]] = {}
        for node in functions(body):
            if not node.name.startswith("_"):
                sorts.setdefault(f"{shown}.{node.name}", set()).add(sort(node, fixed))
        for owner in classes(body):
            if owner.name not in fixed:
                continue
            sorts.setdefault(f"{shown}.{owner.name}", set()).add("fixed")
            for node in functions(owner.body):
                if any(ast.unparse(mark) == "classmethod" for mark in node.decorator_list):
                    sorts.setdefault(f"{shown}.{owner.name}.{node.name}", set()).add(sort(node, fixed))
        for name, said in sorts.items():
            if len(said) == 1 and "" not in said and name not in _HOLDS_TEXT:
                found[said.pop()].add(name)
    return found


def table() -> str:
    """The module, as Python source."""
    lines = [
        '"""What the standard library returns, from MyPy\'s typeshed: made by tests/detector/models/typeshed.py."""',
        "",
        "from __future__ import annotations",
    ]
    for sort_of, title, comment in (
        ("truth", "TRUTHS", "A truth value."),
        ("number", "NUMBERS", "A number."),
        ("fixed", "FIXED", "A date, a time, a UUID ...: an object with a fixed text form, or a failure."),
    ):
        lines += ["", f"# {comment}", f'_{title} = """', *_wrapped(sorted(returns()[sort_of])), '"""']
        lines += [f"{title} = frozenset(_{title}.split())"]
    return "\n".join(lines) + "\n"


def _wrapped(names: list[str]) -> Iterator[str]:
    line = "   "
    for name in names:
        if len(line) + len(name) + 1 > 118:
            yield line
            line = "   "
        line += f" {name}"
    yield line


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
