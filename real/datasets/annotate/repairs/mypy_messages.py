"""Reads MyPy's messages (the types they name), and the parts of the statement that a finding is about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from real.datasets.annotate.program import expression
from real.types import Finding

QUOTED = re.compile(r'"([^"]*)"')
_GOT = re.compile(r'(?:expression has type|got|has incompatible type) "([^"]*)"')
_WANTED = re.compile(r'(?:variable has type|expected|target has type) "([^"]*)"')
NUMBERS = ("bool", "int", "float", "complex")
_PLAIN = re.compile(r"[\w\[\], |.]+")


def types_of(finding: Finding) -> tuple[str, str]:
    """The type that MyPy found and the type that it expected, as it writes them; empty where it names none."""
    got, wanted = _GOT.search(finding.message), _WANTED.search(finding.message)
    return got[1] if got else "", wanted[1] if wanted else ""


def usable(text: str) -> bool:
    """Whether a type in a message can be written as an annotation that the hardened policy accepts."""
    return bool(text) and _PLAIN.fullmatch(text) is not None and "Any" not in text and "Never" not in text


def union(first: str, second: str) -> str:
    """The union of two annotations, each member once; of number types only the widest, ``None`` last."""
    parts = [part for text in (first, second) for part in _members(text)]
    kept = list(dict.fromkeys(parts))
    numbers = [n for n in NUMBERS if n in kept]
    kept = [part for part in kept if part not in numbers[:-1]]
    return " | ".join(sorted(kept, key=lambda part: part == "None"))


def _members(text: str) -> list[str]:
    node = expression(text)
    found: list[str] = []
    pending = [node] if node is not None else []
    while pending:
        part = pending.pop(0)
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            pending[:0] = [part.left, part.right]
        else:
            found.append(ast.unparse(part))
    return found


def expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of the statements in it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield child
            yield from ast.walk(child)


def bound_names(statement: ast.stmt) -> list[str]:
    """The variables and attributes (``x``, ``self.x``) that an assignment or a loop binds."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For):
        targets = [statement.target]
    found = [n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name | ast.Attribute)]
    return [ast.unparse(n) for n in found if isinstance(n.ctx, ast.Store)]
