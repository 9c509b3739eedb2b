"""What edits of functions share: where a text goes into a body, and the imports that it needs."""

from __future__ import annotations

import ast
from collections.abc import Callable

from real.redteam.rewrites.natural.core import (
    Entry,
    Program,
    body_of,
    insert_imports,
    statements,
)


def then(source: str | None, add: Callable[[str], str | None]) -> str | None:
    """``add`` applied to the source, where there is any."""
    return None if source is None else add(source)


def imported(program: Program, source: str | None, *imports: str) -> str | None:
    """The source with these imports, where there is any."""
    return then(source, lambda text: insert_imports(program, imports, text))


def at_start(entry: Entry, text: str) -> bool:
    """Insert statements before the body."""
    docstring, rest = body_of(entry.node)
    entry.node.body = [*docstring, *statements(text), *rest]
    return True


def around(entry: Entry, text: str) -> bool:
    """Put the body in the place of ``pass`` in a compound statement, or statements with one."""
    docstring, rest = body_of(entry.node)
    made = statements(text)

    class Fill(ast.NodeTransformer):
        def visit_Pass(self, node: ast.Pass) -> list[ast.stmt]:
            return rest

    entry.node.body = [*docstring, *(Fill().visit(statement) for statement in made)]
    return True


def checked(entry: Entry, form: str) -> bool:
    """A check of each parameter at the start of the body."""
    names = [arg.arg for arg in entry.parameters]
    return bool(names) and at_start(entry, "\n".join(form.format(name=name) for name in names))
