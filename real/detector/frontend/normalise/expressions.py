"""Simplification of source trees: detours that mean the same as something plain become it, before the analysis.

``getattr(o, "exe" + "cute")(q)`` is ``o.execute(q)``, ``[x][0]`` is ``x``, ``"%s!" % (x,)`` is ``f"{x}!"``:
no rule has to know the detours. Nothing that may have an effect is dropped, and names of the library count only where
nothing in the program binds them anew.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import cast

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.normalise.comprehensions import filtered, single, unrolled
from real.detector.frontend.normalise.literal_values import (
    LITERALS,
    concatenated,
    constant_text,
    is_pure,
    is_text,
    item_of,
    method_of_literal,
    number,
)
from real.detector.frontend.normalise.texts import as_text
from real.detector.frontend.plain_classes import PlainClass, plain_class
from real.detector.frontend.tree_walk import Transformer, walk

_MAX_UNROLLED = 8  # elements of a comprehension over a literal
_MAX_JOINED = 30  # the same, of what is joined to a text
_READERS = frozenset({"join", "len", "sorted", "tuple", "list", "set", "frozenset", "map", "enumerate", "any", "all"})
COPIES = frozenset({"copy.copy", "copy.deepcopy"})


def simplify(tree: ast.Module) -> None:
    """Simplify a program in place."""
    holders = {}
    handed_on = False
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            made = plain_class(statement)
            if made is not None and made.fields and made.is_strict:
                holders[statement.name] = made
        elif isinstance(statement, ast.ImportFrom):
            handed_on = handed_on or statement.module in ("copy", "types")
        elif isinstance(statement, ast.Import):
            handed_on = handed_on or any(alias.name in ("copy", "types") for alias in statement.names)
    if holders or handed_on or any(_is_detour(node) for node in walk(tree)):
        Simplifier(tree, holders).visit(tree)


def _is_detour(node: ast.AST) -> bool:  # noqa: PLR0911
    """Whether the node could be simplified; a cheap test, as most programs have nothing of the kind."""
    kind = type(node)
    if kind is ast.Call:
        func = node.func  # type: ignore[attr-defined]
        inner = type(func)
        if inner is ast.Name:
            return func.id in ("getattr", "next", "str", "bool", "eval", "filter")
        if inner is ast.Attribute:
            if func.attr in ("__call__", "substitute"):
                return True
            if func.attr in ("join", "format", "pop", "get", "replace"):
                return isinstance(func.value, (ast.Constant, *LITERALS))
            return False
        return inner in (ast.Call, ast.Subscript)
    if kind is ast.keyword:
        return node.arg is None and isinstance(node.value, ast.Dict)  # type: ignore[attr-defined]
    if kind is ast.Starred:
        return isinstance(node.value, (ast.List, ast.Tuple))  # type: ignore[attr-defined]
    if kind is ast.Subscript:
        return isinstance(node.value, (ast.Constant, ast.ListComp, *LITERALS))  # type: ignore[attr-defined]
    if kind is ast.BinOp:
        return isinstance(node.left, (ast.Constant, ast.Call)) or isinstance(node.right, ast.Constant)  # type: ignore[attr-defined]
    if kind is ast.NamedExpr:
        return True
    if kind is ast.ListComp:
        return isinstance(node.generators[0].iter, (ast.List, ast.Tuple))  # type: ignore[attr-defined]
    return kind is ast.IfExp and isinstance(node.test, ast.Constant)  # type: ignore[attr-defined]


class Simplifier(Transformer):
    """Rewrites one tree, innermost nodes first."""

    def __init__(self, tree: ast.Module, holders: dict[str, PlainClass]) -> None:
        self.tree = tree
        self.names = Bindings(tree)
        self.bound = self.names.bound
        self._library = self.names.library
        self.holders = {name: cls for name, cls in holders.items() if self.bound[name] == 1}
        if self.holders:
            stores = Counter(n.attr for n in walk(tree) if isinstance(n, ast.Attribute) and type(n.ctx) is not ast.Load)
            self.holders = {
                name: cls for name, cls in self.holders.items() if all(stores[field] == 1 for field in cls.fields)
            }

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        """``(v := x)``, where nothing reads ``v``."""
        self.generic_visit(node)
        name = node.target.id
        unread = self.bound[name] == 1 and name not in self.names.loads and not self.names.is_reflective
        return node.value if unread else node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """``[f(v) for v in (a, b)]`` -> ``[f(a), f(b)]``."""
        self.generic_visit(node)
        source = node.generators[0].iter
        items = source.elts if isinstance(source, (ast.List, ast.Tuple)) else None
        return (unrolled(node, items, _MAX_UNROLLED) if items is not None else None) or node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """``SimpleNamespace(v=x).v``, and the same of a plain class."""
        self.generic_visit(node)
        if isinstance(node.value, ast.Call) and type(node.ctx) is ast.Load:
            return self._held(node.value, node.attr) or node
        return node

    def _held(self, made: ast.Call, attribute: str) -> ast.expr | None:
        named = {keyword.arg: keyword.value for keyword in made.keywords}
        if None in named or any(isinstance(arg, ast.Starred) for arg in made.args):
            return None
        cls = self.holders.get(made.func.id) if isinstance(made.func, ast.Name) else None
        if cls is not None:
            params = cls.params[1:]
            if len(made.args) > len(params) or named.keys() & set(params[: len(made.args)]):
                return None
            named |= dict(zip(params, made.args, strict=False))
            if named.keys() != set(params):
                return None
            found = named.get(cls.fields.get(attribute))
        elif not made.args and self._library(made.func) == "types.SimpleNamespace":
            found = named.get(attribute)
        else:
            return None
        return found if all(value is found or is_pure(value) for value in named.values()) else None

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        chain = [node]  # long sums nest to the left
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        chain[-1].left = self.visit(chain[-1].left)
        made: ast.expr = chain[-1]
        for link in reversed(chain):
            link.right = self.visit(link.right)
            if link is not chain[-1]:
                link.left = made
            made = concatenated(link) or link
        return as_text(made, self._library) or made

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        value, key = node.value, node.slice
        if not isinstance(node.ctx, ast.Load):
            return node
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and isinstance(key, ast.Slice):
            parts = [key.lower, key.upper, key.step]
            if all(part is None or number(part) is not None for part in parts):
                cut = slice(*(None if part is None else number(part) for part in parts))
                if cut.step != 0:
                    return constant_text(value.value[cut], node)
        if not isinstance(key, ast.Constant):
            return node
        if isinstance(value, ast.ListComp) and key.value == 0:
            return single(value) or node
        return item_of(value, key.value) or node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
            node.args[1] = self._spelled(node.args[1])
        self.generic_visit(node)
        _unpack(node)
        func = node.func
        while isinstance(func, ast.Attribute) and func.attr == "__call__":
            func = node.func = func.value
        if isinstance(func, ast.Call):
            made = self._call_of_call(node, func)
            if made is not None:
                return self.visit_Call(made)
        made_value = self._value_of_call(node)
        return made_value if made_value is not None else node

    def _spelled(self, name: ast.expr) -> ast.expr:
        """A text in which variables of constant text are put together, with these texts."""
        texts, bound = self.names.texts, self.bound

        class Spell(Transformer):
            def visit_Name(self, node: ast.Name) -> ast.AST:
                is_known = bound.get(node.id) == 1 and type(node.ctx) is ast.Load
                return texts.get(node.id, node) if is_known else node

        if self.names.is_reflective or "*" in bound:
            return name
        return cast("ast.expr", Spell().visit(name))

    def _call_of_call(self, node: ast.Call, func: ast.Call) -> ast.Call | None:
        name = self._library(func.func)
        if not func.args or isinstance(func.args[0], ast.Starred):
            return None
        if name == "functools.partial":
            passed = {keyword.arg for keyword in node.keywords}
            kept = [keyword for keyword in func.keywords if keyword.arg not in passed]
            return _at(ast.Call(func.args[0], [*func.args[1:], *node.args], [*kept, *node.keywords]), node)
        if any(isinstance(arg, ast.Starred) for arg in func.args):
            return None
        if name == "operator.methodcaller" and len(node.args) == 1 and not node.keywords:
            method = func.args[0]
            if isinstance(method, ast.Constant) and isinstance(method.value, str) and method.value.isidentifier():
                attribute = _at(ast.Attribute(node.args[0], method.value, ast.Load()), node)
                return _at(ast.Call(attribute, func.args[1:], func.keywords), node)
        return None

    def _value_of_call(self, node: ast.Call) -> ast.expr | None:  # noqa: PLR0911
        func, args = node.func, node.args
        if len(args) == 1 and not node.keywords and (is_text(args[0]) or isinstance(args[0], LITERALS)):
            copier = self._library(func)
            if copier == "copy.copy" or (copier in COPIES and is_text(args[0])):
                return args[0]
        if isinstance(func, ast.Attribute):
            if func.attr == "join" and len(args) == 1 and isinstance(func.value, ast.Constant):
                node.args = [self._listed(args[0]) or args[0]]
            return method_of_literal(func, node.args, node) or as_text(node, self._library)
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in args) or not isinstance(func, ast.Name):
            return None
        if func.id in self.bound:
            return None
        if func.id == "getattr" and len(args) == 2 and isinstance(args[1], ast.Constant):
            name = args[1].value
            if isinstance(name, str) and name.isidentifier():
                return _at(ast.Attribute(args[0], name, ast.Load()), node)
        if (
            func.id == "eval"
            and args
            and isinstance(args[0], ast.Name)
            and self.bound.get(args[0].id) == 1
            and "*" not in self.bound
        ):
            node.args[0] = self.names.texts.get(args[0].id, args[0])
        if func.id == "filter" and len(args) == 2 and isinstance(args[0], ast.Lambda):
            return filtered(args[0], args[1], node)
        if func.id == "next" and len(args) == 1 and isinstance(args[0], ast.List):
            return item_of(args[0], 0)  # what an inlined generator yields
        if func.id == "next" and len(args) == 1 and isinstance(args[0], ast.Call):
            return self._next(args[0], node)
        return None

    def _listed(self, node: ast.expr) -> ast.expr | None:
        """``f(v) for v in (a, b)`` and ``map(f, (a, b))`` as the list ``[f(a), f(b)]``."""
        if isinstance(node, ast.GeneratorExp):
            items = self._elements(node.generators[0].iter)
            return unrolled(node, items, _MAX_JOINED) if items is not None else None
        if isinstance(node, ast.Call) and self._library(node.func) == "map" and len(node.args) == 2:
            function, source = node.args
            items = self._elements(source)
            if items is None or len(items) > _MAX_JOINED or not isinstance(function, (ast.Name, ast.Attribute)):
                return None
            calls: list[ast.expr] = [_at(ast.Call(function, [item], []), node) for item in items]
            return ast.copy_location(ast.List(calls, ast.Load()), node)
        return None

    def _elements(self, node: ast.expr) -> list[ast.expr] | None:
        """The elements of a literal, or of a variable that is one of constants and is never changed."""
        if isinstance(node, (ast.List, ast.Tuple)):
            return node.elts
        held = self.names.lists.get(node.id) if isinstance(node, ast.Name) else None
        if held is None or not isinstance(node, ast.Name) or self.bound.get(node.id) != 1:
            return None
        if self.names.is_reflective or "*" in self.bound:
            return None
        return held.elts if isinstance(held, ast.Tuple) or self._is_only_read(node.id) else None

    def _is_only_read(self, name: str) -> bool:
        """Whether a list is only gone through, joined and searched."""
        harmless: set[int] = set()
        for node in walk(self.tree):
            if isinstance(node, (ast.comprehension, ast.For)):
                harmless.add(id(node.iter))
            elif isinstance(node, ast.Compare):
                harmless.update(map(id, node.comparators))
            elif isinstance(node, ast.Call):
                function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                harmless.update(map(id, node.args if function in _READERS else ()))
        loads = (n for n in walk(self.tree) if isinstance(n, ast.Name) and n.id == name)
        return all(id(node) in harmless for node in loads if isinstance(node.ctx, ast.Load))

    def _next(self, inner: ast.Call, node: ast.Call) -> ast.expr | None:
        """``next(iter([x]))`` and ``next(map(f, [x]))``."""
        name = self._library(inner.func)
        if inner.keywords or not inner.args:
            return None
        last = inner.args[-1]
        if not isinstance(last, (ast.List, ast.Tuple)) or len(last.elts) != 1 or isinstance(last.elts[0], ast.Starred):
            return None
        if name == "iter" and len(inner.args) == 1:
            return last.elts[0]
        if name == "map" and len(inner.args) == 2:
            made = self.visit_Call(_at(ast.Call(inner.args[0], [last.elts[0]], []), node))
            return made if isinstance(made, ast.expr) else None
        return None


def _at(made: ast.AST, place: ast.AST) -> ast.Call:
    return ast.copy_location(made, place)  # type: ignore[return-value]


def _unpack(node: ast.Call) -> None:
    """``f(*[a, b], **{"k": c})`` -> ``f(a, b, k=c)``."""
    if any(isinstance(arg, ast.Starred) for arg in node.args):
        args: list[ast.expr] = []
        for arg in node.args:
            literal = isinstance(arg, ast.Starred) and isinstance(arg.value, (ast.List, ast.Tuple))
            args += arg.value.elts if literal else [arg]  # type: ignore[attr-defined]
        node.args = args
    if any(keyword.arg is None for keyword in node.keywords):
        keywords: list[ast.keyword] = []
        for keyword in node.keywords:
            value = keyword.value
            named = isinstance(value, ast.Dict) and all(isinstance(getattr(k, "value", None), str) for k in value.keys)
            if keyword.arg is None and named:
                pairs = zip(value.keys, value.values, strict=True)  # type: ignore[attr-defined]
                keywords += [ast.copy_location(ast.keyword(k.value, v), keyword) for k, v in pairs]
            else:
                keywords.append(keyword)
        node.keywords = keywords
