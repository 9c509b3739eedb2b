"""Names of the module that are reached through its namespace, as what they are: global names.

``globals()["LIMIT"]``, ``sys.modules[__name__].LIMIT``, ``setattr(sys.modules[__name__], "LIMIT", 3)`` and
``globals().update(LIMIT=3)`` mean ``LIMIT``, where no function around has a variable of that name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.tree_walk import Transformer, walk

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def name_own_names(tree: ast.Module, code: str) -> None:
    """Rewrite the program in place; ``code`` is its text, for a quick look."""
    if "globals" in code or "modules" in code:
        _Namer(Bindings(tree)).visit(tree)
        ast.fix_missing_locations(tree)


class _Namer(Transformer):
    def __init__(self, names: Bindings) -> None:
        self._library = names.library
        self._around: list[ast.AST] = []
        self._local: list[frozenset[str]] = []
        self._declared: list[dict[str, None]] = []

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, _SCOPES):
            return super().generic_visit(node)
        self._around.append(node)
        self._local.append(frozenset(_bound(node)))
        self._declared.append({})
        super().generic_visit(node)
        self._around.pop()
        self._local.pop()
        names = list(self._declared.pop())
        if names and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            node.body.insert(int(ast.get_docstring(node, clean=False) is not None), ast.Global(names))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        return self._named(node, _text(node.slice), node.ctx) if self._is_namespace(node.value) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return self._named(node, node.attr, node.ctx) if self._is_module(node.value) else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.AST]:
        self.generic_visit(node)
        call = node.value
        if not isinstance(call, ast.Call):
            return node
        if self._library(call.func) == "setattr" and len(call.args) == 3 and self._is_module(call.args[0]):
            return self._assigned(node, _text(call.args[1]), call.args[2])
        is_update = isinstance(call.func, ast.Attribute) and call.func.attr == "update"
        if not is_update or call.args or not self._is_namespace(call.func.value):  # type: ignore[attr-defined]
            return node
        made = [self._assigned(node, keyword.arg, keyword.value) for keyword in call.keywords]
        return node if any(one is node for one in made) else [*made] or node

    def _assigned(self, node: ast.Expr, name: str | None, value: ast.expr) -> ast.AST:
        target = self._named(node, name, ast.Store())
        return ast.copy_location(ast.Assign([target], value), node) if isinstance(target, ast.Name) else node

    def _named(self, node: ast.AST, name: str | None, ctx: ast.expr_context) -> ast.AST:
        """The name, if it means the module's here; declared so in the function or class around."""
        is_name = name is not None and name.isidentifier() and not name.startswith("__")
        if name is None or not is_name or any(name in bound for bound in self._local):
            return node
        if not isinstance(ctx, ast.Load) and self._around:
            if not isinstance(self._around[-1], (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                return node
            self._declared[-1][name] = None
        return ast.copy_location(ast.Name(name, ctx), node)

    def _is_namespace(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and not node.args and self._library(node.func) == "globals"

    def _is_module(self, node: ast.expr) -> bool:
        is_item = isinstance(node, ast.Subscript) and self._library(node.value) == "sys.modules"
        return is_item and isinstance(node.slice, ast.Name) and node.slice.id == "__name__"  # type: ignore[attr-defined]


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _bound(scope: ast.AST) -> Iterator[str]:
    """The variables of a scope, with those of scopes inside it: more than it has."""
    declared = {name for node in walk(scope) if isinstance(node, ast.Global) for name in node.names}
    for node in walk(scope):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id not in declared:
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node is not scope:
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
