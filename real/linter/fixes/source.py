"""A program with its syntax tree and positions, and edits of its text."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes ``[start, end)`` of the UTF-8 text."""

    start: int
    end: int
    text: str


class Source:
    """Positions as ``ast`` gives them, lines from 1 and columns in bytes, turned into offsets."""

    def __init__(self, code: str) -> None:
        self.raw = code.encode()
        self.tree = ast.parse(code)
        self._starts = [0, *(match.end() for match in _END.finditer(self.raw))]

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Where a node begins."""
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Where a node ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, start: int, end: int) -> str:
        """A stretch of the text."""
        return self.raw[start:end].decode()

    def segment(self, node: ast.expr) -> str:
        """The text of a node."""
        return self.text(self.start(node), self.end(node))

    def line_of(self, offset: int) -> int:
        """The line of an offset."""
        return bisect_right(self._starts, offset)

    def arguments(self, call: ast.Call) -> tuple[int, int]:
        """The stretch of a call from its parenthesis to its end, whatever parentheses stand inside."""
        start = self.end(call.func)
        return start + self.raw[start : self.end(call)].index(b"("), self.end(call)

    def calls_at(self, line: int, column: int) -> Iterator[ast.Call]:
        """The calls that begin at a place: of ``a.b().c()`` there are two."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (node.lineno, node.col_offset) == (line, column):
                yield node

    def edited(self, edits: Iterable[Edit]) -> str | None:
        """The text with edits made; ``None`` where one would take a comment with it."""
        raw = self.raw
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            if b"#" in raw[edit.start : edit.end]:
                return None
            raw = raw[: edit.start] + edit.text.encode() + raw[edit.end :]
        return raw.decode()


def module_names(tree: ast.Module) -> dict[str, str]:
    """Local names to the modules and things that they are imported as: ``{"np": "numpy", "run": "subprocess.run"}``."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def path_of(expr: ast.expr, names: dict[str, str]) -> str:
    """What a dotted name stands for (``subprocess.run``); empty for anything else."""
    if isinstance(expr, ast.Name):
        return names.get(expr.id, "")
    if isinstance(expr, ast.Attribute) and (owner := path_of(expr.value, names)):
        return f"{owner}.{expr.attr}"
    return ""
