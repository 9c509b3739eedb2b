"""Values of parameters: defaults, and a function that calls itself with a constant."""

from __future__ import annotations

import ast

from real.redteam.rewrites.natural.arguments import constant, is_object
from real.redteam.rewrites.natural.core import (
    Entry,
    Program,
    is_generator,
    is_plain,
    replace_functions,
)
from real.redteam.rewrites.natural.function_parts import at_start


def defaults(program: Program) -> str | None:
    """Default values for the parameters of plain functions."""

    def change(entry: Entry) -> bool:
        arguments = entry.node.args
        if not is_plain(entry) or not entry.parameters or any(is_object(arg) for arg in entry.parameters):
            return False
        positional = [*arguments.posonlyargs, *arguments.args]
        missing = positional[: len(positional) - len(arguments.defaults)]
        arguments.defaults = [*(ast.parse(constant(arg), mode="eval").body for arg in missing), *arguments.defaults]
        arguments.kw_defaults = [
            value or ast.parse(constant(arg), mode="eval").body
            for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        return True

    return replace_functions(program, change)


def recursive(program: Program) -> str | None:
    """``if x is None: return f("example")``: a call of itself with a constant."""

    def change(entry: Entry) -> bool:
        if entry.owner is not None or not entry.parameters or is_generator(entry.node):
            return False
        call = f"{'await ' if entry.is_async else ''}{entry.passing(entry.values)}"
        return "MagicMock" not in call and at_start(entry, f"if {entry.parameters[0].arg} is None:\n    return {call}")

    return replace_functions(program, change)
