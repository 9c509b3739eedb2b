"""Modules that have been renamed, under their names of today: the old ones, and those that ``six.moves`` gives them.

``import cPickle as p`` is ``import pickle as p``, ``from six.moves.urllib.request import urlopen`` is ``from
urllib.request import urlopen``. Where a ``try`` imports a module under its two names, one import is left.
"""

from __future__ import annotations

import ast
import re

from real.detector.frontend.tree_walk import Transformer
from real.detector.models.renamed import MOVES, RENAMED

_OLD = re.compile(rf"\b(?:six\.moves|{'|'.join(RENAMED)})\b")


def rename_modules(tree: ast.Module, code: str) -> None:
    """Rewrite the imports of a program in place; ``code`` is its text, for a quick look."""
    if _OLD.search(code):
        _Renamer().visit(tree)


class _Renamer(Transformer):
    def visit_Import(self, node: ast.Import) -> ast.AST | list[ast.AST]:
        made = [self._imported(alias) for alias in node.names]
        return [ast.copy_location(one, node) for one in made] if len(made) > 1 else ast.copy_location(made[0], node)

    def _imported(self, alias: ast.alias) -> ast.stmt:
        name = _current(alias.name)
        if name == alias.name or (alias.asname is None and "." in alias.name):
            return ast.Import([alias])  # `import six.moves.urllib.request` binds `six`
        bound = alias.asname or alias.name
        return ast.Import([ast.alias(name, bound if bound != name else None)])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        if node.level or node.module is None:
            return node
        if node.module != "six.moves":
            node.module = _current(node.module)
            return node
        made: list[ast.AST] = []
        for alias in node.names:
            module, name = MOVES.get(alias.name, ("six.moves", alias.name))
            renamed = ast.alias(name, None if (alias.asname or alias.name) == name else alias.asname or alias.name)
            new = ast.ImportFrom(module, [renamed], 0) if module else ast.Import([renamed])
            made.append(ast.copy_location(new, node))
            if name == "urllib" and not module:  # a package, whose modules are there
                parts = [ast.alias(f"urllib.{part}", None) for part in ("error", "parse", "request", "response")]
                made.append(ast.copy_location(ast.Import(parts), node))
        return made

    def visit_Try(self, node: ast.Try) -> ast.AST | list[ast.stmt]:
        """``try: import pickle; except ImportError: import pickle``, after renaming."""
        self.generic_visit(node)
        if len(node.handlers) != 1 or node.orelse or node.finalbody:
            return node
        body, other = node.body, node.handlers[0].body
        is_same = [ast.dump(statement) for statement in body] == [ast.dump(statement) for statement in other]
        return body if is_same and all(isinstance(part, (ast.Import, ast.ImportFrom)) for part in body) else node


def _current(module: str) -> str:
    """The name of today: of the module itself, or of one in ``six.moves``."""
    if module.startswith("six.moves."):
        rest = module.removeprefix("six.moves.")
        head, _, tail = rest.partition(".")
        owner, name = MOVES.get(head, ("", head))
        return ".".join(part for part in (owner, name, tail) if part)
    return RENAMED.get(module, module)
