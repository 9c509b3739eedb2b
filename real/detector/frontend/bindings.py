"""The names of a source tree as far as counting tells: how often each is bound, which are read, what imports bind."""

from __future__ import annotations

import ast

from real.detector.frontend.tree_walk import walk

# With these, names can be read or bound without being written down as names. (``eval`` and ``exec`` of a text that
# names something make a program unanalyzable.)
REFLECTION = frozenset({"globals", "locals", "vars", "dir", "__builtins__"})

_BINDING = frozenset(
    {
        *(ast.Name, ast.Assign, ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import),
        *(ast.ImportFrom, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.Global, ast.Nonlocal),
    }
)  # the nodes that ``Bindings`` counts something of


class Bindings:
    """Counts over the whole program, whatever the scope: a name bound once means one thing wherever it is visible."""

    def __init__(self, tree: ast.Module) -> None:
        self.bound: dict[str, int] = {}
        self.imports: dict[str, str] = {}
        self.loads: dict[str, int] = {}
        self.texts: dict[str, ast.Constant] = {}  # names that are assigned a constant text
        self.lists: dict[str, ast.List | ast.Tuple] = {}  # names that are assigned a list of constants
        for node in walk(tree):
            if node.__class__ in _BINDING:
                self._note(node)
        self.is_reflective = not REFLECTION.isdisjoint(self.loads)

    def _note(self, node: ast.AST) -> None:  # noqa: PLR0912
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self.loads[node.id] = self.loads.get(node.id, 0) + 1
            else:
                self._bind(node.id)
        elif isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                self.texts[target.id] = value
            elif isinstance(target, ast.Name) and _is_list_of_constants(value):
                self.lists[target.id] = value  # type: ignore[assignment]
        elif isinstance(node, ast.arg):
            self._bind(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self._bind(node.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                self._bind(alias.asname or alias.name.partition(".")[0])
                self.imports[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self._bind(alias.asname or alias.name)
                self.imports[alias.asname or alias.name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            self._bind(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            self._bind(node.rest)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                self._bind(name)

    def _bind(self, name: str) -> None:
        self.bound[name] = self.bound.get(name, 0) + 1

    def library(self, node: ast.expr) -> str:
        """The qualified name of something built in or imported; empty for anything else."""
        if isinstance(node, ast.Name):
            count = self.bound.get(node.id, 0)
            if count == 0:
                return node.id
            return self.imports.get(node.id, "") if count == 1 else ""
        if isinstance(node, ast.Attribute):
            base = self.library(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""


def _is_list_of_constants(node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.Tuple)) and all(isinstance(item, ast.Constant) for item in node.elts)
