"""Imports in one form: calls that import, second names and aliases become plain imports under the library's own names.

``v = __import__("flask").request`` and ``from flask import request as v`` are ``from flask import request``: rules see
the names that the library gave. Only names that nothing else in the program binds are touched, and none where the
program looks names up at run time.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.tree_walk import Transformer, walk
from real.detector.models.library import names

# Frameworks from which programs import names, so that rules know these: `web` of aiohttp, everything of the others.
_FRAMEWORKS = names(
    """flask quart bottle django fastapi starlette pydantic rest_framework flask_login flask_wtf wtforms aiohttp
    aiohttp_session flask_jwt_extended sqlalchemy itsdangerous sanic"""
)
_ONLY = {"aiohttp": frozenset({"web"})}
# Modules that programs import as a whole: what is imported from them is read from them.
_MODULES = names(
    """re os sys json sqlite3 yaml pickle marshal shelve hashlib hmac secrets random base64 binascii subprocess
    shlex html ssl socket logging tempfile uuid io csv zlib gzip time requests httpx jwt bcrypt"""
)


def simplify_imports(tree: ast.Module) -> None:
    """Rewrite the imports of a program in place."""
    _calls_to_imports(tree)
    _drop_second_names(tree)
    if any(
        alias.asname for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names
    ):
        _drop_aliases(tree)
    _take_names(tree)
    _take_modules(tree)


# --- values that are imports -----------------------------------------------------------------------------------------


def _calls_to_imports(tree: ast.Module) -> None:  # noqa: PLR0912
    """Assignments at module level whose value is something imported."""
    found: Bindings | None = None
    imported: dict[str, Callable[[str], ast.stmt]] = {}  # name -> the import that binds it, for another name
    modules: dict[str, str] = {}  # name -> the module that it is
    importers = {"__import__"}
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname or "." not in alias.name:
                    imported[alias.asname or alias.name] = _importer("", alias.name, 0)
                    modules[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                imported[alias.asname or alias.name] = _importer(node.module or "", alias.name, node.level)
                if alias.name in ("import_module", "__import__"):
                    importers.add(alias.asname or alias.name)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value, name = node.value, node.targets[0].id
            if isinstance(value, ast.Name) and value.id in imported:
                found = found or Bindings(tree)
                if found.bound[value.id] == found.bound[name] == 1:
                    imported[name] = imported[value.id]
                    tree.body[index] = ast.copy_location(imported[name](name), node)
            elif isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id in modules:
                found = found or Bindings(tree)
                if found.bound[value.value.id] == found.bound[name] == 1:
                    imported[name] = _importer(modules[value.value.id], value.attr, 0)
                    tree.body[index] = ast.copy_location(imported[name](name), node)
            elif _may_import(value, importers):
                found = found or Bindings(tree)
                make = _imported_by_call(value, found)
                if make is not None and found.bound[name] == 1:
                    imported[name] = make
                    tree.body[index] = ast.copy_location(make(name), node)


def _importer(module: str, attribute: str, level: int) -> Callable[[str], ast.stmt]:
    def make(name: str) -> ast.stmt:
        alias = ast.alias(attribute, name if name != attribute else None)
        return ast.ImportFrom(module or None, [alias], level) if module or level else ast.Import([alias])

    return make


def _may_import(value: ast.expr, importers: set[str]) -> bool:
    if isinstance(value, ast.Attribute):
        value = value.value
    if not isinstance(value, ast.Call) or not value.args:
        return False
    if isinstance(value.func, ast.Attribute):
        return value.func.attr in ("import_module", "__import__")
    return isinstance(value.func, ast.Name) and value.func.id in importers


def _imported_by_call(value: ast.expr, found: Bindings) -> Callable[[str], ast.stmt] | None:
    """``__import__("a.b", fromlist=["c"]).c``, ``importlib.import_module("a.b").c``, and the modules themselves."""
    attribute = ""
    if isinstance(value, ast.Attribute):
        attribute, value = value.attr, value.value
    assert isinstance(value, ast.Call)
    function = found.library(value.func)
    if function not in ("__import__", "builtins.__import__", "importlib.import_module"):
        return None
    module = getattr(value.args[0], "value", None)
    if not isinstance(module, str) or not all(part.isidentifier() for part in module.split(".")):
        return None
    if function == "importlib.import_module":
        if len(value.args) > 1 or value.keywords:
            return None
    elif len(value.args) > 1 or any(keyword.arg != "fromlist" for keyword in value.keywords):
        return None
    elif "." in module and not any(isinstance(k.value, ast.List) and k.value.elts for k in value.keywords):
        return None  # the package, not the module in it
    return _importer(module, attribute, 0) if attribute else _importer("", module, 0)


def _drop_second_names(tree: ast.Module) -> None:
    """``v = open`` of a builtin, where ``v`` is never anything else: ``open`` itself is read."""
    found: Bindings | None = None
    names: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value, name = node.value, node.targets[0].id
            if isinstance(value, ast.Name) and hasattr(builtins, value.id):
                found = found or Bindings(tree)
                if found.bound[name] == 1 and value.id not in found.bound and not hasattr(builtins, name):
                    names[name] = value.id
    if found is None or found.is_reflective or "*" in found.bound:
        return
    for inner in walk(tree):
        if isinstance(inner, ast.Name) and inner.id in names and type(inner.ctx) is ast.Load:
            inner.id = names[inner.id]


# --- aliases ---------------------------------------------------------------------------------------------------------


def _drop_aliases(tree: ast.Module) -> None:
    """``import m as v`` -> ``import m``, where nothing else is called so."""
    found = Bindings(tree)
    if found.is_reflective:
        return
    own: dict[str, set[str]] = {}  # name in the library -> what imports at module level bind it to
    count: dict[str, int] = {}
    aliases: list[tuple[ast.alias, str, str]] = []
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        module = f"{'.' * node.level}{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            if "." in alias.name:
                continue
            own.setdefault(alias.name, set()).add(module + alias.name)
            if alias.asname is None:
                count[alias.name] = count.get(alias.name, 0) + 1
            elif alias.asname != alias.name and found.bound[alias.asname] == 1:
                aliases.append((alias, alias.asname, alias.name))
    names: dict[str, str] = {}
    for alias, name, wanted in aliases:
        free = found.bound.get(wanted, 0) == count.get(wanted, 0) and (wanted in count or wanted not in found.loads)
        if free and len(own[wanted]) == 1 and not hasattr(builtins, wanted):
            names[name] = wanted
            alias.asname = None
    if names:
        for inner in walk(tree):
            if isinstance(inner, ast.Name) and inner.id in names:
                inner.id = names[inner.id]
        _drop_repeated(tree, set(names.values()))


def _drop_repeated(tree: ast.Module, names: set[str]) -> None:
    """The first import of a name is enough."""
    seen: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            kept = [alias for alias in node.names if alias.asname or alias.name not in names & seen]
            seen |= {alias.name for alias in node.names if not alias.asname}
            node.names = kept
    tree.body = [node for node in tree.body if getattr(node, "names", True)]


# --- names of frameworks, and modules as a whole ---------------------------------------------------------------------


def _take_names(tree: ast.Module) -> None:
    """``flask.session`` -> ``session``, after ``from flask import session``."""
    modules = {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
        if _gives_names(alias)
    }
    if not modules:
        return
    found = Bindings(tree)
    if found.is_reflective:
        return
    modules = {name: module for name, module in modules.items() if found.bound[name] == 1}
    taken: dict[str, str] = {}  # name -> the module that it is imported from

    class Take(Transformer):
        def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
            value, name = node.value, node.attr
            module = modules.get(value.id, "") if isinstance(value, ast.Name) else ""
            is_free = name not in found.bound and name not in found.loads and not hasattr(builtins, name)
            if not module or not is_free or name not in _ONLY.get(module, {name}) or type(node.ctx) is not ast.Load:
                return self.generic_visit(node)
            if taken.setdefault(name, module) != module:
                return node
            return ast.copy_location(ast.Name(name, ast.Load()), node)

    Take().visit(tree)
    body: list[ast.stmt] = []
    for statement in tree.body:
        body.append(statement)
        for alias in statement.names if isinstance(statement, ast.Import) else ():
            for name in [name for name, module in taken.items() if module == alias.name]:
                del taken[name]  # imported where the module is for the first time, before anything reads it
                body.append(ast.copy_location(ast.ImportFrom(alias.name, [ast.alias(name, None)], 0), statement))
    tree.body = body


def _gives_names(alias: ast.alias) -> bool:
    """Whether programs import the names of a module: frameworks, and modules in packages (``urllib.parse``)."""
    root, _, rest = alias.name.partition(".")
    if not rest:
        return root in _FRAMEWORKS
    return alias.asname is not None and root != "os"


def _take_modules(tree: ast.Module) -> None:
    """``sub`` -> ``re.sub``, after ``from re import sub``."""
    taken = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module in _MODULES and node.level == 0
        for alias in node.names
        if alias.name != "*"
    }
    if not taken:
        return
    found = Bindings(tree)
    if found.is_reflective:
        return
    whole = [alias.name for n in tree.body if isinstance(n, ast.Import) for alias in n.names if not alias.asname]
    free = {module for module in _MODULES if found.bound.get(module, 0) == whole.count(module) <= 1}
    taken = {name: path for name, path in taken.items() if found.bound[name] == 1 and path[0] in free}

    class Take(Transformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            if node.id not in taken:
                return node
            module, attribute = taken[node.id]
            holder = ast.copy_location(ast.Name(str(module), ast.Load()), node)
            return ast.copy_location(ast.Attribute(holder, attribute, ast.Load()), node)

    Take().visit(tree)
    body: list[ast.stmt] = []
    for node in tree.body:
        if (
            isinstance(node, ast.ImportFrom)
            and node.level == 0
            and any(path[0] == node.module for path in taken.values())
        ):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) not in taken]
            if node.module not in whole:
                whole.append(str(node.module))
                body.append(ast.copy_location(ast.Import([ast.alias(str(node.module), None)]), node))
            if not node.names:
                continue
        body.append(node)
    tree.body = body
