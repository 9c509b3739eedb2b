"""Rewrites ``execute(SQL with inserted values)`` to ``execute(SQL with ?, values)`` in a whole program."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from real.datasets.annotate.scopes import every_name
from real.datasets.parameterise.schema import Schema
from real.datasets.syntax import parse
from real.sqltext.sql_slots import Mark, Place, Slot, UnbalancedError, tokens
from real.sqltext.string_parts import Hole, Text, pieces

_EXECUTES = ("execute", "executescript")
_READERS = frozenset({"input", "str", "strip", "lower", "upper", "title", "capitalize", "rstrip", "lstrip", "replace"})


@dataclass(frozen=True, slots=True)
class Plan:
    """Choices that the text of a program leaves open; its tests tell which one is right.

    ``convert`` says how a value that stood without quotes is bound: as it is, or as the number that its text is.
    ``unknown`` says what a name that is not allowed becomes: an error, or the first that is.
    """

    convert: bool = False
    unknown: str = "error"


PLANS = tuple(Plan(convert, unknown) for unknown, convert in itertools.product(("error", "first"), (False, True)))


class UnsupportedQueryError(Exception):
    """The program builds its query in a way that is not supported; the message says which."""


def parameterise(code: str, schema: Schema, plan: Plan) -> str:
    """The program with its values bound and its names taken from a list.

    Raises ``UnsupportedQueryError`` or ``SyntaxError``.
    """
    return _Rewriter(parse(code), schema, plan).run()


@dataclass
class _Built:
    """A text rewritten: the new expression, and the values to bind, in order (``None``: one of the program's own)."""

    expr: ast.expr
    values: list[ast.expr | None]


class _Rewriter:
    def __init__(self, tree: ast.Module, schema: Schema, plan: Plan) -> None:
        self._tree, self._schema, self._plan = tree, schema, plan
        self._taken = every_name(tree)
        self._assigned: dict[str, list[ast.Assign | ast.AugAssign | ast.AnnAssign]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._assigned.setdefault(node.targets[0].id, []).append(node)
            elif isinstance(node, ast.AugAssign | ast.AnnAssign) and isinstance(node.target, ast.Name):
                self._assigned.setdefault(node.target.id, []).append(node)
        self._companions: dict[str, str] = {}
        self._lists: dict[str, ast.stmt] = {}
        self._number = ""
        self._texts: set[str] = set()

    def run(self) -> str:
        sinks = [node for node in ast.walk(self._tree) if isinstance(node, ast.Call) and _is_execute(node)]
        if not sinks:
            raise UnsupportedQueryError("no call of execute")
        self._texts = self._fragments(sinks)
        wanted = [*sinks]
        built = {name: [self._build(value) for value in self._values(name)] for name in sorted(self._texts)}
        carrying = self._carrying(built)
        for name in carrying:
            self._companions[name] = self._fresh(f"{name}_values")
        for call in wanted:
            self._rewrite_call(call)
        _Assignments(self).visit(self._tree)
        head = [
            *([ast.parse(_NUMBER.format(name=self._number)).body[0]] if self._number else []),
            *self._lists.values(),
        ]
        at = max(
            (i + 1 for i, n in enumerate(self._tree.body) if isinstance(n, ast.Import | ast.ImportFrom)), default=0
        )
        self._tree.body[at:at] = head
        return ast.unparse(ast.fix_missing_locations(self._tree)) + "\n"

    def _values(self, name: str) -> list[ast.expr]:
        return [node.value for node in self._assigned.get(name, []) if node.value is not None]

    def _fragments(self, sinks: Sequence[ast.Call]) -> set[str]:
        """The variables that hold text of a query, from the calls of ``execute`` backwards."""
        found: set[str] = set()
        pending = [call.args[0] for call in sinks if call.args]
        while pending:
            for name in self._inside(pending.pop()):
                if name not in found:
                    found.add(name)
                    pending += self._values(name)
        return found

    def _inside(self, expr: ast.expr) -> Iterator[str]:
        if isinstance(expr, ast.Name):
            if self._is_built(expr.id):
                yield expr.id
            return
        if isinstance(expr, ast.IfExp):
            yield from self._inside(expr.body)
            yield from self._inside(expr.orelse)
            return
        try:
            parts = tokens(pieces(expr))
        except UnbalancedError:
            return
        for part in parts:
            hole = part.hole if isinstance(part, Slot) else None
            if hole is not None and isinstance(name := hole.expr, ast.Name) and self._is_built(name.id):
                yield name.id

    def _is_built(self, name: str) -> bool:
        """Whether every assignment puts a text together, which no value that is read does."""
        values = self._values(name)
        return bool(values) and all(self._is_text(value) for value in values)

    def _is_text(self, value: ast.expr) -> bool:
        match value:
            case ast.Constant(value=str()) | ast.JoinedStr():
                return True
            case ast.IfExp(body=body, orelse=orelse):
                return self._is_text(body) and self._is_text(orelse)
            case ast.Name(id=name):
                return name in self._assigned and all(
                    not isinstance(v, ast.Name) and self._is_text(v) for v in self._values(name)
                )
        return len(parts := pieces(value)) > 1 or isinstance(parts[0], Text)

    def _carrying(self, built: dict[str, list[_Built]]) -> list[str]:
        """Of the text variables those that come with values, their own or those of a part."""
        found: set[str] = set()
        while True:
            more = {
                name
                for name, own in built.items()
                if name not in found
                and any(
                    any(value is not None for value in b.values) or any(part in found for part in _spliced(b.expr))
                    for b in own
                )
            }
            if not more:
                return sorted(found)
            found |= more

    def _build(self, expr: ast.expr) -> _Built:
        if isinstance(expr, ast.Name) and expr.id in self._texts:
            return _Built(expr, [self._splice(expr.id)] if expr.id in self._companions else [])
        if isinstance(expr, ast.IfExp):
            body, orelse = self._build(expr.body), self._build(expr.orelse)
            if body.values or orelse.values:
                raise UnsupportedQueryError("a conditional text with values")
            return _Built(ast.IfExp(expr.test, body.expr, orelse.expr), [])
        try:
            parts = tokens(pieces(expr))
        except UnbalancedError as error:
            raise UnsupportedQueryError(str(error)) from error
        texts: list[ast.expr] = []
        values: list[ast.expr | None] = []
        for part in parts:
            if isinstance(part, Text):
                texts.append(ast.Constant(_tidy(part.text)))
            elif isinstance(part, Mark):
                texts.append(ast.Constant("?"))
                values.append(None)
            else:
                self._slot(part, texts, values)
        return _Built(_joined(texts), values)

    def _slot(self, slot: Slot, texts: list[ast.expr], values: list[ast.expr | None]) -> None:
        if slot.quoted is not None:
            texts.append(ast.Constant("?"))
            values.append(self._quoted(slot))
            return
        assert slot.hole is not None
        expr = slot.hole.expr
        if isinstance(expr, ast.Name) and expr.id in self._texts:
            texts.append(ast.FormattedValue(expr, -1))
            if expr.id in self._companions:
                values.append(self._splice(expr.id))
        elif slot.place is Place.VALUE or isinstance(expr, ast.BinOp):
            texts.append(ast.Constant("?"))
            values.append(self._bound(expr))
        elif slot.place is Place.LIST:
            self._in_list(expr, texts, values)
        elif slot.place is Place.CLAUSE:
            raise UnsupportedQueryError(f"a whole clause is pasted in: {ast.unparse(expr)}")
        else:
            texts.append(ast.FormattedValue(self._allowed(slot.place, expr), -1))

    def _quoted(self, slot: Slot) -> ast.expr:
        assert slot.quoted is not None
        if len(slot.quoted) == 1 and isinstance(only := slot.quoted[0], Hole):
            return only.expr if self._is_read(only.expr) else ast.Call(ast.Name("str", ast.Load()), [only.expr], [])
        return ast.JoinedStr(
            [
                ast.Constant(part.text) if isinstance(part, Text) else ast.FormattedValue(part.expr, -1)
                for part in slot.quoted
            ]
        )

    def _is_read(self, expr: ast.expr) -> bool:
        """Whether an expression surely is a text: what was read, perhaps trimmed."""
        if isinstance(expr, ast.Name):
            values = self._values(expr.id)
            return bool(values) and all(not isinstance(v, ast.Name) and self._is_read(v) for v in values)
        if isinstance(expr, ast.Call):
            function = expr.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            return name in _READERS
        return isinstance(expr, ast.Constant) and isinstance(expr.value, str)

    def _bound(self, expr: ast.expr) -> ast.expr:
        if not self._plan.convert or not (isinstance(expr, ast.Name | ast.Call | ast.Subscript)):
            return expr
        self._number = self._number or self._fresh("number")
        return ast.Call(ast.Name(self._number, ast.Load()), [expr], [])

    def _in_list(self, expr: ast.expr, texts: list[ast.expr], values: list[ast.expr | None]) -> None:
        source = ast.unparse(expr)
        if isinstance(expr, ast.Name) and self._values(expr.id) and not self._is_read(expr):
            source = ast.unparse(self._values(expr.id)[-1])
        joined = re.fullmatch(r"'[',\" ]*'\.join\((.+)\)|\"[',\" ]*\"\.join\((.+)\)", source)
        items = (joined[1] or joined[2]) if joined else f"[part.strip().strip(\"'\") for part in {source}.split(',')]"
        marks = ast.parse(f"', '.join('?' for _ in {items})", mode="eval").body
        texts.append(ast.FormattedValue(marks, -1))
        values.append(ast.Starred(ast.parse(items, mode="eval").body, ast.Load()))

    def _allowed(self, place: Place, expr: ast.expr) -> ast.expr:
        names = {
            Place.TABLE: self._schema.tables,
            Place.DIRECTION: ("ASC", "DESC"),
            Place.OPERATOR: ("=", "<", ">", "<=", ">=", "!=", "<>", "LIKE", "AND", "OR"),
        }.get(place, self._schema.columns)
        if not names:
            raise UnsupportedQueryError("the names of the database are not known")
        label = {Place.TABLE: "TABLES", Place.DIRECTION: "DIRECTIONS", Place.OPERATOR: "OPERATORS"}.get(
            place, "COLUMNS"
        )
        keys = {name.lower(): name for name in names}
        self._lists[label] = ast.parse(f"{label} = {keys!r}").body[0]
        key = f"str({ast.unparse(expr)}).strip().lower()"
        text = f"{label}[{key}]" if self._plan.unknown == "error" else f"{label}.get({key}, {names[0]!r})"
        return ast.parse(text, mode="eval").body

    def _splice(self, name: str) -> ast.expr:
        return ast.Starred(ast.Name(self._companions[name], ast.Load()), ast.Load())

    def _fresh(self, wanted: str) -> str:
        names = itertools.chain([wanted], (f"{wanted}{number}" for number in itertools.count(2)))
        name = next(name for name in names if name not in self._taken)
        self._taken.add(name)
        return name

    def _rewrite_call(self, call: ast.Call) -> None:
        if not call.args:
            return
        own = call.args[1] if len(call.args) > 1 else None
        built = self._build(call.args[0])
        if not any(value is not None for value in built.values):
            call.args[0] = built.expr
            return
        if isinstance(call.func, ast.Attribute):
            call.func.attr = "execute"
        values = self._with_own(built.values, own)
        only = values[0]
        bound: ast.expr = ast.Tuple(values, ast.Load())
        if len(values) == 1 and isinstance(only, ast.Starred):
            bound = only.value
        call.args = [built.expr, bound]

    def _with_own(self, values: list[ast.expr | None], own: ast.expr | None) -> list[ast.expr]:
        """The values to bind with those that the program binds already in their places."""
        given = list(own.elts) if isinstance(own, ast.Tuple | ast.List) else None
        if own is not None and given is None:
            raise UnsupportedQueryError("it binds values of its own from a variable")
        merged = []
        for value in values:
            if value is not None:
                merged.append(value)
            elif given:
                merged.append(given.pop(0))
            else:
                raise UnsupportedQueryError("a question mark without a value")
        return [*merged, *(given or [])]

    def companion(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> list[ast.stmt]:
        """A text's assignment rewritten, and that of its values after it."""
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if not isinstance(target, ast.Name) or target.id not in self._texts or node.value is None:
            return [node]
        built = self._build(node.value)
        node.value = built.expr
        if target.id not in self._companions:
            return [node]
        values = [value for value in built.values if value is not None]
        if len(values) != len(built.values):  # its own marks wait for values that are not known here
            raise UnsupportedQueryError("a question mark in a text with values")
        name = self._companions[target.id]
        listed = ast.List(values, ast.Load())
        if isinstance(node, ast.AugAssign):
            return [node, ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), listed)]
        return [node, ast.Assign([ast.Name(name, ast.Store())], listed)]


class _Assignments(ast.NodeTransformer):
    def __init__(self, rewriter: _Rewriter) -> None:
        self._rewriter = rewriter

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        return self._rewriter.companion(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        return self._rewriter.companion(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        return self._rewriter.companion(node)


_NUMBER = """
def {name}(value):
    if not isinstance(value, str):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)
"""


def _is_execute(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in _EXECUTES


def _tidy(text: str) -> str:
    return text if "--" in text or "/*" in text else re.sub(r"\s+", " ", text)


def _joined(texts: list[ast.expr]) -> ast.expr:
    merged: list[ast.expr] = []
    for text in texts:
        last = merged[-1] if merged else None
        if isinstance(text, ast.Constant) and isinstance(last, ast.Constant):
            merged[-1] = ast.Constant(str(last.value) + str(text.value))
        else:
            merged.append(text)
    if all(isinstance(part, ast.Constant) for part in merged):
        return merged[0] if merged else ast.Constant("")
    return ast.JoinedStr(merged)


def _spliced(expr: ast.expr) -> list[str]:
    nodes = (
        [expr] if isinstance(expr, ast.Name) else [n.value for n in ast.walk(expr) if isinstance(n, ast.FormattedValue)]
    )
    return [node.id for node in nodes if isinstance(node, ast.Name)]
