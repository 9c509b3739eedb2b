"""A parsed program, with the questions that several rules ask of it."""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator, Mapping
from functools import cached_property

_BUILTINS = frozenset(dir(builtins))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class ProgramTree:
    """The syntax tree of a program and what its names stand for; nothing is executed.

    Raises what ``ast.parse`` raises; programs that ``why_unanalyzable`` let pass do parse.
    """

    def __init__(self, code: str, supplied: Mapping[str, str] | None = None) -> None:
        """``supplied``: names that are imported for the program, and the dotted names they stand for."""
        self.code = code
        self._supplied = supplied or {}
        self.tree = _parse(code)
        self.nodes = tuple(ast.walk(self.tree))

    @cached_property
    def imported(self) -> dict[str, str]:
        """Names bound by imports, in the program or for it, and the dotted names they stand for."""
        found = dict(self._supplied)
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    found[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
        return found

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that the program binds somewhere other than by an import."""
        return frozenset(name for node in self.nodes for name in _bindings(node))

    def is_unbound(self, name: str) -> bool:
        """Whether nothing in the program gives a name a meaning."""
        return name not in self.imported and name not in self.bound

    def dotted(self, node: ast.expr) -> str:
        """What an expression refers to: ``typing.cast`` for ``t.cast``, ``builtins.eval`` for ``eval``.

        Empty for what is no plain name or attribute of one. Assignments are not followed.
        """
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return f"{base}.{node.attr}" if base else ""
        if not isinstance(node, ast.Name):
            return ""
        if node.id in self.imported:
            return self.imported[node.id]
        if node.id in _BUILTINS and node.id not in self.bound:
            return f"builtins.{node.id}"
        return node.id

    @cached_property
    def functions(self) -> tuple[FunctionNode, ...]:
        return tuple(node for node in self.nodes if isinstance(node, FUNCTIONS))


def parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter, starred ones included, in the order of the header."""
    yield from arguments.posonlyargs
    yield from arguments.args
    if arguments.vararg:
        yield arguments.vararg
    yield from arguments.kwonlyargs
    if arguments.kwarg:
        yield arguments.kwarg


def body_without_docstring(node: ast.Module | ast.ClassDef | FunctionNode) -> list[ast.stmt]:
    first, *rest = node.body or [ast.Pass()]
    value = first.value if isinstance(first, ast.Expr) else None
    return rest if isinstance(value, ast.Constant) and isinstance(value.value, str) else node.body


def _bindings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _parse(code: str) -> ast.Module:
    """With type comments where they are well-formed; MyPy itself reports the others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the program's escapes and comparisons: not ours to print
        try:
            return ast.parse(code, type_comments=True)
        except SyntaxError:
            return ast.parse(code)
