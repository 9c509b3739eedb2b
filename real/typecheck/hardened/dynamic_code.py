"""Code that the type checker cannot see, because it is built at run time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.rule import Rule
from real.types import Finding

DYNAMIC_CODE = Rule(
    "hatch:dynamic-code",
    "code built at run time",
    "What `exec`, `eval`, `compile`, `__import__`, `globals()` or a three-argument `type()` makes has the type "
    "`Any`: MyPy checks neither it nor what is done with it.",
    "Write the code out as a function, a class or an import.",
)
RULES = (DYNAMIC_CODE,)

# A mention is enough: a function that is passed on or renamed is called elsewhere.
_FORBIDDEN = frozenset(
    {
        *(f"builtins.{name}" for name in ("eval", "exec", "compile", "__import__", "globals", "locals")),
        *("importlib.__import__", "runpy.run_path", "runpy.run_module"),
        *("code.InteractiveInterpreter", "code.InteractiveConsole"),
    }
)
# These are tested for as often as they are called.
_MAKERS = frozenset({"types.FunctionType", "types.LambdaType", "types.CodeType", "types.new_class"})
_TYPE_ARITY = 3


def check(program: ProgramTree) -> Iterator[Finding]:
    """The findings of the rules of this module, in no particular order."""
    for node in program.nodes:
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            yield from _reference(program, node)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported(node)
        elif isinstance(node, ast.Call):
            yield from _call(program, node)


def _reference(program: ProgramTree, node: ast.Name | ast.Attribute) -> Iterator[Finding]:
    name = program.dotted(node)
    if name in _FORBIDDEN:
        yield DYNAMIC_CODE.on(node, f"{name.removeprefix('builtins.')} makes code that the type checker cannot see")
    elif isinstance(node, ast.Name) and node.id == "__builtins__":
        yield DYNAMIC_CODE.on(node, "__builtins__ gives access to functions without their types")


def _imported(node: ast.ImportFrom) -> Iterator[Finding]:
    for alias in node.names:
        name = f"{node.module}.{alias.name}"
        if name in _FORBIDDEN and name.startswith("builtins."):
            yield DYNAMIC_CODE.on(node, f"{alias.name} makes code that the type checker cannot see")


def _call(program: ProgramTree, node: ast.Call) -> Iterator[Finding]:
    name = program.dotted(node.func)
    if name == "builtins.type" and len(node.args) == _TYPE_ARITY:
        yield DYNAMIC_CODE.on(node, "a class made by type() is one that the type checker cannot see")
    elif name in _MAKERS:
        yield DYNAMIC_CODE.on(node, f"{name}() makes code that the type checker cannot see")
    elif name == "importlib.import_module" and node.args and isinstance(node.args[0], ast.Constant):
        yield DYNAMIC_CODE.on(node, "a module imported by import_module has attributes of the type Any")
