"""The functions that calls may be replaced by: what is in their bodies, and whether they can be inlined."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from real.detector.frontend.tree_walk import WITH_CONTEXT, children

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"

MAX_BODY = 400  # nodes of a function that is inlined, with what was inlined into it
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_REFLECTION = frozenset({"super", "locals", "vars", "globals", "eval", "exec", "dir", "__class__"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NEVER = (ast.YieldFrom, ast.Nonlocal, ast.ClassDef)


class Callee:
    """A function that calls may be replaced by, and what decides whether they can."""

    def __init__(self, node: FunctionNode, owner: ast.AST | None, cls: ast.ClassDef | None = None) -> None:
        self.node = node
        self.owner = owner  # the function that it is defined in
        self.cls = cls
        self.state = ""  # "", "busy" while what it calls is inlined, "done"
        self.inlined = False
        self.copied_into: dict[ast.AST, None] = {}  # the outermost functions that calls were replaced in, or the module
        self.bound: frozenset[str] = frozenset()
        self.free: frozenset[str] = frozenset()
        self.stored: frozenset[str] = frozenset()
        self.usable = False
        self.made_of = 0  # how many of the parameters are those of the object that it is a method of
        self.yields = False
        self.size = 0

    @property
    def body(self) -> list[ast.stmt]:
        """The statements, without the docstring."""
        node = self.node
        if isinstance(node, ast.Lambda):
            return [ast.copy_location(ast.Return(node.body), node.body)]
        first = node.body[0]
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        return (is_text and node.body[1:]) or node.body  # a function of nothing but a text is that text

    @property
    def is_simple(self) -> bool:
        """Whether it only makes one expression, or a function that it returns."""
        *first, last = self.body
        return all(isinstance(node, ast.FunctionDef) for node in first) and isinstance(last, (ast.Return, ast.Expr))

    def look(self) -> None:  # noqa: PLR0912
        """Decide whether the function can be inlined at all, from its body as it is now."""
        self.yields = all(isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield) for s in self.body)
        arguments = self.node.args
        bound = {arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        stored: set[str] = set()
        inner: set[str] = set()
        loaded: set[str] = set()
        shared: set[str] = set()
        size = reflective = 0
        usable = arguments.vararg is None and arguments.kwarg is None
        for node, depth in nodes_in(self.body):
            kind = type(node)
            size += 2 if kind in WITH_CONTEXT else 1
            if kind is ast.Call and _looks_elsewhere(node):  # type: ignore[arg-type]
                reflective -= 1
            if kind is ast.Name:
                if type(node.ctx) is ast.Load:  # type: ignore[attr-defined]
                    loaded.add(node.id)  # type: ignore[attr-defined]
                    reflective += node.id in _REFLECTION  # type: ignore[attr-defined]
                else:
                    (inner if depth else stored).add(node.id)  # type: ignore[attr-defined]
            elif kind is ast.Yield:
                usable = usable and self.yields
            elif kind in _NEVER or (kind is ast.Raise and _is_abstract(node)):  # type: ignore[arg-type]
                usable = False
            elif kind is ast.Global:
                shared |= set(node.names)  # type: ignore[attr-defined]
            elif kind is ast.alias:
                stored.add(node.asname or node.name.partition(".")[0])  # type: ignore[attr-defined]
                usable = usable and "." not in node.name and node.name != "*"  # type: ignore[attr-defined]
            elif kind is ast.arg:
                inner.add(node.arg)  # type: ignore[attr-defined]
            elif kind in (ast.ExceptHandler, ast.MatchAs, ast.MatchStar) and node.name:  # type: ignore[attr-defined]
                stored.add(node.name)  # type: ignore[attr-defined]
            elif kind is ast.MatchMapping and node.rest:  # type: ignore[attr-defined]
                stored.add(node.rest)  # type: ignore[attr-defined]
            elif kind in SCOPES and kind is not ast.Lambda:
                stored.add(node.name)  # type: ignore[attr-defined]
        self.usable = usable and size <= MAX_BODY and reflective == 0
        self.stored = frozenset(stored - shared)
        self.bound = frozenset((bound | stored | inner) - shared)
        self.free = frozenset((loaded | shared) - self.bound)
        self.size = size


def nodes_in(body: list[ast.stmt]) -> Iterator[tuple[ast.AST, int]]:
    """All nodes, with 1 for those in a comprehension and 2 for those in a function or class inside."""
    todo: list[tuple[ast.AST, int]] = [(node, 0) for node in body]
    while todo:
        node, depth = todo.pop()
        yield node, depth
        inner = 2 if depth == 2 or isinstance(node, SCOPES) else 1 if depth or isinstance(node, _COMPREHENSIONS) else 0
        todo += [(child, inner) for child in children(node)]


def _looks_elsewhere(node: ast.Call) -> bool:
    """``vars(x)`` and ``eval(x)``: not at the variables of the function, as ``vars()`` and ``eval("x")`` do."""
    return (
        isinstance(node.func, ast.Name)
        and node.func.id in ("vars", "dir", "eval", "exec")
        and len(node.args) == 1
        and not isinstance(node.args[0], (ast.Constant, ast.Starred))
    )


def _is_abstract(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def is_plain_method(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if not node.decorator_list:
        return bool(node.args.posonlyargs or node.args.args) and not node.name.startswith("__")
    return is_static(node) and len(node.decorator_list) == 1


def is_static(node: FunctionNode) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in decorators)
