"""Rewrites of names: locals, parameters and private functions get names that say nothing; imports get aliases."""

from __future__ import annotations

import ast
from collections.abc import Callable

from real.redteam.rewrites.core import (
    FUNCTIONS,
    SCOPES,
    Fresh,
    Rewrite,
    bound_here,
    insert_top,
    is_mangled,
    is_reflective,
    load,
    own_nodes,
    parameters,
    statements,
)


class Renamer(ast.NodeTransformer):
    """Renames variables wherever they are bound or read."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def _new(self, name: str | None) -> str | None:
        return self.names.get(name, name) if name is not None else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = self._new(node.name)
        return self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        node.name = self._new(node.name)
        return self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        node.name = self._new(node.name)
        return node

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        node.rest = self._new(node.rest)
        return self.generic_visit(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        node.names = [self.names.get(name, name) for name in node.names]
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [self.names.get(name, name) for name in node.names]
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        bound = node.asname or node.name
        if bound in self.names:
            node.asname = self.names[bound]
        return node


def _redirected(tree: ast.AST) -> set[str]:
    """Names in ``global`` and ``nonlocal`` statements."""
    return {name for n in ast.walk(tree) if isinstance(n, (ast.Global, ast.Nonlocal)) for name in n.names}


def _renamable(function: ast.AST, tree: ast.Module) -> set[str]:
    """Own names of a function that nothing but its code can see, and that no scope inside binds anew."""
    names = bound_here(function)
    for node in ast.walk(function):
        if node is not function and isinstance(node, SCOPES):
            names -= bound_here(node)
    for node in own_nodes(function):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and (
            node.decorator_list or getattr(node, "bases", None)
        ):
            names.discard(node.name)  # frameworks register it under its name
        if isinstance(node, ast.alias) and "." in node.name and node.asname is None:
            names.discard(node.name.partition(".")[0])
    return {name for name in names if not name.startswith("__") and name not in _redirected(tree)}


def _functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    return [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]


def rename_locals(tree: ast.Module) -> bool:
    """Local variables of functions, and the variables of scripts."""
    if is_reflective(tree):
        return False
    fresh = Fresh(tree)
    changed = False
    for function in _functions(tree):
        names = _renamable(function, tree) - {arg.arg for arg in parameters(function)}
        if names:
            Renamer({name: fresh() for name in sorted(names)}).visit(function)
            changed = True
    if not any(isinstance(node, (*FUNCTIONS[:2], ast.ClassDef)) for node in ast.walk(tree)):
        names = {name for name in bound_here(tree) - _redirected(tree) if not name.startswith("__")}
        names = {name for name in names if not name.isupper()}  # a framework may read settings by name
        for node in ast.walk(tree):
            if node is not tree and isinstance(node, SCOPES):
                names -= bound_here(node)
            if isinstance(node, ast.alias):
                names.discard(node.asname or node.name.partition(".")[0])
        Renamer({name: fresh() for name in sorted(names)}).visit(tree)
        changed = changed or bool(names)
    return changed


def _is_private(function: ast.AST, top: list[ast.stmt]) -> bool:
    if isinstance(function, ast.Lambda):
        return True
    name: str = getattr(function, "name", "")
    nested = function not in top
    private = name.startswith("_") and not name.endswith("__")
    return (nested or private) and not getattr(function, "decorator_list", None)


def rename_parameters(tree: ast.Module) -> bool:
    """Parameters of lambdas, nested and private functions, except those that some call passes by keyword."""
    if is_reflective(tree):
        return False
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    if None in keywords:
        return False
    methods = [m for n in ast.walk(tree) if isinstance(n, ast.ClassDef) for m in n.body]
    fresh = Fresh(tree)
    changed = False
    for function in _functions(tree):
        if function in methods or not _is_private(function, tree.body):
            continue
        names = {arg.arg for arg in parameters(function)} & _renamable(function, tree)
        names -= keywords | {"_"}
        if names:
            Renamer({name: fresh() for name in sorted(names)}).visit(function)
            changed = True
    return changed


def rename_private(tree: ast.Module) -> bool:
    """Private functions and classes of the module (``_check``)."""
    if is_reflective(tree):
        return False
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    inner = {name for node in ast.walk(tree) if isinstance(node, SCOPES) for name in bound_here(node)}
    names = {
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and node.name.startswith("_")
        and not is_mangled(node.name)
        and not node.decorator_list
        and not (isinstance(node, ast.ClassDef) and node.bases)
    }
    names -= inner | texts
    fresh = Fresh(tree)
    Renamer({name: f"_{fresh()}" for name in sorted(names)}).visit(tree)
    return bool(names)


def rename_self(tree: ast.Module) -> bool:
    """``self`` and ``cls``."""
    fresh = Fresh(tree)
    changed = False
    for cls in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
        for function in cls.body:
            if isinstance(function, FUNCTIONS[:2]) and function.args.args and not function.args.posonlyargs:
                name = function.args.args[0].arg
                if name in ("self", "cls") and name in _renamable(function, tree):
                    Renamer({name: fresh()}).visit(function)
                    changed = True
    return changed


# --- imports -------------------------------------------------------------------------------------------------------


def _used_once(tree: ast.Module) -> set[str]:
    """Names that only imports at module level bind."""
    bound = [
        n.asname or n.name.partition(".")[0]
        for s in tree.body
        for n in getattr(s, "names", ())
        if isinstance(n, ast.alias)
    ]
    others = {name for node in ast.walk(tree) if isinstance(node, SCOPES) for name in bound_here(node)}
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return {name for name in bound if bound.count(name) == 1} - others - stored - _redirected(tree)


def _imports(tree: ast.Module, make: Callable[[ast.stmt, ast.alias, str], list[ast.stmt] | None]) -> bool:
    """Replace each import of one name at module level; ``make`` gets the statement, the alias and the name bound."""
    free = _used_once(tree)
    changed = False
    body: list[ast.stmt] = []
    for statement in tree.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            body.append(statement)
            continue
        module = statement.module if isinstance(statement, ast.ImportFrom) else None
        usual = isinstance(statement, ast.Import) or (statement.level == 0 and module != "__future__")
        if not usual or any(alias.name == "*" for alias in statement.names):
            body.append(statement)
            continue
        for alias in statement.names:
            bound = alias.asname or alias.name
            kept = ast.Import([alias]) if isinstance(statement, ast.Import) else ast.ImportFrom(module, [alias], 0)
            made = make(statement, alias, bound) if "." not in bound and bound in free else None
            changed = changed or made is not None
            body += made if made is not None else [kept]
    tree.body = body
    return changed


def import_as(tree: ast.Module) -> bool:
    """``import m`` -> ``import m as v0``, ``from m import n`` -> ``from m import n as v1``."""
    fresh = Fresh(tree)
    names: dict[str, str] = {}

    def make(statement: ast.stmt, alias: ast.alias, bound: str) -> list[ast.stmt]:
        names[bound] = fresh()
        made = ast.alias(alias.name, names[bound])
        if isinstance(statement, ast.ImportFrom):
            return [ast.ImportFrom(statement.module, [made], 0)]
        return [ast.Import([made])]

    changed = _imports(tree, make)
    _rename_reads(tree, names)
    return changed


def _rename_reads(tree: ast.Module, names: dict[str, str]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)


def _by_call(function: str, setup: str = "") -> Rewrite:
    """Imports as calls of ``__import__`` or ``importlib.import_module``."""

    def rewrite(tree: ast.Module) -> bool:
        def make(statement: ast.stmt, alias: ast.alias, bound: str) -> list[ast.stmt]:
            if isinstance(statement, ast.ImportFrom):
                module = f"{function}({statement.module!r})"
                if function == "__import__":
                    module = f"__import__({statement.module!r}, fromlist=[{alias.name!r}])"
                return statements(f"{bound} = {module}.{alias.name}")
            if function == "__import__" and "." in alias.name:
                return statements(f"{bound} = __import__({alias.name!r}, fromlist=['x'])")
            return statements(f"{bound} = {function}({alias.name!r})")

        changed = _imports(tree, make)
        insert_top(tree, statements(setup))
        return changed

    return rewrite


def import_whole(tree: ast.Module) -> bool:
    """``from m import n`` and ``n`` -> ``import m as v0`` and ``v0.n``."""
    fresh = Fresh(tree)
    reads: dict[str, tuple[str, str]] = {}

    def make(statement: ast.stmt, alias: ast.alias, bound: str) -> list[ast.stmt] | None:
        if not isinstance(statement, ast.ImportFrom) or statement.module is None:
            return None
        name = fresh()
        reads[bound] = (name, alias.name)
        return [ast.Import([ast.alias(statement.module, name)])]

    class Read(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            if node.id not in reads:
                return node
            module, attribute = reads[node.id]
            return ast.Attribute(load(module), attribute, ast.Load())

    changed = _imports(tree, make)
    Read().visit(tree)
    return changed


def from_import(tree: ast.Module) -> bool:
    """``import m`` and ``m.f`` -> ``from m import f as v0`` and ``v0``."""
    free = {
        alias.asname or alias.name: alias.name
        for statement in tree.body
        if isinstance(statement, ast.Import)
        for alias in statement.names
        if alias.asname or "." not in alias.name
    }
    free = {name: module for name, module in free.items() if name in _used_once(tree)}
    fresh = Fresh(tree)
    made: dict[tuple[str, str], str] = {}
    volatile = {("sys", "stdin"), ("sys", "argv"), ("sys", "stdout")}  # programs replace these

    class Read(ast.NodeTransformer):
        def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.value, ast.Name) and node.value.id in free and isinstance(node.ctx, ast.Load):
                key = (free[node.value.id], node.attr)
                if key not in volatile:
                    return load(made.setdefault(key, made.get(key) or fresh()))
            return node

    Read().visit(tree)
    added = [ast.ImportFrom(module, [ast.alias(name, bound)], 0) for (module, name), bound in made.items()]
    insert_top(tree, list(added))
    return bool(made)


def rebound(tree: ast.Module) -> bool:
    """After an import, the module or function is known by a second name, which is used."""
    fresh = Fresh(tree)
    names: dict[str, str] = {}

    def make(statement: ast.stmt, alias: ast.alias, bound: str) -> list[ast.stmt]:
        names[bound] = fresh()
        kept: ast.stmt = ast.Import([alias])
        if isinstance(statement, ast.ImportFrom):
            kept = ast.ImportFrom(statement.module, [alias], 0)
        return [kept, ast.Assign([ast.Name(names[bound], ast.Store())], load(f"{bound} "))]

    changed = _imports(tree, make)
    _rename_reads(tree, names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = node.id.strip()
    return changed


def builtins_aliased(tree: ast.Module) -> bool:
    """``open(...)`` -> ``v0(...)`` with ``v0 = open``."""
    bound = bound_here(tree) | {name for n in ast.walk(tree) if isinstance(n, SCOPES) for name in bound_here(n)}
    fresh = Fresh(tree)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name in ("input", "open", "print", "eval", "exec", "setattr", "int", "str", "len") and name not in bound:
                node.func.id = names.setdefault(name, names.get(name) or fresh())
    insert_top(tree, [ast.Assign([ast.Name(new, ast.Store())], load(name)) for name, new in names.items()])
    return bool(names)


NAMES: dict[str, Rewrite] = {
    "locals renamed": rename_locals,
    "parameters renamed": rename_parameters,
    "private functions renamed": rename_private,
    "self renamed": rename_self,
    "import as": import_as,
    "from import as": from_import,
    "whole module imported": import_whole,
    "import rebound": rebound,
    "__import__": _by_call("__import__"),
    "importlib": _by_call("import0", "from importlib import import_module as import0\n"),
    "builtins aliased": builtins_aliased,
}
