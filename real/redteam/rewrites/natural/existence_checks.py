"""Checks of existence: they say that there is a value, nothing of what it is."""

from __future__ import annotations

import ast

from real.redteam.rewrites.natural.core import (
    Entry,
    Program,
    dedent,
    prepend,
    replace_functions,
)
from real.redteam.rewrites.natural.function_parts import at_start, checked, then


def none_raises(program: Program) -> str | None:
    """``if x is None: raise ValueError``."""
    form = 'if {name} is None:\n    raise ValueError("{name} is required")'
    return replace_functions(program, lambda entry: checked(entry, form))


def blank_raises(program: Program) -> str | None:
    """``if not str(x).strip(): raise ValueError``."""
    form = 'if not str({name}).strip():\n    raise ValueError("{name} must not be empty")'
    return replace_functions(program, lambda entry: checked(entry, form))


def none_asserted(program: Program) -> str | None:
    """``assert x is not None``."""
    return replace_functions(program, lambda entry: checked(entry, "assert {name} is not None"))


def falsy_raises(program: Program) -> str | None:
    """``if not x: raise ValueError``."""
    return replace_functions(program, lambda entry: checked(entry, 'if not {name}:\n    raise ValueError("{name}")'))


def equal_to_empty_raises(program: Program) -> str | None:
    """``if x == "": raise ValueError``."""
    form = 'if {name} == "":\n    raise ValueError("{name} is empty")'
    return replace_functions(program, lambda entry: checked(entry, form))


def in_none_and_empty(program: Program) -> str | None:
    """``if x in (None, ""): raise ValueError``."""
    form = 'if {name} in (None, ""):\n    raise ValueError("{name} is missing")'
    return replace_functions(program, lambda entry: checked(entry, form))


def all_present(program: Program) -> str | None:
    """``if any(v is None for v in (x, y)): raise ValueError``."""

    def change(entry: Entry) -> bool:
        names = "".join(f"{arg.arg}, " for arg in entry.parameters)
        text = f'if any(value is None for value in ({names})):\n    raise ValueError("missing argument")'
        return bool(names) and at_start(entry, text)

    return replace_functions(program, change)


def validator(program: Program) -> str | None:
    """``validate_input(x)``, a function that only tests for ``None``."""
    if "validate_input" in program.names:
        return None
    changed = replace_functions(program, lambda entry: checked(entry, "validate_input({name})"))
    text = '''
    def validate_input(value):
        """Validate the input."""
        if value is None:
            raise ValueError("invalid input")
    '''
    return then(changed, lambda source: f"{source}\n\n{dedent(text)}\n")


def predicate(program: Program) -> str | None:
    """``if not is_valid(x): raise``, a function that only tests for ``None``."""
    if "is_valid" in program.names:
        return None
    form = 'if not is_valid({name}):\n    raise ValueError("invalid {name}")'
    changed = replace_functions(program, lambda entry: checked(entry, form))
    return then(changed, lambda source: source + "\n\ndef is_valid(value):\n    return value is not None\n")


def ignored_predicate(program: Program) -> str | None:
    """``is_valid(x)``, whose result nobody reads."""
    if "is_valid" in program.names:
        return None
    changed = replace_functions(program, lambda entry: checked(entry, "is_valid({name})"))
    return then(changed, lambda source: source + "\n\ndef is_valid(value):\n    return bool(value)\n")


def unused_validator(program: Program) -> str | None:
    """``def sanitize(value)`` that nothing calls."""
    if {"sanitize", "re"} & program.names:
        return None
    text = 'def sanitize(value):\n    """Sanitize the input."""\n    return re.sub(r"[^a-z]", "", value)'
    return prepend(program, text, ["import re"])


def type_checked(program: Program) -> str | None:
    """``if not isinstance(x, str): raise TypeError``, of parameters that are annotated as ``str`` or ``dict``."""

    def change(entry: Entry) -> bool:
        lines = [
            f'if not isinstance({arg.arg}, {arg.annotation.id}):\n    raise TypeError("{arg.arg} has the wrong type")'
            for arg in entry.parameters
            if isinstance(arg.annotation, ast.Name) and arg.annotation.id in ("str", "dict", "list", "bytes")
        ]
        return bool(lines) and at_start(entry, "\n".join(lines))

    return replace_functions(program, change)
