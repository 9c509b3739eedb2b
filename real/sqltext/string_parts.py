"""Splits an expression that builds a string (f-string, +, %, format) into literal text and inserted values."""

from __future__ import annotations

import ast
import re
import string
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Text:
    """Literal text."""

    text: str


@dataclass(frozen=True)
class Hole:
    """An inserted value; ``expr`` is the expression that gives it."""

    expr: ast.expr


Piece: TypeAlias = Text | Hole

_PERCENT = re.compile(r"%(?:%|[-+ #0]*\d*(?:\.\d+)?[sdrfi])")


def pieces(expr: ast.expr) -> list[Piece]:  # noqa: PLR0911 - one return a form
    """The parts of an expression, left to right; an expression of an unknown form is one hole."""
    match expr:
        case ast.Constant(value=str() as text):
            return [Text(text)]
        case ast.JoinedStr(values=values):
            return [piece for value in values for piece in _part(value)]
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_text(left) or _is_text(right):
            return [*pieces(left), *pieces(right)]
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod(), right=right):
            return _percent(text, right) or [Hole(expr)]
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format")):
            return _format(text, expr) or [Hole(expr)]
        case ast.Call(func=ast.Attribute(value=inner, attr="strip" | "rstrip"), args=[]) if _is_text(inner):
            return pieces(inner)
        case ast.Call(func=ast.Name(id="str"), args=[inner], keywords=[]):
            return [Hole(inner)]
    return [Hole(expr)]


def _is_text(expr: ast.expr) -> bool:
    """Whether an expression surely is a text that is put together: a sum of it is no sum of numbers."""
    match expr:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _is_text(left)
        case ast.Call(func=ast.Attribute(value=inner, attr="format" | "strip" | "rstrip")):
            return _is_text(inner)
        case ast.Call(func=ast.Name(id="str")):
            return True
    return False


def _part(value: ast.expr) -> list[Piece]:
    if isinstance(value, ast.Constant):
        return [Text(str(value.value))]
    if isinstance(value, ast.FormattedValue) and value.conversion == -1 and value.format_spec is None:
        return [Hole(value.value)] if not _is_text(value.value) else pieces(value.value)
    return [Hole(ast.JoinedStr([value]))]


def _percent(text: str, right: ast.expr) -> list[Piece]:
    values = list(right.elts) if isinstance(right, ast.Tuple) else [right]
    found: list[Piece] = []
    at = 0
    for match in _PERCENT.finditer(text):
        found.append(Text(text[at : match.start()]))
        at = match.end()
        if match[0] == "%%":
            found.append(Text("%"))
        elif values:
            found.append(Hole(values.pop(0)))
        else:
            return []
    return [*found, Text(text[at:])] if not values else []


def _format(text: str, call: ast.Call) -> list[Piece]:
    found: list[Piece] = []
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    count = 0
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return []
    for literal, field, spec, conversion in fields:
        found.append(Text(literal))
        if field is None:
            continue
        if spec or conversion:
            return []
        key = field or str(count)
        count += not field
        if key.isdigit() and int(key) < len(call.args):
            found.append(Hole(call.args[int(key)]))
        elif key in named:
            found.append(Hole(named[key]))
        else:
            return []
    return found
