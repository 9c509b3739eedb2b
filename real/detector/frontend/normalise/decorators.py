"""Decorators of the program that only pass calls on: they are dropped, as the function without them does the same."""

from __future__ import annotations

import ast

from real.detector.frontend.tree_walk import walk


def drop_transparent(tree: ast.Module) -> None:
    """Remove decorators that are functions of the module returning ``lambda *a, **k: f(*a, **k)`` in some form."""
    candidates = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and _is_transparent(node)}
    if not candidates:
        return
    bound: dict[str, int] = {}
    for node in walk(tree):
        name = getattr(node, "name", None) if not isinstance(node, ast.alias) else node.asname or node.name
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        if isinstance(name, str):
            bound[name] = bound.get(name, 0) + 1
    names = {name for name in candidates if bound[name] == 1}
    for node in walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.decorator_list = [d for d in node.decorator_list if not (isinstance(d, ast.Name) and d.id in names)]


def _is_transparent(node: ast.FunctionDef) -> bool:
    """``def d(f): def inner(*a, **k): return f(*a, **k); return inner``, whatever else is done that cannot stop it."""
    arguments = node.args
    if node.decorator_list or len(arguments.args) != 1 or arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        return False
    function = arguments.args[0].arg
    inner = next((s for s in node.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
    last = node.body[-1]
    if inner is None or not isinstance(last, ast.Return) or not isinstance(last.value, ast.Name):
        return False
    if last.value.id != inner.name or len([s for s in node.body if not _is_text(s)]) != 2:
        return False
    body = [statement for statement in inner.body if not _is_text(statement)]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not _only_wraps(inner):
        return False
    value = body[0].value
    call = value.value if isinstance(value, ast.Await) else value
    return isinstance(call, ast.Call) and _passes_on(call, function, inner.args)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _only_wraps(inner: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the decorators of the inner function are at most ``functools.wraps(f)``, under any name."""
    return all(isinstance(d, ast.Call) and len(d.args) == 1 and not d.keywords for d in inner.decorator_list[:1]) and (
        len(inner.decorator_list) <= 1
    )


def _passes_on(call: ast.Call, function: str, arguments: ast.arguments) -> bool:
    """``f(*args, **kwargs)`` with the parameters of the function around it."""
    if not isinstance(call.func, ast.Name) or call.func.id != function:
        return False
    if arguments.vararg is None or arguments.kwarg is None or arguments.args or arguments.kwonlyargs:
        return False
    star = call.args[0] if len(call.args) == 1 else None
    named = call.keywords[0] if len(call.keywords) == 1 else None
    return (
        isinstance(star, ast.Starred)
        and isinstance(star.value, ast.Name)
        and star.value.id == arguments.vararg.arg
        and named is not None
        and named.arg is None
        and isinstance(named.value, ast.Name)
        and named.value.id == arguments.kwarg.arg
    )
