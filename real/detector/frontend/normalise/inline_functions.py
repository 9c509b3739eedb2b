"""The functions and methods that calls of a program may be replaced by: those that are certainly what is called."""

from __future__ import annotations

import ast

from real.detector.frontend.normalise.inline_callee import Callee, is_plain_method, is_static
from real.detector.frontend.plain_classes import is_data_class
from real.detector.frontend.tree_walk import children, walk

_MAX_BASES = 8


class Functions:
    """What is defined in one program, under names that are bound once."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions: dict[str, Callee] = {}
        self.methods: dict[tuple[str, str], Callee] = {}
        self.method_names: frozenset[str] = frozenset()
        self.nodes: dict[ast.AST, Callee] = {}
        self.bindings: dict[str, int] = {}
        self.inherited: set[str] = set()
        self.stored: dict[str, int] = {}  # attributes that may be assigned: a method of that name may be another
        self.classes: dict[str, ast.ClassDef] = {}
        self.all_classes: dict[str, list[ast.ClassDef]] = {}
        self._closed: set[str] | None = None
        self.are_called = self._collect()  # whether any call could be of one

    def _collect(self) -> bool:  # noqa: PLR0912, PLR0915
        """Find the functions; whether any call could be of one."""
        called: set[str] = set()
        has_lambda = False
        found: list[tuple[str, Callee]] = []
        todo: list[tuple[ast.AST, ast.AST | None, ast.ClassDef | None]] = []
        todo += [(statement, None, None) for statement in self.tree.body]
        while todo:
            node, owner, cls = todo.pop()
            kind = type(node)
            inner_owner: ast.AST | None = owner
            inner_cls: ast.ClassDef | None = None
            if kind is ast.Name:
                if type(node.ctx) is not ast.Load:  # type: ignore[attr-defined]
                    self._bind(node.id)  # type: ignore[attr-defined]
                continue
            if kind is ast.Constant:
                continue
            if kind is ast.Call:
                func = node.func  # type: ignore[attr-defined]
                if type(func) is ast.Name:
                    called.add(func.id)
                    if func.id == "setattr" and len(node.args) > 1:  # type: ignore[attr-defined]
                        self._store(getattr(node.args[1], "value", "*"))  # type: ignore[attr-defined]
                elif type(func) is ast.Attribute:
                    called.add(func.attr)
                elif type(func) is ast.Lambda:
                    has_lambda = True
            elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
                self._bind(node.name)  # type: ignore[attr-defined]
                callee = Callee(node, owner, cls)  # type: ignore[arg-type]
                inner_owner = node
                if cls is None and not node.decorator_list:  # type: ignore[attr-defined]
                    found.append((node.name, callee))  # type: ignore[attr-defined]
                elif cls is not None and owner is None and is_plain_method(node):  # type: ignore[arg-type]
                    self.methods[cls.name, node.name] = callee  # type: ignore[attr-defined]
            elif kind is ast.ClassDef:
                self._bind(node.name)  # type: ignore[attr-defined]
                self.all_classes.setdefault(node.name, []).append(node)  # type: ignore[arg-type, attr-defined]
                self.inherited |= {base.id for base in node.bases if isinstance(base, ast.Name)}  # type: ignore[attr-defined]
                if owner is None and cls is None and not node.keywords and _keeps_methods(node):  # type: ignore[arg-type, attr-defined]
                    inner_cls = node  # type: ignore[assignment]
                    self.classes[node.name] = node  # type: ignore[assignment, attr-defined]
            elif kind is ast.Attribute:
                if type(node.ctx) is not ast.Load:  # type: ignore[attr-defined]
                    self._store(node.attr)  # type: ignore[attr-defined]
            elif kind is ast.arg:
                self._bind(node.arg)  # type: ignore[attr-defined]
            elif kind is ast.alias:
                self._bind(node.asname or node.name.partition(".")[0])  # type: ignore[attr-defined]
            elif kind in (ast.ExceptHandler, ast.MatchAs, ast.MatchStar) and node.name:  # type: ignore[attr-defined]
                self._bind(node.name)  # type: ignore[attr-defined]
            elif kind is ast.Global or kind is ast.Nonlocal:
                for name in node.names:  # type: ignore[attr-defined]
                    self._bind(name)
            todo += [(child, inner_owner, inner_cls) for child in children(node)]
        self.functions = {name: callee for name, callee in found if self.bindings[name] == 1 and name in called}
        is_intercepted = self._intercepts()
        self.methods = {
            (cls, name): callee
            for (cls, name), callee in self.methods.items()
            if self.bindings[cls] == 1 and name in called and name not in self.stored and self._is_closed(callee)
            if callee.cls is not None and _binds_once(callee.cls, name) and not is_intercepted
            if not self._makes_others(callee.cls)
        }
        self.method_names = frozenset(name for _, name in self.methods)
        self.classes = {name: cls for name, cls in self.classes.items() if self.bindings[name] == 1}
        for callee in (*self.functions.values(), *self.methods.values()):
            self.nodes[callee.node] = callee
        return bool(self.nodes) or has_lambda

    def _makes_others(self, cls: ast.ClassDef, depth: int = 0) -> bool:
        """Whether a call of a class may make an object of another one, or its methods may be others (a metaclass)."""
        if cls.keywords or depth > _MAX_BASES or any(getattr(part, "name", "") == "__new__" for part in cls.body):
            return True
        names = [base.id for base in cls.bases if isinstance(base, ast.Name)]
        return any(self._makes_others(base, depth + 1) for name in names for base in self.all_classes.get(name, ()))

    def _intercepts(self) -> bool:
        """Whether an object's methods may be decided anew: it changes its class, or its class reads attributes."""
        return "__class__" in self.stored or "__getattribute__" in self.bindings or "__prepare__" in self.bindings

    def _bind(self, name: str) -> None:
        self.bindings[name] = self.bindings.get(name, 0) + 1

    def _is_closed(self, callee: Callee) -> bool:
        """Whether no ``setattr`` can replace a method: nobody else has the class or one of its objects."""
        if "*" not in self.stored:
            return True
        cls = callee.cls
        if cls is None or cls.bases:
            return False
        if self._closed is None:
            self._closed = _closed_classes(self.tree)
        return cls.name in self._closed

    def _store(self, attribute: str) -> None:
        self.stored[attribute] = self.stored.get(attribute, 0) + 1


