"""Name resolution: which scope owns each name, and which variables are shared between scopes (closures, globals)."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeAlias

from real.detector.frontend.star_imports import may_bind
from real.detector.frontend.tree_walk import children, walk
from real.detector.limits import MAX_DEPTH, UnanalyzableError

ScopeNode: TypeAlias = "ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef"
Comprehension: TypeAlias = "ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp"

# With these, an attribute can change without a visible assignment to it.
_WRITERS_BY_NAME = frozenset({"setattr", "delattr", "__setattr__", "__dict__", "vars", "exec", "globals", "locals"})


class Scope:
    """The names of one module, class, function or lambda.

    ``shared`` are own names that inner scopes use; ``rebound`` are own names that another scope assigns (through
    ``global`` or ``nonlocal``), which makes them too volatile for SSA; ``free`` maps foreign names to their possible
    owners, innermost first (none: a builtin or undefined).
    """

    __slots__ = ("bound", "free", "loop_bound", "node", "parent", "rebound", "redirected", "shared", "used", "walrus")

    def __init__(self, node: ScopeNode, parent: Scope | None) -> None:
        self.node = node
        self.parent = parent
        self.bound: set[str] = set()
        self.loop_bound: set[str] = set()  # comprehension variables: visible to lambdas inside the comprehension only
        self.used: set[str] = set()
        self.redirected: dict[str, bool] = {}  # declared global (True) or nonlocal (False)
        self.free: dict[str, tuple[Scope, ...]] = {}
        self.shared: set[str] = set()
        self.rebound: set[str] = set()
        self.walrus = False


class ScopeTable:
    """All scopes of a program, and program-wide facts that later stages ask for."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(tree, None)
        self.scopes: dict[ast.AST, Scope] = {tree: self.module}
        self.attribute_writers: dict[str, set[Scope]] = {}
        self.subscript_writers: set[Scope] = set()
        self.names_loaded: set[str] = set()
        self.function_names: set[str] = set()
        self.functions: dict[str, ast.FunctionDef] = {}  # module-level functions, by names bound exactly once
        self.imported: set[str] = set()  # every dotted name that is imported anywhere
        self.imports: dict[str, str] = {}  # module-level alias -> dotted name, where bound exactly once
        self._bindings: dict[str, int] = {}
        self._collect(tree)
        self._resolve()
        writers = self.names_loaded & _WRITERS_BY_NAME
        self.writes_by_name = bool(writers)
        self.handed_on = self._handed_on(tree) if writers else set()
        self.hides_writes = bool(writers - {"setattr"})
        self.may_suppress = "__exit__" in self.function_names or any(
            name.startswith("contextlib") and name != "contextlib.closing" for name in self.imported
        )
        self.functions = {name: node for name, node in self.functions.items() if self._bindings[name] == 1}
        for name in list(self.imports):
            if self._bindings[name] != 1:
                del self.imports[name]
        self.constants = {} if self.writes_by_name else self._constants(tree)

    def _constants(self, tree: ast.Module) -> dict[str, object]:
        """The module-level names that one statement binds, for good, to a text or number: name -> value.

        Flags (``DEBUG = True``) and ``None`` are taken for what may be set otherwise.
        """
        found: dict[str, object] = {}
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            value = getattr(node, "value", None)
            if len(targets) == 1 and isinstance(targets[0], ast.Name) and isinstance(value, ast.Constant):
                name = targets[0].id
                is_value = value.value is not None and not isinstance(value.value, bool)
                if is_value and self._bindings[name] == 1 and name not in self.module.rebound:
                    found[name] = value.value
        return found

    @staticmethod
    def _handed_on(tree: ast.Module) -> set[str]:
        """The names that are read for more than one of their attributes: ``setattr`` may be given what they are."""
        nodes = walk(tree)
        bases = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
        return {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in bases}

    def may_be_star_imported(self, name: str) -> bool:
        """Whether a name that nothing binds may come from a ``from module import *``."""
        return any(may_bind(taken.removesuffix(".*"), name) for taken in self.imported if taken.endswith(".*"))

    def is_builtin(self, name: str) -> bool:
        """Whether no scope of the program binds ``name``."""
        return name not in self._bindings

    def binds_once(self, name: str) -> bool:
        """Whether exactly one place in the program binds ``name``."""
        return self._bindings.get(name) == 1

    def _bind(self, scope: Scope, name: str) -> None:
        scope.bound.add(name)
        self._bindings[name] = self._bindings.get(name, 0) + 1

    def _collect(self, tree: ast.Module) -> None:
        stack: list[tuple[ast.AST, Scope, int]] = [(node, self.module, 1) for node in tree.body]
        while stack:
            node, scope, depth = stack.pop()
            if depth > MAX_DEPTH:
                raise UnanalyzableError(f"the source is nested deeper than {MAX_DEPTH} levels")
            kind = type(node)
            if kind is ast.Name:
                self._name(node, scope)  # type: ignore[arg-type]  # kind was tested above, for speed
                continue
            if kind is ast.Constant:
                continue
            visit: _Visitor | None = _VISITORS.get(kind)
            below = visit(self, node, scope) if visit else None
            if below is None:
                below = [(child, scope) for child in children(node)]
            for child, inner in below:
                flat = (kind is ast.BinOp and type(child) is ast.BinOp) or (kind is ast.If and type(child) is ast.If)
                stack.append((child, inner, depth if flat else depth + 1))

    def _name(self, node: ast.Name, scope: Scope) -> None:
        if type(node.ctx) is ast.Load:
            scope.used.add(node.id)
            self.names_loaded.add(node.id)
        else:
            self._bind(scope, node.id)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope
    ) -> list[tuple[ast.AST, Scope]]:
        inner = self._open(node, scope)
        arguments = node.args
        for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if arg is not None:
                self._bind(inner, arg.arg)
        outer: list[ast.AST] = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
        if isinstance(node, ast.Lambda):
            return [(node.body, inner), *((child, scope) for child in outer)]
        self._bind(scope, node.name)
        self.function_names.add(node.name)
        if scope is self.module and isinstance(node, ast.FunctionDef) and not node.decorator_list:
            self.functions[node.name] = node
        outer += node.decorator_list
        return [*((child, inner) for child in node.body), *((child, scope) for child in outer)]

    def _class(self, node: ast.ClassDef, scope: Scope) -> list[tuple[ast.AST, Scope]]:
        self._bind(scope, node.name)
        inner = self._open(node, scope)
        outer: list[ast.AST] = [*node.bases, *(keyword.value for keyword in node.keywords), *node.decorator_list]
        return [*((child, inner) for child in node.body), *((child, scope) for child in outer)]

    def _open(self, node: ScopeNode, parent: Scope) -> Scope:
        scope = Scope(node, parent)
        self.scopes[node] = scope
        return scope

    def _import(self, node: ast.Import, scope: Scope) -> list[tuple[ast.AST, Scope]]:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self._bind(scope, name)
            self.imported.add(alias.name)
            if scope is self.module:
                self.imports[name] = alias.name if alias.asname else name
        return []

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> list[tuple[ast.AST, Scope]]:
        for alias in node.names:
            name = alias.asname or alias.name
            dotted = "." * node.level + (node.module or "") + "." + alias.name
            self.imported.add(dotted)
            if name != "*":
                self._bind(scope, name)
                if scope is self.module:
                    self.imports[name] = dotted
        return []

    def _comprehension(self, node: Comprehension, scope: Scope) -> list[tuple[ast.AST, Scope]]:
        found: list[tuple[ast.AST, Scope]] = []
        for generator in node.generators:
            for target in walk(generator.target):
                if isinstance(target, ast.Name):
                    scope.loop_bound.add(target.id)
                    self._bindings[target.id] = self._bindings.get(target.id, 0) + 1
            found += [(generator.iter, scope), *((test, scope) for test in generator.ifs)]
        if isinstance(node, ast.DictComp):
            return [*found, (node.key, scope), (node.value, scope)]
        return [*found, (node.elt, scope)]

    def _redirect(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> list[tuple[ast.AST, Scope]]:
        for name in node.names:
            scope.redirected[name] = isinstance(node, ast.Global)
        return []

    def _handler(self, node: ast.ExceptHandler, scope: Scope) -> None:
        if node.name:
            self._bind(scope, node.name)

    def _pattern(self, node: ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name:
            self._bind(scope, node.name)

    def _mapping_pattern(self, node: ast.MatchMapping, scope: Scope) -> None:
        if node.rest:
            self._bind(scope, node.rest)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> None:
        if type(node.ctx) is not ast.Load:
            self.attribute_writers.setdefault(node.attr, set()).add(scope)
        else:
            self.names_loaded.add(node.attr)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> None:
        if type(node.ctx) is not ast.Load:
            self.subscript_writers.add(scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> list[tuple[ast.AST, Scope]]:
        found: list[tuple[ast.AST, Scope]] = [(node.target, scope)]
        if node.value is not None:
            found.append((node.value, scope))
        return found

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> None:
        scope.walrus = True

    def _resolve(self) -> None:
        for scope in self.scopes.values():
            for name, is_global in scope.redirected.items():
                owners = (self.module,) if is_global else self._owners(scope, name) or (self.module,)
                if scope in owners:
                    continue
                if name in scope.bound:
                    scope.bound.discard(name)
                    owners[-1].bound.add(name)
                    owners[-1].rebound.add(name)
                self._share(scope, name, owners)
        for scope in self.scopes.values():
            for name in scope.used:
                if name not in scope.bound and name not in scope.free:
                    self._share(scope, name, self._owners(scope, name))

    @staticmethod
    def _share(scope: Scope, name: str, owners: tuple[Scope, ...]) -> None:
        scope.free[name] = owners
        for owner in owners:
            owner.shared.add(name)

    def _owners(self, scope: Scope, name: str) -> tuple[Scope, ...]:
        found: list[Scope] = []
        outer = scope.parent
        while outer is not None:
            if name in outer.redirected:
                if outer.redirected[name]:
                    outer = self.module
                    found.append(outer)
                    break
            elif type(outer.node) is not ast.ClassDef:
                if name in outer.bound:
                    found.append(outer)
                    break
                if name in outer.loop_bound:  # visible only inside the comprehension: keep looking as well
                    found.append(outer)
            outer = outer.parent
        return tuple(found)


_Visitor: TypeAlias = "Callable[[ScopeTable, Any, Scope], list[tuple[ast.AST, Scope]] | None]"
_VISITORS: dict[type[ast.AST], _Visitor] = {
    ast.FunctionDef: ScopeTable._function,
    ast.AsyncFunctionDef: ScopeTable._function,
    ast.Lambda: ScopeTable._function,
    ast.ClassDef: ScopeTable._class,
    ast.Import: ScopeTable._import,
    ast.ImportFrom: ScopeTable._import_from,
    ast.ListComp: ScopeTable._comprehension,
    ast.SetComp: ScopeTable._comprehension,
    ast.GeneratorExp: ScopeTable._comprehension,
    ast.DictComp: ScopeTable._comprehension,
    ast.Global: ScopeTable._redirect,
    ast.Nonlocal: ScopeTable._redirect,
    ast.ExceptHandler: ScopeTable._handler,
    ast.MatchAs: ScopeTable._pattern,
    ast.MatchStar: ScopeTable._pattern,
    ast.MatchMapping: ScopeTable._mapping_pattern,
    ast.Attribute: ScopeTable._attribute,
    ast.Subscript: ScopeTable._subscript,
    ast.AnnAssign: ScopeTable._annotated,
    ast.NamedExpr: ScopeTable._walrus,
}
