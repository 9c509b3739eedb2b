"""From lines and columns, as analysers give them, to the characters of a program."""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator

from real.source_text import without_mark

Span = tuple[int, int]  # the characters [start, end)

_LINE_END = re.compile(r"\r\n|\r|\n")  # what ends a line for Python's lexer
_Node = ast.expr | ast.stmt


class Places:
    """The expressions, statements and lines of one program; lines count from 1, columns are bytes as in ``ast``.

    A program that Python does not parse has lines only.
    """

    def __init__(self, code: str) -> None:
        self._code = code
        mark = len(code) - len(without_mark(code))
        self._starts = [mark, *(end.end() for end in _LINE_END.finditer(code))]
        self._nodes: dict[tuple[int, int], list[_Node]] = defaultdict(list)
        for node in _nodes(code[mark:]):
            self._nodes[node.lineno, node.col_offset].append(node)

    def line(self, number: int) -> list[Span]:
        """A line without its indentation and what is blank behind it; none where it is blank or does not exist."""
        if not 1 <= number <= len(self._starts):
            return []
        start = self._starts[number - 1]
        text = _LINE_END.split(self._code[start:], maxsplit=1)[0]
        return self._trimmed(start, start + len(text))

    def expression(self, line: int, column: int) -> list[Span]:
        """The largest expression or statement that begins there; of a compound one its head, up to the body.

        Where none begins, the whole line.
        """
        spans = [self._span(node) for node in self._nodes.get((line, column), ())]
        return self._trimmed(*max(spans, key=lambda span: span[1])) if spans else self.line(line)

    def arguments(self, line: int, column: int) -> list[Span]:
        """What the calls that begin there are given; where no call with arguments begins, as ``expression``.

        ``a.f(x).g(y)`` begins twice: a place does not tell the two calls apart.
        """
        calls = [node for node in self._nodes.get((line, column), ()) if isinstance(node, ast.Call)]
        given = [value for call in calls for value in (*call.args, *(keyword.value for keyword in call.keywords))]
        return [span for value in given for span in self._trimmed(*self._span(value))] or self.expression(line, column)

    def _span(self, node: _Node) -> Span:
        start = self._offset(node.lineno, node.col_offset)
        if (first := _first_inside(node)) is not None:
            return start, max(start, self._offset(first.lineno, first.col_offset))
        return start, self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[min(line, len(self._starts)) - 1]
        text = self._code[start : start + column]  # no character has less than a byte
        return start + len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))

    def _trimmed(self, start: int, end: int) -> list[Span]:
        text = self._code[start:end]
        end -= len(text) - len(text.rstrip())
        start += len(text) - len(text.lstrip())
        return [(start, end)] if start < end else []


def _first_inside(node: _Node) -> ast.expr | ast.stmt | ast.pattern | None:
    """Where the body of a compound statement begins; ``None`` for everything else."""
    if isinstance(node, ast.Match):
        return node.cases[0].pattern
    body = getattr(node, "body", None)
    if not isinstance(body, list) or not body:
        return None
    first: ast.stmt = body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    return decorators[0] if decorators else first


def _nodes(code: str) -> Iterator[_Node]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from (node for node in ast.walk(tree) if isinstance(node, _Node))
