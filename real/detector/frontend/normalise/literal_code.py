"""Code that stands in the program as a literal is code of the program: ``exec("f(1)")`` is ``f(1)``.

``exec``, ``eval``, ``timeit`` and ``cProfile.run`` of a constant text hide nothing. Their text takes the place of the
call, before anything is analysed: ``timeit.timeit("f(1)")`` becomes ``timeit.timeit(lambda: f(1))``.
"""

from __future__ import annotations

import ast
import re

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.tree_walk import Transformer, walk

_MENTIONED = re.compile(r"\b(?:exec|eval|timeit|repeat|cProfile|profile)\b")
_TIMERS = frozenset({"timeit.timeit", "timeit.repeat", "timeit.Timer", "cProfile.run", "profile.run"})
_NAMESPACES = frozenset({"globals", "locals", "vars"})
_REFLECTIVE = frozenset(
    {"exec", "eval", "compile", "setattr", "delattr", "getattr", "globals", "locals", "vars", "type", "__import__"}
)
_CALLS = (ast.Call, ast.Attribute, ast.Subscript, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Lambda)


def expand_literals(tree: ast.Module, code: str) -> None:
    """Put the code of literals in the place of the calls that run it."""
    if _MENTIONED.search(code):
        _Expander(Bindings(tree)).visit(tree)


def is_inert(text: object) -> bool:
    """Whether a text is code that only makes a value: it names no attribute and calls nothing."""
    if not isinstance(text, str):
        return False
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # running it raises
    return not any(isinstance(node, _CALLS) for node in walk(tree))


def only_calls(text: object) -> bool:
    """Whether a text is an expression that calls names with constants: it replaces nothing, and carries nothing."""
    try:
        tree = ast.parse(text.strip() if isinstance(text, str) else "import this")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # running it raises
    called = {node.func.id for node in walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return (
        all(isinstance(statement, ast.Expr) for statement in tree.body)
        and not any(isinstance(node, (ast.Attribute, ast.Lambda, ast.NamedExpr)) for node in walk(tree))
        and called.isdisjoint(_REFLECTIVE)
    )


def names_called(text: object) -> frozenset[str]:
    """The last names of what a text calls, as far as it is Python."""
    tree = _parsed(text if isinstance(text, str) else None)
    called = (node.func for node in walk(tree) if isinstance(node, ast.Call)) if tree is not None else ()
    return frozenset(getattr(func, "attr", getattr(func, "id", "")) for func in called)


class _Expander(Transformer):
    def __init__(self, names: Bindings) -> None:
        self._library = names.library

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        call = node.value
        if not isinstance(call, ast.Call) or self._library(call.func) != "exec" or not self._is_here(call):
            return node
        made = _parsed(self._text(call.args[0]))
        if made is None or any(isinstance(part, (ast.Return, ast.Global, ast.Nonlocal)) for part in walk(made)):
            return node
        return [_placed(statement, node) for statement in made.body] or ast.copy_location(ast.Pass(), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = self._library(node.func)
        if name == "eval" and self._is_here(node):
            return self._expression(node.args[0], node) or node
        if name in _TIMERS and node.args and self._has_plain_setup(node):
            made = self._expression(node.args[0], node)
            if made is not None:
                nothing = ast.arguments([], [], None, [], [], None, [])
                node.args[0] = ast.copy_location(ast.Lambda(nothing, made), node)
        return node

    def _is_here(self, call: ast.Call) -> bool:
        """Whether the code runs in the namespace that the call is in."""
        others = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
        return bool(call.args) and all(
            isinstance(other, ast.Call) and self._library(other.func) in _NAMESPACES and not other.args
            for other in others
        )

    def _has_plain_setup(self, call: ast.Call) -> bool:
        """Whether what runs before only imports."""
        setups = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "setup")]
        parsed = [_parsed(self._text(setup)) for setup in setups]
        allowed = (ast.Import, ast.ImportFrom, ast.Pass)
        return all(made is not None and all(isinstance(s, allowed) for s in made.body) for made in parsed)

    def _expression(self, argument: ast.expr, place: ast.AST) -> ast.expr | None:
        made = _parsed(self._text(argument))
        if made is None or len(made.body) != 1 or not isinstance(made.body[0], ast.Expr):
            return None
        value = made.body[0].value
        _placed(value, place)
        return value

    def _text(self, argument: ast.expr) -> str | None:
        if isinstance(argument, ast.Call) and self._library(argument.func) == "compile" and argument.args:
            argument = argument.args[0]
        value = argument.value if isinstance(argument, ast.Constant) else None
        return value if isinstance(value, str) else None


def _parsed(text: str | None) -> ast.Module | None:
    if text is None:
        return None
    try:
        tree = ast.parse(text.strip())
        compile(tree, "<literal>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree


def _placed(node: ast.AST, place: ast.AST) -> ast.stmt:
    """The node where the literal is: lines of a literal are none of the program."""
    for inner in walk(node):
        if hasattr(inner, "lineno"):
            ast.copy_location(inner, place)
    return node  # type: ignore[return-value]
