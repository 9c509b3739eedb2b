"""Decorators that decide nothing: timing, retries, caches, a log of errors."""

from __future__ import annotations

import ast

from real.redteam.rewrites.natural.core import (
    Entry,
    Program,
    block,
    is_generator,
    is_plain,
    prepend,
    replace_functions,
)
from real.redteam.rewrites.natural.function_parts import imported

_WRAPPER = """
def {name}(function):
    @functools.wraps(function)
    {d}def wrapper(*args, **kwargs):
{body}
    return wrapper
"""


def _decorated(program: Program, name: str, body: list[str], *imports: str) -> str | None:
    """Decorate the functions that are (a)synchronous as the last is, below other decorators."""
    if not program.entries or name in program.names:
        return None
    is_async = program.entries[-1].is_async

    def change(entry: Entry) -> bool:
        if entry.is_async != is_async or is_generator(entry.node):
            return False
        entry.node.decorator_list.append(ast.Name(name, ast.Load()))
        return True

    changed = replace_functions(program, change)
    if changed is None:
        return None
    call = "await function(*args, **kwargs)" if is_async else "function(*args, **kwargs)"
    lines = block([line.replace("CALL", call) for line in body], 8)
    text = _WRAPPER.format(name=name, d="async " if is_async else "", body=lines)
    return prepend(Program(changed, ast.parse(changed), program.entries), text, ["import functools", *imports])


def decorator(program: Program) -> str | None:
    """A decorator that prints the name and calls."""
    return _decorated(program, "log_call", ['print(f"calling {function.__name__}")', "return CALL"])


def timing_decorator(program: Program) -> str | None:
    """A decorator that measures."""
    body = ["start = time.time()", "result = CALL", 'print(f"took {time.time() - start:.3f} s")', "return result"]
    return _decorated(program, "timed", body, "import time")


def retry_decorator(program: Program) -> str | None:
    """A decorator that tries three times."""
    body = ["for attempt in range(3):", "    try:", "        return CALL", "    except OSError:"]
    body += ["        if attempt == 2:", "            raise"]
    return _decorated(program, "retry", body)


def validating_decorator(program: Program) -> str | None:
    """A decorator that says it validates and only tests for ``None``."""
    body = ["for value in args:", "    if value is None:", '        raise ValueError("invalid input")', "return CALL"]
    return _decorated(program, "validated", body)


def catching_decorator(program: Program) -> str | None:
    """A decorator that logs exceptions and raises them again."""
    body = ["try:", "    return CALL", "except Exception as error:", '    print(f"error: {error}")', "    raise"]
    return _decorated(program, "log_errors", body)


def cached(program: Program) -> str | None:
    """``@functools.lru_cache(maxsize=None)`` on plain functions of hashable parameters."""

    def change(entry: Entry) -> bool:
        kinds = {arg.annotation.id for arg in entry.parameters if isinstance(arg.annotation, ast.Name)}
        is_hashable = len(entry.parameters) > 0 and all(arg.annotation for arg in entry.parameters)
        if not is_plain(entry) or not is_hashable or not kinds <= {"str", "int", "float", "bool", "bytes"} or not kinds:
            return False
        if is_generator(entry.node):
            return False
        entry.node.decorator_list = [ast.parse("functools.lru_cache(maxsize=None)", mode="eval").body]
        return True

    return imported(program, replace_functions(program, change), "import functools")
