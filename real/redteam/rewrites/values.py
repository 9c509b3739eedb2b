"""Rewrites of values: arguments and assigned values go through containers, temporaries and other detours."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from real.redteam.rewrites.calls import Sites, by_call
from real.redteam.rewrites.core import (
    FUNCTIONS,
    Fresh,
    Rewrite,
    blocks,
    call,
    insert_top,
    is_reflective,
    load,
    own_nodes,
    statements,
    suspends,
)

Box = Callable[[ast.expr], ast.expr]


def _expression(text: str, value: ast.expr) -> ast.expr:
    """The expression ``text`` with ``value`` in place of the name ``X``."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return value if node.id == "X" else node

    made: ast.expr = Put().visit(ast.parse(text, mode="eval").body)
    return made


def arguments_through(text: str, setup: str = "", other: bool = False) -> Rewrite:
    """Every argument ``x`` of a call becomes ``text``; with ``other``, that is another object.

    Then calls of ``setattr`` and of functions of the program, which may change what they get, stay.
    """

    def make(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
        if not node.args and not node.keywords:
            return None
        if other and isinstance(node.func, ast.Name):
            functions = {n.name for n in ast.walk(sites.tree) if isinstance(n, FUNCTIONS[:2])}
            if node.func.id in functions | {"setattr", "delattr"}:
                return None
        node.args = [arg if isinstance(arg, ast.Starred) else _expression(text, arg) for arg in node.args]
        node.keywords = [ast.keyword(k.arg, _expression(text, k.value)) for k in node.keywords]
        return node

    def rewrite(tree: ast.Module) -> bool:
        changed = by_call(make)(tree)
        insert_top(tree, statements(setup))
        return changed

    return rewrite


def _assignments(tree: ast.Module) -> list[tuple[list[ast.stmt], int, ast.Assign]]:
    """The assignments of one name in functions and scripts, last first in each block."""
    return [
        (block, index, statement)
        for block in blocks(tree)
        for index, statement in reversed(list(enumerate(block)))
        if isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
    ]


def assigned_through(first: str, then: str, setup: str = "") -> Rewrite:
    """``x = E`` becomes two statements: ``first`` (with ``B`` a new name and ``X`` the value), and ``x = then``."""

    def rewrite(tree: ast.Module) -> bool:
        fresh = Fresh(tree)
        found = _assignments(tree)
        for block, index, statement in found:
            name = fresh("b")
            before = statements(re.sub(r"\bB\b", name, first))
            value = statement.value

            class Put(ast.NodeTransformer):
                def visit_Name(self, node: ast.Name, value: ast.expr = value) -> ast.expr:
                    return value if node.id == "X" else node

            before = [Put().visit(made) for made in before]
            statement.value = ast.parse(re.sub(r"\bB\b", name, then), mode="eval").body
            block[index:index] = before
        insert_top(tree, statements(setup))
        return bool(found)

    return rewrite


def temporaries(tree: ast.Module) -> bool:
    """The arguments of the outermost call of a statement become variables: ``f(g(x))`` -> ``t = g(x); f(t)``."""
    fresh = Fresh(tree)
    changed = False
    for block in blocks(tree):
        for index in reversed(range(len(block))):
            statement = block[index]
            value = (
                getattr(statement, "value", None) if isinstance(statement, (ast.Expr, ast.Assign, ast.Return)) else None
            )
            value = value.value if isinstance(value, ast.Await) else value
            if not isinstance(value, ast.Call) or any(isinstance(arg, ast.Starred) for arg in value.args):
                continue
            if isinstance(value.func, ast.Name) and value.func.id in ("super", "locals", "vars"):
                continue
            if any(isinstance(inner, ast.Call) for inner in ast.walk(value.func)):
                continue  # it is evaluated before the arguments
            before: list[ast.stmt] = []
            for position, arg in enumerate(value.args):
                name = fresh("t")
                before.append(ast.Assign([ast.Name(name, ast.Store())], arg))
                value.args[position] = load(name)
            for keyword in value.keywords:
                name = fresh("t")
                before.append(ast.Assign([ast.Name(name, ast.Store())], keyword.value))
                keyword.value = load(name)
            block[index:index] = before
            changed = changed or bool(before)
    return changed


def walrus(tree: ast.Module) -> bool:
    """``f(x)`` -> ``f((t := x))``, outside comprehensions, lambdas and classes."""
    fresh = Fresh(tree)
    changed = False
    scopes = [n for n in ast.walk(tree) if isinstance(n, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef))]
    for scope in scopes:
        for node in own_nodes(scope):
            if isinstance(node, ast.Call) and not _is_declaration(node, scope):
                for position, arg in enumerate(node.args):
                    if not isinstance(arg, (ast.Starred, ast.GeneratorExp)):
                        node.args[position] = ast.NamedExpr(ast.Name(fresh("t"), ast.Store()), arg)
                        changed = True
    return changed


def _is_declaration(node: ast.Call, scope: ast.AST) -> bool:
    """Whether the call is in a decorator or an annotation directly in this scope."""
    outside: list[ast.AST] = []
    for inner in own_nodes(scope):
        outside += getattr(inner, "decorator_list", [])
        if isinstance(inner, ast.AnnAssign):
            outside.append(inner.annotation)
    return any(node is deeper for part in outside for deeper in ast.walk(part))


