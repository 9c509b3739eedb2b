"""The ways to put text together in a source tree, as one: an f-string."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable

MAX_PIECES = 60
_PERCENT = re.compile(r"%(.?)", re.DOTALL)
_CONVERSIONS = {"s": "", "r": "r", "a": "a"}


def as_text(node: ast.expr, library: Callable[[ast.expr], str]) -> ast.expr | None:  # noqa: PLR0912
    """``"…" + x``, ``"…%s…" % (x,)``, ``"…{}…".format(x)``, ``"".join([…, x])`` and so on as an f-string.

    Only templates that take each argument once; all pieces constant: a constant. ``library`` gives the qualified name
    of what is built in or imported.
    """
    pieces = None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        pieces = _percent(node)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        pieces = _sum(node, library)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        template = node.func.value
        if isinstance(template, ast.Constant) and isinstance(template.value, str):
            if node.func.attr == "format":
                pieces = _format(template.value, node)
            elif node.func.attr == "join":
                pieces = _join(template.value, node)
            elif node.func.attr == "replace":
                pieces = _replace(template.value, node)
        elif node.func.attr == "substitute" and isinstance(template, ast.Call):
            pieces = _substitute(template, node) if library(template.func) == "string.Template" else None
    if pieces is None or len(pieces) > MAX_PIECES:
        return None
    if all(isinstance(piece, str) for piece in pieces):
        return ast.copy_location(ast.Constant("".join(str(piece) for piece in pieces)), node)
    values: list[ast.expr] = []
    literal = ""  # of pieces that follow each other
    for piece in pieces:
        if isinstance(piece, str):
            literal += piece
            continue
        if literal:
            values.append(ast.copy_location(ast.Constant(literal), node))
            literal = ""
        if isinstance(piece, ast.FormattedValue) and piece.conversion == -1 and piece.format_spec is None:
            piece.value = _shown(piece.value, library)
        values.append(piece)
    if literal:
        values.append(ast.copy_location(ast.Constant(literal), node))
    return ast.copy_location(ast.JoinedStr(values), node)


def _shown(node: ast.expr, library: Callable[[ast.expr], str]) -> ast.expr:
    """``x`` of ``str(x)``: that is what becomes part of the text anyway."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords and library(node.func) == "str":
        return node if isinstance(node.args[0], ast.Starred) else node.args[0]
    return node


def _sum(node: ast.BinOp, library: Callable[[ast.expr], str]) -> list[ast.expr | str] | None:
    """``"a" + str(b) + "c"``; it is text because one of the first two is."""
    leaves: list[ast.expr] = []
    current: ast.expr = node
    while isinstance(current, ast.BinOp) and isinstance(current.op, ast.Add):
        leaves.append(current.right)
        current = current.left
    leaves = [current, *reversed(leaves)]
    texts = [isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) for leaf in leaves]
    converted = any(leaf is not _shown(leaf, library) for leaf in leaves)
    return [_value(leaf) for leaf in leaves] if converted and any(texts) else None


def _replace(template: str, node: ast.Call) -> list[ast.expr | str] | None:
    """``"a ~ b".replace("~", x)``."""
    if len(node.args) != 2 or node.keywords or not isinstance(node.args[0], ast.Constant):
        return None
    old = node.args[0].value
    if not isinstance(old, str) or not old or template.count(old) != 1:
        return None
    before, _, after = template.partition(old)
    return [before, _value(node.args[1]), after]


def _substitute(template: ast.Call, node: ast.Call) -> list[ast.expr | str] | None:
    """``Template("$a b").substitute(a=x)``."""
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if node.args or None in named or len(template.args) != 1 or not isinstance(template.args[0], ast.Constant):
        return None
    text = template.args[0].value
    if not isinstance(text, str):
        return None
    pieces: list[ast.expr | str] = []
    used: set[str] = set()
    last = 0
    for match in string.Template.pattern.finditer(text):
        pieces.append(text[last : match.start()])
        last = match.end()
        name = match["named"] or match["braced"]
        if match["escaped"] is not None:
            pieces.append("$")
        elif name in named and name not in used:
            used.add(name)
            pieces.append(_value(named[name]))
        else:
            return None
    return [*pieces, text[last:]] if used == named.keys() else None


def _value(node: ast.expr, conversion: str = "", spec: str = "") -> ast.expr | str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not conversion and not spec:
        return node.value
    shown = ast.JoinedStr([ast.copy_location(ast.Constant(spec), node)]) if spec else None
    made = ast.FormattedValue(node, ord(conversion) if conversion else -1, shown)
    return ast.copy_location(made, node)


def _percent(node: ast.BinOp) -> list[ast.expr | str] | None:
    left, right = node.left, node.right
    if not isinstance(left, ast.Constant) or not isinstance(left.value, str) or not isinstance(right, ast.Tuple):
        return None
    if any(isinstance(item, ast.Starred) for item in right.elts):
        return None
    pieces: list[ast.expr | str] = []
    items = iter(right.elts)
    last = 0
    for mark in _PERCENT.finditer(left.value):
        pieces.append(left.value[last : mark.start()])
        last = mark.end()
        if mark[1] == "%":
            pieces.append("%")
            continue
        item = next(items, None)
        if item is None or mark[1] not in _CONVERSIONS:
            return None
        pieces.append(_value(item, _CONVERSIONS[mark[1]]))
    pieces.append(left.value[last:])
    return pieces if next(items, None) is None else None


def _format(template: str, node: ast.Call) -> list[ast.expr | str] | None:
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if None in named or any(isinstance(arg, ast.Starred) for arg in node.args):
        return None
    pieces: list[ast.expr | str] = []
    used: set[int | str] = set()
    automatic = 0
    try:
        for literal, name, spec, conversion in string.Formatter().parse(template):
            pieces.append(literal)
            if name is None:
                continue
            key: int | str = automatic if name == "" else int(name) if name.isdecimal() else name
            automatic += name == ""
            value = named.get(key) if isinstance(key, str) else node.args[key] if key < len(node.args) else None
            if value is None or key in used or "{" in (spec or "") or conversion not in (None, "r", "s", "a"):
                return None
            used.add(key)
            pieces.append(_value(value, conversion or "", spec or ""))
    except ValueError:
        return None
    return pieces if len(used) == len(node.args) + len(named) else None


def _join(separator: str, node: ast.Call) -> list[ast.expr | str] | None:
    if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], (ast.List, ast.Tuple)):
        return None
    pieces: list[ast.expr | str] = []
    for index, item in enumerate(node.args[0].elts):
        if isinstance(item, ast.Starred):
            return None
        pieces += [separator] if index and separator else []
        pieces.append(_value(item))
    return pieces
