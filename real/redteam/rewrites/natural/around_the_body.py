"""What stands around a function's body and decides nothing: logging, timers, locks, counters."""

from __future__ import annotations

import ast

from real.redteam.rewrites.core import SCOPES
from real.redteam.rewrites.natural.core import (
    Entry,
    Program,
    is_generator,
    prepend,
    replace_functions,
)
from real.redteam.rewrites.natural.function_parts import around, at_start, imported, then


def log_lines(program: Program) -> str | None:
    """A logger of the module, and a line when the function begins."""
    if {"logger", "logging"} & program.names:
        return None

    def change(entry: Entry) -> bool:
        return at_start(entry, f'logger.info("{entry.slug} called")')

    changed = replace_functions(program, change)
    return then(changed, lambda source: _logger(program, source))


def _logger(program: Program, source: str) -> str | None:
    made = Program(source, ast.parse(source), program.entries)
    return prepend(made, "logger = logging.getLogger(__name__)", ["import logging"])


def timed(program: Program) -> str | None:
    """``start = time.perf_counter()``, the body in ``try``, and the time printed in ``finally``."""
    text = """
    started = time.perf_counter()
    try:
        pass
    finally:
        print(f"took {time.perf_counter() - started:.3f} s")
    """
    changed = replace_functions(program, lambda entry: around(entry, text))
    return imported(program, changed, "import time")


def raised_from(program: Program) -> str | None:
    """The body in ``try``, and ``raise RuntimeError(...) from error``."""
    text = """
    try:
        pass
    except ValueError:
        raise
    except Exception as error:
        raise RuntimeError("the call failed") from error
    """
    return replace_functions(program, lambda entry: around(entry, text))


def logged_and_raised(program: Program) -> str | None:
    """The body in ``try``, the exception logged and raised again."""
    text = """
    try:
        pass
    except Exception:
        logging.exception("the call failed")
        raise
    """
    changed = replace_functions(program, lambda entry: around(entry, text))
    return imported(program, changed, "import logging")


def locked(program: Program) -> str | None:
    """The body under a lock of the module."""
    if "_lock" in program.names:
        return None
    changed = replace_functions(
        program, lambda e: not e.is_async and not is_generator(e.node) and around(e, "with _lock:\n    pass")
    )
    if changed is None:
        return None
    made = Program(changed, ast.parse(changed), program.entries)
    return prepend(made, "_lock = threading.Lock()", ["import threading"])


def in_context_manager(program: Program) -> str | None:
    """The body in a context manager of the module's own."""
    if "span" in program.names:
        return None

    def change(entry: Entry) -> bool:
        return not is_generator(entry.node) and around(entry, f'with span("{entry.slug}"):\n    pass')

    changed = replace_functions(program, change)
    if changed is None:
        return None
    made = Program(changed, ast.parse(changed), program.entries)
    text = """
    @contextmanager
    def span(name):
        print(f"begin {name}")
        try:
            yield
        finally:
            print(f"end {name}")
    """
    return prepend(made, text, ["from contextlib import contextmanager"])


def counted(program: Program) -> str | None:
    """A counter of calls in a global."""
    if "CALL_COUNT" in program.names:
        return None
    changed = replace_functions(program, lambda entry: at_start(entry, "global CALL_COUNT\nCALL_COUNT += 1"))
    if changed is None:
        return None
    return prepend(Program(changed, ast.parse(changed), program.entries), "CALL_COUNT = 0")


def result_named(program: Program) -> str | None:
    """``result = ...; return result`` for each ``return`` of a value."""

    class Name(ast.NodeTransformer):
        def visit_Return(self, node: ast.Return) -> ast.AST | list[ast.stmt]:
            if node.value is None or isinstance(node.value, (ast.Name, ast.Constant)):
                return node
            return [
                ast.Assign([ast.Name("outcome", ast.Store())], node.value),
                ast.Return(ast.Name("outcome", ast.Load())),
            ]

        def generic_visit(self, node: ast.AST) -> ast.AST:
            return node if isinstance(node, SCOPES) else super().generic_visit(node)

    def change(entry: Entry) -> bool:
        if "outcome" in ast.unparse(entry.node):
            return False
        before = ast.dump(entry.node)
        entry.node.body = [made for old in entry.node.body for made in _several(Name().visit(old))]
        return ast.dump(entry.node) != before

    return replace_functions(program, change)


def _several(made: ast.stmt | list[ast.stmt]) -> list[ast.stmt]:
    return made if isinstance(made, list) else [made]