def through_global(tree: ast.Module) -> bool:
    """``x = E`` in a function -> a helper stores it in a global variable, from which it is read again."""
    fresh = Fresh(tree)
    changed = False
    added: list[ast.stmt] = []
    for function in [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS[:2])]:
        for block, index, statement in _assignments(ast.Module([function], [])):
            held, store = fresh("g"), fresh("h")
            added += statements(f"{held} = None\ndef {store}(p):\n    global {held}\n    {held} = p\n")
            block[index:index] = [ast.Expr(call(store, statement.value))]
            statement.value = load(held)
            changed = True
        break  # the assignments of one function, nested ones included, are enough
    insert_top(tree, added)
    return changed


def constants(tree: ast.Module) -> bool:
    """String literals of functions become module constants."""
    fresh = Fresh(tree)
    added: list[ast.stmt] = []

    class Out(ast.NodeTransformer):
        def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
            return node

        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            if not isinstance(node.value, str):
                return node
            name = fresh("K")
            added.append(ast.Assign([ast.Name(name, ast.Store())], node))
            return load(name)

        def visit_Expr(self, node: ast.Expr) -> ast.stmt:
            return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)  # type: ignore[return-value]

        def visit_Match(self, node: ast.Match) -> ast.stmt:
            return node

        def visit_arguments(self, node: ast.arguments) -> ast.arguments:
            return node

        def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
            return node

    for function in [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS[:2])]:
        function.body = [Out().visit(statement) for statement in function.body]
    insert_top(tree, added)
    return bool(added)


def split_literals(tree: ast.Module) -> bool:
    """``"text"`` -> ``"te" + "xt"``, in functions and scripts."""
    if is_reflective(tree):
        return False

    class Split(ast.NodeTransformer):
        changed = False

        def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
            return node

        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            if not isinstance(node.value, str) or len(node.value) < 2:
                return node
            self.changed = True
            half = len(node.value) // 2
            return ast.BinOp(ast.Constant(node.value[:half]), ast.Add(), ast.Constant(node.value[half:]))

        def visit_Expr(self, node: ast.Expr) -> ast.AST:
            return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

        def visit_Match(self, node: ast.Match) -> ast.stmt:
            return node

        def visit_arguments(self, node: ast.arguments) -> ast.arguments:
            return node

        def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
            return node

    split = Split()
    for block in list(blocks(tree)):
        for index, statement in enumerate(block):
            if isinstance(statement, (ast.Expr, ast.Assign, ast.Return, ast.AugAssign)):
                block[index] = split.visit(statement)
    return split.changed


def comprehended(tree: ast.Module) -> bool:
    """``x = E`` -> ``x = [y for y in [E]][0]``."""
    fresh = Fresh(tree)
    found = [entry for entry in _assignments(tree) if not suspends(entry[2].value)]
    for _, _, statement in found:
        name = fresh("y")
        made = ast.parse(f"[{name} for {name} in [X]][0]", mode="eval").body
        statement.value = _expression(ast.unparse(made), statement.value)
    return bool(found)


BOX = (
    "class Box0:\n    def __init__(self, held):\n        self.held = held\n"
    "    def get(self):\n        return self.held\n"
)

VALUES: dict[str, Rewrite] = {
    "argument in a list": arguments_through("[X][0]"),
    "argument in a tuple": arguments_through("(X, None)[0]"),
    "argument in a dict": arguments_through("{'k': X}['k']"),
    "argument in dict.get": arguments_through("{'k': X}.get('k')"),
    "argument in an attribute": arguments_through("Box0(X).held", BOX),
    "argument in a method": arguments_through("Box0(X).get()", BOX),
    "argument in a namespace": arguments_through("Ns0(v=X).v", "from types import SimpleNamespace as Ns0\n"),
    "argument or": arguments_through("X if True else None"),
    "argument through identity": arguments_through("same0(X)", "def same0(p):\n    return p\n"),
    "argument through a lambda": arguments_through("(lambda p: p)(X)"),
    "argument through next": arguments_through("next(iter([X]))"),
    "argument through pop": arguments_through("[X].pop()"),
    "argument through copy": arguments_through("copy0(X)", "from copy import copy as copy0\n", other=True),
    "assigned through a list": assigned_through("B = [X]", "B[0]"),
    "assigned through append": assigned_through("B = []\nB.append(X)", "B.pop()"),
    "assigned through a dict": assigned_through("B = {}\nB['k'] = X", "B['k']"),
    "assigned through an attribute": assigned_through("B = Box0(None)\nB.held = X", "B.held", BOX),
    "assigned through setattr": assigned_through("B = Box0(None)\nsetattr(B, 'held', X)", "B.held", BOX),
    "assigned through a tuple": assigned_through("(B, _) = (X, None)", "B"),
    "assigned through a loop": assigned_through("for B in [X]:\n    pass", "B"),
    "assigned through a generator": assigned_through("B = gen0(X)", "next(B)", "def gen0(p):\n    yield p\n"),
    "assigned through a comprehension": comprehended,
    "assigned through a global": through_global,
    "temporaries": temporaries,
    "walrus": walrus,
    "literals become constants": constants,
    "literals split": split_literals,
}
