"""What the names of a module or class body stand for in the end."""

from __future__ import annotations

import ast

from real.typecheck.hardened.program_tree import FUNCTIONS


class FinalBindings(dict[str, ast.AST]):
    """What each name of a block is bound to last; blocks of ``if``, ``try``, loops and ``with`` belong to it."""

    def __init__(self, body: list[ast.stmt]) -> None:
        super().__init__()
        for statement in body:
            self._enter(statement)

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

    def _enter(self, node: ast.AST) -> None:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            self[node.name] = node
            return
        if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return  # scopes of their own
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            self[node.id] = node
        elif isinstance(node, ast.alias):
            self[node.asname or node.name.partition(".")[0]] = node
        for child in ast.iter_child_nodes(node):
            self._enter(child)
