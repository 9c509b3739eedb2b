"""Rewrites between the ways to put text together: f-string, ``+``, ``%``, ``format``, ``join``, ``+=``, templates."""

from __future__ import annotations

import ast
import string
from collections.abc import Callable
from dataclasses import dataclass

from real.redteam.rewrites.core import Fresh, Rewrite, call, insert_top, load, statements


@dataclass
class Part:
    """A literal piece (``text``), or a value as it is formatted."""

    text: str = ""
    value: ast.expr | None = None
    conversion: int = -1
    spec: str = ""


def parts_of(node: ast.AST) -> list[Part] | None:
    """The pieces of a text that ``node`` puts together, if one is a literal and all are understood."""
    found = _parts(node)
    if found is None or not any(p.value is not None for p in found) or not any(p.value is None for p in found):
        return None
    return found


def _parts(node: ast.AST) -> list[Part] | None:
    if isinstance(node, ast.JoinedStr):
        return _fstring(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return _sum(node) if isinstance(node.op, ast.Add) else _percent(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        receiver = node.func.value
        if not isinstance(receiver, ast.Constant) or not isinstance(receiver.value, str):
            return None
        if node.func.attr == "format":
            return _format(receiver.value, node)
        if node.func.attr == "join":
            return _join(receiver.value, node)
    return None


def _fstring(node: ast.JoinedStr) -> list[Part] | None:
    found = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            found.append(Part(str(value.value)))
        elif isinstance(value, ast.FormattedValue):
            spec = value.format_spec
            if spec is not None and not all(isinstance(v, ast.Constant) for v in getattr(spec, "values", [])):
                return None
            text = "".join(str(v.value) for v in spec.values) if isinstance(spec, ast.JoinedStr) else ""  # type: ignore[attr-defined]
            found.append(Part("", value.value, value.conversion, text))
    return found


def _sum(node: ast.expr) -> list[Part] | None:
    """The pieces of ``"a" + b + "c"``; one literal piece makes all of them text."""
    leaves: list[ast.expr] = []

    def collect(inner: ast.expr) -> None:
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
            collect(inner.left)
            collect(inner.right)
        else:
            leaves.append(inner)

    collect(node)
    # the first sum must itself be one of text: in `a + b + "c"`, a and b may be numbers
    if not any(isinstance(leaf, ast.JoinedStr) or _is_text(leaf) for leaf in leaves[:2]):
        return None
    return [Part(str(leaf.value)) if _is_text(leaf) else Part("", leaf) for leaf in leaves]  # type: ignore[attr-defined]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _percent(node: ast.BinOp) -> list[Part] | None:
    if not isinstance(node.left, ast.Constant) or not isinstance(node.left.value, str):
        return None
    if not isinstance(node.right, ast.Tuple):
        return None  # `"%s" % x`: x may be a tuple
    pieces = node.left.value.split("%s")
    if len(pieces) != len(node.right.elts) + 1 or any("%" in p for p in pieces):
        return None
    if any(isinstance(value, ast.Starred) for value in node.right.elts):
        return None
    found = [Part(pieces[0])]
    for value, piece in zip(node.right.elts, pieces[1:], strict=True):
        found += [Part("", value), Part(piece)]
    return [part for part in found if part.text or part.value is not None]


def _format(template: str, node: ast.Call) -> list[Part] | None:
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if None in named or any(isinstance(arg, ast.Starred) for arg in node.args):
        return None
    found = []
    automatic = 0
    used = set()
    for literal, name, spec, conversion in string.Formatter().parse(template):
        if literal:
            found.append(Part(literal))
        if name is None:
            continue
        if "{" in (spec or ""):
            return None
        key: int | str = automatic if name == "" else int(name) if name.isdigit() else name
        automatic += name == ""
        value = node.args[key] if isinstance(key, int) and key < len(node.args) else named.get(str(key))
        if value is None or key in used:
            return None  # `{0.name}`, or a value that would be evaluated twice
        used.add(key)
        found.append(Part("", value, ord(conversion) if conversion else -1, spec or ""))
    return found if len(used) == len(node.args) + len(named) else None


def _join(separator: str, node: ast.Call) -> list[Part] | None:
    if len(node.args) != 1 or not isinstance(node.args[0], (ast.List, ast.Tuple)):
        return None
    found: list[Part] = []
    for index, value in enumerate(node.args[0].elts):
        if isinstance(value, ast.Starred):
            return None
        if index and separator:
            found.append(Part(separator))
        found.append(Part(value.value) if _is_text(value) else Part("", value))  # type: ignore[attr-defined]
    return found


# --- made again ----------------------------------------------------------------------------------------------------


def _text(part: Part) -> ast.expr:
    """One piece as an expression that is text."""
    if part.value is None:
        return ast.Constant(part.text)
    value = part.value
    if part.conversion != -1:
        value = call({"s": "str", "r": "repr", "a": "ascii"}[chr(part.conversion)], value)
    if part.spec:
        return call("format", value, ast.Constant(part.spec))
    return value if part.conversion != -1 else call("str", value)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def as_fstring(parts: list[Part]) -> ast.expr:
    values: list[ast.expr] = []
    for part in parts:
        if part.value is None:
            values.append(ast.Constant(part.text))
        else:
            spec = ast.JoinedStr([ast.Constant(part.spec)]) if part.spec else None
            values.append(ast.FormattedValue(part.value, part.conversion, spec))
    return ast.JoinedStr(values)


def as_sum(parts: list[Part]) -> ast.expr:
    made = _text(parts[0])
    for part in parts[1:]:
        made = ast.BinOp(made, ast.Add(), _text(part))
    return made


def as_percent(parts: list[Part]) -> ast.expr:
    template = "".join("%s" if part.value is not None else part.text.replace("%", "%%") for part in parts)
    values = [_text(part) if part.spec or part.conversion != -1 else part.value for part in parts if part.value]
    return ast.BinOp(ast.Constant(template), ast.Mod(), ast.Tuple([v for v in values if v], ast.Load()))


def _field(part: Part, name: str) -> str:
    conversion = f"!{chr(part.conversion)}" if part.conversion != -1 else ""
    return "{" + name + conversion + (f":{part.spec}" if part.spec else "") + "}"


def as_format(parts: list[Part]) -> ast.expr:
    template = "".join(_field(part, "") if part.value is not None else _escaped(part.text) for part in parts)
    values = [part.value for part in parts if part.value is not None]
    return call(ast.Attribute(ast.Constant(template), "format", ast.Load()), *values)


def as_named_format(parts: list[Part]) -> ast.expr:
    names = {id(part): f"f{index}" for index, part in enumerate(parts)}
    template = "".join(_field(p, names[id(p)]) if p.value is not None else _escaped(p.text) for p in parts)
    keywords = [ast.keyword(names[id(part)], part.value) for part in parts if part.value is not None]
    return ast.Call(ast.Attribute(ast.Constant(template), "format", ast.Load()), [], keywords)


def as_join(parts: list[Part]) -> ast.expr:
    pieces = ast.List([_text(part) for part in parts], ast.Load())
    return call(ast.Attribute(ast.Constant(""), "join", ast.Load()), pieces)


def as_replace(parts: list[Part]) -> ast.expr | None:
    """``"a ~0~".replace("~0~", str(x))``, for one value."""
    values = [part for part in parts if part.value is not None]
    if len(values) != 1 or any("~0~" in part.text for part in parts):
        return None
    template = "".join("~0~" if part.value is not None else part.text for part in parts)
    return call(ast.Attribute(ast.Constant(template), "replace", ast.Load()), ast.Constant("~0~"), _text(values[0]))


def as_template(parts: list[Part]) -> ast.expr | None:
    """``Template("a $f0").substitute(f0=x)``."""
    if any(part.value is not None and (part.spec or part.conversion != -1) for part in parts):
        return None
    names = {id(part): f"f{index}" for index, part in enumerate(parts)}
    template = "".join(f"${{{names[id(p)]}}}" if p.value is not None else p.text.replace("$", "$$") for p in parts)
    keywords = [ast.keyword(names[id(part)], part.value) for part in parts if part.value is not None]
    made = call("Template0", ast.Constant(template))
    return ast.Call(ast.Attribute(made, "substitute", ast.Load()), [], keywords)


def built(make: Callable[[list[Part]], ast.expr | None], setup: str = "") -> Rewrite:
    """Every text that is put together is put together in another way."""

    def rewrite(tree: ast.Module) -> bool:
        changed = False

        class Build(ast.NodeTransformer):
            def visit(self, node: ast.AST) -> ast.AST:
                parts = parts_of(node)
                if parts is None:
                    return self.generic_visit(node)
                for part in parts:
                    if part.value is not None:
                        part.value = self.visit(part.value)  # type: ignore[assignment]
                made = make(parts)
                nonlocal changed
                changed = changed or made is not None
                return made if made is not None else node

            def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
                return node

        Build().visit(tree)
        insert_top(tree, statements(setup))
        return changed

    return rewrite


def augmented(tree: ast.Module) -> bool:
    """``x = f"a{b}c"`` -> ``x = "a"; x += str(b); x += "c"``."""
    fresh = Fresh(tree)
    changed = False
    for node in list(ast.walk(tree)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if not isinstance(block, list) or isinstance(node, ast.ClassDef):
                continue
            for index in reversed(range(len(block))):
                statement = block[index]
                if not isinstance(statement, (ast.Assign, ast.Return, ast.Expr)) or statement.value is None:
                    continue
                holder: ast.AST = statement
                place: ast.expr = statement.value
                if isinstance(place, ast.Call) and place.args and parts_of(place) is None:
                    if any(isinstance(inner, ast.Call) for inner in ast.walk(place.func)):
                        continue
                    holder, place = place, place.args[0]
                parts = parts_of(place)
                if parts is None:
                    continue
                name = fresh("a")
                before: list[ast.stmt] = [ast.Assign([ast.Name(name, ast.Store())], _text(parts[0]))]
                before += [ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), _text(part)) for part in parts[1:]]
                if isinstance(holder, ast.Call):
                    holder.args[0] = load(name)
                else:
                    holder.value = load(name)  # type: ignore[attr-defined]
                block[index:index] = before
                changed = True
    return changed


TEXTS: dict[str, Rewrite] = {
    "text as f-string": built(as_fstring),
    "text by +": built(as_sum),
    "text by %": built(as_percent),
    "text by format": built(as_format),
    "text by format with names": built(as_named_format),
    "text by join": built(as_join),
    "text by replace": built(as_replace),
    "text by Template": built(as_template, "from string import Template as Template0\n"),
    "text by +=": augmented,
}
