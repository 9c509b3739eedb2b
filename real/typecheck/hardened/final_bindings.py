"""Which names a block binds, and what each stands for in the end."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def bindings(body: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Every name that a module or class body binds, with the node that does, in the order of the text.

    Blocks of ``if``, ``try``, loops, ``with`` and ``match`` belong to the body; functions and classes in it do not.
    """
    for statement in body:
        yield from _bound_by(statement)


class FinalBindings(dict[str, ast.AST]):
    """What each name of a block is bound to last."""

    def __init__(self, body: list[ast.stmt]) -> None:
        super().__init__(bindings(body))

    def classes(self, name: str) -> dict[str, ast.AST]:
        """The members of a class and of the bases that the program defines, nearest first."""
        members: dict[str, ast.AST] = {}
        pending, seen = [name], set[str]()
        while pending:
            current = pending.pop(0)
            node = self.get(current)
            if current in seen or not isinstance(node, ast.ClassDef):
                continue
            seen.add(current)
            members = {**FinalBindings(node.body), **members}
            pending += [base.id for base in node.bases if isinstance(base, ast.Name)]
        return members


def _bound_by(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, node
            return
        case ast.Lambda():
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():  # scopes but for ``:=``
            for part in ast.walk(node):
                if isinstance(part, ast.NamedExpr):
                    yield part.target.id, part.target
            return
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name, node
        case ast.alias():
            yield node.asname or node.name.partition(".")[0], node
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            yield name, node
    for child in ast.iter_child_nodes(node):
        yield from _bound_by(child)