def _keeps_methods(node: ast.ClassDef) -> bool:
    """Whether the methods of a class are what its body says: no decorator but that of a dataclass."""
    return not node.decorator_list or is_data_class(node)


def _binds_once(cls: ast.ClassDef, name: str) -> bool:
    """Whether the body of a class binds a name by one definition only: no ``m = other``, nor another ``def m``."""
    count = 0
    todo: list[ast.AST] = list(cls.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            count += node.name == name
        elif isinstance(node, ast.Lambda):
            continue
        else:
            count += isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
            count += isinstance(node, ast.alias) and (node.asname or node.name) == name
            todo += children(node)
    return count == 1


def _closed_classes(tree: ast.Module) -> set[str]:
    """The classes that are only called, or read for a method that is called, and whose methods keep ``self``."""
    direct: set[int] = set()
    for node in walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            holder = node.func.value
            direct.add(id(holder.func if isinstance(holder, ast.Call) else holder))
    names = {node.id for node in walk(tree) if isinstance(node, ast.Name) and id(node) not in direct}
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name not in names and all(_keeps_self(part) for part in node.body)
    }


def _keeps_self(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return isinstance(node, (ast.Pass, ast.Expr))
    if is_static(node):
        return True
    if node.decorator_list or not node.args.args:
        return False
    this = node.args.args[0].arg
    bases = {id(inner.value) for inner in walk(node) if isinstance(inner, ast.Attribute)}
    return not any(isinstance(n, ast.Name) and n.id == this and id(n) not in bases for n in walk(node)) and not any(
        isinstance(n, ast.Attribute) and n.attr.startswith("__") for n in walk(node)
    )
