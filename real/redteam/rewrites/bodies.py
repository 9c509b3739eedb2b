"""Rewrites of whole bodies: wrapped, moved to another function, decorated."""

from __future__ import annotations

import ast

from real.redteam.rewrites.core import (
    FUNCTIONS,
    Fresh,
    Rewrite,
    blocks,
    call,
    insert_top,
    is_reflective,
    load,
    own_body,
    parameters,
    statements,
)

_FUNCTIONS = FUNCTIONS[:2]


def bodies_in(text: str, setup: str = "") -> Rewrite:
    """The body of every function goes where ``text`` has ``BODY``."""

    def rewrite(tree: ast.Module) -> bool:
        changed = False
        for function in [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]:
            head, body = own_body(function)
            if not body:
                continue
            wrapper = statements(text)
            for block in list(blocks(ast.Module(wrapper, []))):
                for index, node in enumerate(block):
                    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and node.value.id == "BODY":
                        block[index : index + 1] = body
                        break
            function.body = [*head, *wrapper]
            changed = True
        insert_top(tree, statements(setup))
        return changed

    return rewrite


def script_in(text: str) -> Rewrite:
    """The statements of a script go where ``text`` has ``BODY``; only for modules that define no function or class."""

    def rewrite(tree: ast.Module) -> bool:
        if any(isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Global)) for node in ast.walk(tree)):
            return False
        if is_reflective(tree) or any(isinstance(n, ast.alias) and n.name == "*" for n in ast.walk(tree)):
            return False
        if any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body):
            return False
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id.isupper()]
        if {node.id for node in names} - {node.id for node in names if isinstance(node.ctx, ast.Load)}:
            return False  # settings, which a framework reads by name
        made = ast.FunctionDef("BODY", ast.arguments([], [], None, [], [], None, []), tree.body or [ast.Pass()], [])
        wrapped = bodies_in(text)
        holder = ast.Module([made], [])
        wrapped(holder)
        head, body = own_body(made)
        tree.body = [*head, *body]
        return True

    return rewrite


def implementation(tree: ast.Module) -> bool:
    """A function of the module keeps its name and decorators, and calls a private one with its body."""
    fresh = Fresh(tree)
    changed = False
    for index in reversed(range(len(tree.body))):
        function = tree.body[index]
        if not isinstance(function, _FUNCTIONS) or any(
            isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function)
        ):
            continue
        names = parameters(function)
        arguments = ast.arguments([], [ast.arg(arg.arg) for arg in names], None, [], [], None, [])
        name = fresh("_h")
        head, body = own_body(function)
        docstring = [node for node in head if isinstance(node, ast.Expr)]
        inner = type(function)(name, arguments, [*(n for n in head if n not in docstring), *(body or [ast.Pass()])], [])
        passed: ast.expr = call(name, *(load(arg.arg) for arg in names))
        if isinstance(function, ast.AsyncFunctionDef):
            passed = ast.Await(passed)
        function.body = [*docstring, ast.Return(passed)]
        tree.body.insert(index, inner)
        changed = True
    return changed


def decorated(tree: ast.Module) -> bool:
    """Every plain function gets a decorator that does nothing."""
    fresh = Fresh(tree)
    name = fresh("d")
    changed = False
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef)
            and not node.name.startswith("__")
            and not any(
                isinstance(d, ast.Name) and d.id in ("property", "staticmethod", "classmethod", "overload")
                for d in node.decorator_list
            )
        ):
            node.decorator_list.append(load(name))
            changed = True
    text = (
        f"from functools import wraps as {name}w\n"
        f"def {name}(f):\n    @{name}w(f)\n    def inner(*args, **kwargs):\n        return f(*args, **kwargs)\n"
        "    return inner\n"
    )
    insert_top(tree, statements(text))
    return changed


BODIES: dict[str, Rewrite] = {
    "body in try/except": bodies_in("try:\n    BODY\nexcept Exception:\n    raise"),
    "body in try/finally": bodies_in("try:\n    BODY\nfinally:\n    pass"),
    "body in try, error renamed": bodies_in("try:\n    BODY\nexcept Exception as error0:\n    raise error0"),
    "body in with": bodies_in("with Null0():\n    BODY", "from contextlib import nullcontext as Null0\n"),
    "body in if True": bodies_in("if True:\n    BODY"),
    "body in a loop": bodies_in("for _0 in (0,):\n    BODY"),
    "script in try/except": script_in("try:\n    BODY\nexcept Exception:\n    raise"),
    "script in with": script_in("from contextlib import nullcontext\nwith nullcontext():\n    BODY"),
    "script in if True": script_in("if True:\n    BODY"),
    "script in main()": script_in("def main0():\n    BODY\nmain0()"),
    "script in main guard": script_in("def main0():\n    BODY\nif __name__ == '__main__':\n    main0()"),
    "script in a class": script_in("class App0:\n    def run(self):\n        BODY\nApp0().run()"),
    "body in a private function": implementation,
    "decorated": decorated,
}
