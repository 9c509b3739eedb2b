"""Other homes for the same function: classes, inner and private functions, wrappers, a second name."""

from __future__ import annotations

import ast

from real.redteam.rewrites.natural.core import (
    GUARD,
    Entry,
    Program,
    append,
    body_of,
    insert_imports,
    is_generator,
    is_plain,
    replace_functions,
    statements,
    unparse,
)
from real.redteam.rewrites.natural.function_parts import then


def _single(program: Program) -> Entry | None:
    """The last plain function of the module."""
    return next((e for e in reversed(program.entries) if is_plain(e) and not is_generator(e.node)), None)


def _uses(program: Program, name: str) -> int:
    return sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(program.tree))


def in_class(program: Program) -> str | None:
    """The function becomes a method of a class, which is made and called in the main guard."""
    entry = _single(program)
    if entry is None or "Service" in program.names or _uses(program, entry.node.name):
        return None
    call = f"Service().{entry.passing(entry.values)}"
    return _moved(program, entry, [], f"{GUARD}\n    print({call})", entry.imports)


def in_static_class(program: Program) -> str | None:
    """The function becomes a static method."""
    entry = _single(program)
    if entry is None or "Service" in program.names or _uses(program, entry.node.name):
        return None
    return _moved(program, entry, ["staticmethod"], "", [])


def in_static_class_with_demo(program: Program) -> str | None:
    """The function becomes a static method, called in the main guard."""
    entry = _single(program)
    if entry is None or "Service" in program.names or _uses(program, entry.node.name):
        return None
    call = f"Service.{entry.passing(entry.values)}"
    return _moved(program, entry, ["staticmethod"], f"{GUARD}\n    print({call})", entry.imports)


def _moved(program: Program, entry: Entry, decorators: list[str], end: str, imports: list[str]) -> str | None:
    tree = ast.parse(program.source)
    at = next(i for i, s in enumerate(tree.body) if isinstance(s, ast.FunctionDef) and s.name == entry.node.name)
    node = tree.body[at]
    assert isinstance(node, ast.FunctionDef)
    if "self" in {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} or node.name.startswith("__"):
        return None
    if not decorators:
        first = node.args.posonlyargs or node.args.args
        first.insert(0, ast.arg("self"))
    node.decorator_list = [ast.Name(name, ast.Load()) for name in decorators]
    tree.body[at] = ast.ClassDef("Service", [], [], [node], [])
    source = unparse(tree)
    return then(source, lambda text: insert_imports(program, imports, f"{text}\n\n{end}\n" if end else text))


def asynchronous(program: Program) -> str | None:
    """``async def``, where nothing in the module calls the function."""

    entry = _single(program)
    if entry is None or _uses(program, entry.node.name):
        return None
    tree = ast.parse(program.source)
    at = next(i for i, s in enumerate(tree.body) if isinstance(s, ast.FunctionDef) and s.name == entry.node.name)
    old = tree.body[at]
    assert isinstance(old, ast.FunctionDef)
    fields = {field: getattr(old, field) for field in old._fields}
    tree.body[at] = ast.AsyncFunctionDef(**fields)
    return unparse(tree)


def documented(program: Program) -> str | None:
    """A docstring of parameters, result and exceptions, which promises that the input is sanitized."""

    def change(entry: Entry) -> bool:
        docstring, rest = body_of(entry.node)
        listed = "\n".join(f"    {arg.arg}: the {arg.arg} to process, validated" for arg in entry.parameters)
        text = (
            f"Process the input securely.\n\n    Parameters:\n{listed}\n\n    Returns:\n    The sanitized result.\n    "
        )
        entry.node.body = [ast.Expr(ast.Constant(text)), *rest]
        return not docstring

    return replace_functions(program, change)


def private_implementation(program: Program) -> str | None:
    """The body moves to a private function of the module, which the public one calls with its own parameters."""

    def change(entry: Entry) -> bool:
        if not is_plain(entry) or entry.node.name != name or entry.optional or is_generator(entry.node):
            return False
        docstring, rest = body_of(entry.node)
        names = [arg.arg for arg in entry.parameters]
        made = statements(f"def {private}({', '.join(names)}): ...")[0]
        assert isinstance(made, ast.FunctionDef)
        made.body = rest
        moved.append(made)
        if entry.node.args.vararg or entry.node.args.kwarg or entry.node.args.kwonlyargs:
            return False
        entry.node.body = [*docstring, *statements(f"return {private}({', '.join(names)})")]
        return True

    last = _single(program)
    if last is None:
        return None
    name, private = last.node.name, f"_{last.slug}_impl"
    moved: list[ast.stmt] = []
    if private in program.names:
        return None
    changed = replace_functions(program, change)
    return then(changed, lambda source: f"{source}\n\n{ast.unparse(moved[0])}\n")


def inner_function(program: Program) -> str | None:
    """The body moves to a function inside, which is called."""

    def change(entry: Entry) -> bool:
        stores = {n.id for n in ast.walk(entry.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        own = {arg.arg for arg in [*entry.parameters, *entry.optional]}
        if entry.is_async or is_generator(entry.node) or stores & own or "super" in ast.unparse(entry.node):
            return False
        docstring, rest = body_of(entry.node)
        made = statements("def compute(): ...")[0]
        assert isinstance(made, ast.FunctionDef)
        made.body = rest
        entry.node.body = [*docstring, made, *statements("return compute()")]
        return True

    return replace_functions(program, change)


def safe_wrapper(program: Program) -> str | None:
    """A function that takes the same parameters, calls, and returns ``None`` on an exception."""
    entry = _single(program)
    if entry is None or f"safe_{entry.slug}" in program.names:
        return None
    names = [arg.arg for arg in entry.parameters]
    text = f"""
    def safe_{entry.slug}({", ".join(names)}):
        try:
            return {entry.passing(names)}
        except Exception as error:
            print(f"error: {{error}}")
            return None
    """
    return append(program, text)


def delegating_class(program: Program) -> str | None:
    """A class whose method takes the same parameters and calls."""
    entry = _single(program)
    if entry is None or "Runner" in program.names or "self" in {arg.arg for arg in entry.parameters}:
        return None
    names = [arg.arg for arg in entry.parameters]
    text = f"class Runner:\n    def run({', '.join(['self', *names])}):\n        return {entry.passing(names)}"
    return append(program, text)


def dataclass_wrapper(program: Program) -> str | None:
    """A frozen dataclass of the parameters, and a method that calls with its fields."""
    entry = _single(program)
    if entry is None or "Request" in program.names or not entry.parameters:
        return None
    names = [arg.arg for arg in entry.parameters]
    if "self" in names or "run" in names:
        return None
    fields = "\n".join(f"        {arg.arg}: object" for arg in entry.parameters)
    call = entry.passing([f"self.{name}" for name in names])
    text = f"    @dataclass(frozen=True)\n    class Request:\n{fields}\n\n"
    text += f"        def run(self):\n            return {call}"
    return append(program, text, ["from dataclasses import dataclass"])


def alias(program: Program) -> str | None:
    """A second name for the function."""
    entry = _single(program)
    if entry is None or "handler" in program.names:
        return None
    return append(program, f"handler = {entry.node.name}")
