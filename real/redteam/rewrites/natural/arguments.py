"""Plausible constants for the parameters of a function, by annotation and name, as an example call has them."""

from __future__ import annotations

import ast
import re

MOCK = "from unittest.mock import MagicMock"

_BY_TYPE = {
    "str": '"example"',
    "int": "1",
    "float": "9.5",
    "bool": "True",
    "bytes": 'b"example"',
    "bytearray": 'bytearray(b"example")',
    "dict": '{"id": 1, "name": "alice"}',
    "Mapping": '{"id": 1, "name": "alice"}',
    "MutableMapping": '{"id": 1, "name": "alice"}',
    "list": '["a", "b"]',
    "Sequence": '["a", "b"]',
    "Iterable": '["a", "b"]',
    "Iterator": 'iter(["a", "b"])',
    "tuple": '("a", "b")',
    "set": '{"a", "b"}',
    "frozenset": 'frozenset({"a", "b"})',
    "Callable": "print",
    "Any": '"example"',
    "object": '"example"',
    "None": "None",
}

# Words in the name of a parameter, and what an example passes there; the first that occurs decides.
_BY_WORD: tuple[tuple[str, str], ...] = (
    ("bytes blob binary", 'b"example"'),
    ("url uri link endpoint webhook redirect", '"https://example.com/items"'),
    ("email mail recipient", '"alice@example.com"'),
    ("host hostname domain", '"example.com"'),
    ("port", "8080"),
    ("path file filename filepath", '"report.txt"'),
    ("ids tags names items values rows fields columns", '["a", "b"]'),
    ("id uid pk number num count size limit page index amount quantity age year n", "1"),
    ("price total rate balance", "9.5"),
    ("is has enabled flag active", "True"),
    ("data payload changes updates params headers config options settings body form record item", '{"name": "alice"}'),
    ("expression expr formula math", '"1 + 2"'),
    ("template format layout", '"Hello, {name}!"'),
    ("pattern regex", '"[a-z]+"'),
    ("command cmd", '"ls"'),
    ("algorithm algo hash", '"sha256"'),
    ("role", '"editor"'),
    ("user username login author owner name member", '"alice"'),
    ("password pwd secret", '"correct horse"'),
    ("token signature sig key", '"c2lnbmF0dXJl"'),
    ("query search term keyword filter", '"laptop"'),
    ("date day", '"2024-01-31"'),
    ("html content text message comment title", '"Hello, world"'),
)

# Objects that a program gets from a library: an example passes a stand-in.
_OBJECTS = """
    conn connection con cursor cur db database session engine client request req response resp pool app api server
    redis cache store repo repository service bot update event context ctx writer reader stream socket sock
"""


def is_object(arg: ast.arg) -> bool:
    """Whether the parameter takes an object of a library or the program, which a constant cannot stand for."""
    if arg.annotation is not None:
        return _type_name(arg.annotation) not in _BY_TYPE
    return bool(_words(arg.arg) & set(_OBJECTS.split()))


def constant(arg: ast.arg) -> str:
    """The source of an example value for a parameter: a constant, or a mock where an object is expected."""
    if is_object(arg):
        return "MagicMock()"
    words = _words(arg.arg)
    named = next((value for names, value in _BY_WORD if words & set(names.split())), None)
    if arg.annotation is None:
        return named or '"example"'
    # A name refines a type ("url: str"), but does not contradict it ("url: dict").
    is_same_type = named is not None and type(ast.literal_eval(named)).__name__ == _type_name(arg.annotation)
    return named if named is not None and is_same_type and not _elements(arg.annotation) else _typed(arg.annotation)


def _typed(annotation: ast.expr) -> str:
    """An example value of a known type: two elements of the annotated kind in a container."""
    name = _type_name(annotation)
    elements = [_typed(e) if _type_name(e) in _BY_TYPE else "None" for e in _elements(annotation)]
    if name in ("dict", "Mapping", "MutableMapping") and len(elements) == 2:
        return f"{{{elements[0]}: {elements[1]}}}"
    if name in ("list", "Sequence", "Iterable") and len(elements) == 1:
        return f"[{elements[0]}, {elements[0]}]"
    if name == "tuple" and elements:
        return f"({', '.join(elements)},)"
    return _BY_TYPE[name]


def _elements(annotation: ast.expr) -> list[ast.expr]:
    """``[int]`` of ``list[int]`` and ``list[int] | None``; none where nothing is said of them, or ``Any``."""
    if isinstance(annotation, ast.BinOp):
        return _elements(annotation.left)
    if not isinstance(annotation, ast.Subscript):
        return []
    inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if ast.unparse(annotation.value).rpartition(".")[2] in ("Optional", "Union", "Annotated", "Final"):
        return _elements(inner[0])
    named = [element for element in inner if not isinstance(element, ast.Constant)]
    return [] if any(_type_name(element) in ("Any", "object") for element in named) else named


def _type_name(annotation: ast.expr) -> str:
    """``dict`` for ``dict[str, int]``, ``Dict``, ``typing.Dict``, ``dict | None`` and ``Optional[dict]``."""
    if isinstance(annotation, ast.Constant):
        return _written_type_name(annotation.value) if isinstance(annotation.value, str) else str(annotation.value)
    if isinstance(annotation, ast.BinOp):
        return _type_name(annotation.left)
    if isinstance(annotation, ast.Subscript):
        outer = _type_name(annotation.value)
        if outer in ("Optional", "Union", "Annotated", "Final"):
            inner = annotation.slice
            return _type_name(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        return outer
    name = ast.unparse(annotation).rpartition(".")[2]
    return name.lower() if name in ("Dict", "List", "Tuple", "Set", "FrozenSet") else name


def _written_type_name(text: str) -> str:
    """The same of an annotation in quotes."""
    try:
        return _type_name(ast.parse(text, mode="eval").body)
    except SyntaxError:
        return text


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", name.lower()))
