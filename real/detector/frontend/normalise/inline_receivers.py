"""Whose method a call is of: of a class, a new object of one, ``self``, or a variable that holds such an object."""

from __future__ import annotations

import ast

from real.detector.frontend.normalise.inline_callee import Callee, is_static, nodes_in
from real.detector.frontend.normalise.inline_functions import Functions
from real.detector.frontend.tree_walk import walk

Scopes = list[tuple[ast.AST, frozenset[str]]]  # functions and comprehensions with what they bind, outermost first


class Receivers:
    """Finds the method of a call in the scopes around it."""

    def __init__(self, known: Functions) -> None:
        self._known = known
        self._locals: dict[ast.AST, dict[str, str]] = {}  # function -> variable -> the class of the object that it is

    def method(self, func: ast.Attribute, scopes: Scopes) -> tuple[Callee | None, ast.expr | None]:
        """``C.m`` of a static method, ``C(...).m``, ``self.m`` in a class without subclasses, and ``v.m`` after
        ``v = C(...)``."""
        value = func.value
        if isinstance(value, ast.Name):
            callee = self._known.methods.get((value.id, func.attr))
            if callee is not None and is_static(callee.node):
                return callee, None
            cls = self._class_of_self(value.id, scopes)
            if cls is None:
                callee = self._method_of_local(value.id, func.attr, scopes)
                return callee, None if callee is None or is_static(callee.node) else value
            callee = self._known.methods.get((cls.name, func.attr))
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            callee = self._known.methods.get((value.func.id, func.attr))
            cls = callee.cls if callee is not None else None
        else:
            return None, None
        if callee is None or cls is None or cls.name in self._known.inherited:
            return None, None
        return callee, None if is_static(callee.node) else value

    def _method_of_local(self, name: str, method: str, scopes: Scopes) -> Callee | None:
        """The method that a variable has which the function assigns once, to a new object of a class of the program."""
        if not scopes or method not in self._known.method_names:
            return None
        scope, _ = scopes[-1]
        if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        if scope not in self._locals:
            self._locals[scope] = _objects_of(scope)
        cls = self._known.classes.get(self._locals[scope].get(name, ""))
        while cls is not None:
            if any(getattr(part, "name", "") == method for part in cls.body):
                return self._known.methods.get((cls.name, method))
            base = cls.bases[0] if len(cls.bases) == 1 else None
            cls = self._known.classes.get(base.id) if isinstance(base, ast.Name) else None
        return None

    def _class_of_self(self, name: str, scopes: Scopes) -> ast.ClassDef | None:
        """The class in one of whose methods we are, if ``name`` is the method's ``self``."""
        for scope, _ in scopes:
            callee = self._known.nodes.get(scope)
            cls = callee.cls if callee is not None else self._class_of(scope)
            if cls is None or not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            first = [*scope.args.posonlyargs, *scope.args.args][:1]
            if not first or first[0].arg != name or is_static(scope):
                return None
            stores = (n for n in walk(scope) if isinstance(n, ast.Name) and n.id == name)
            return cls if all(type(n.ctx) is ast.Load for n in stores) else None
        return None

    def _class_of(self, function: ast.AST) -> ast.ClassDef | None:
        for callee in self._known.methods.values():
            if callee.cls is not None and function in callee.cls.body:
                return callee.cls
        return None


def _objects_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """The variables of a function that are assigned once: the names of the classes that are called for them."""
    stores: dict[str, int] = {arg.arg: 2 for arg in walk(function.args) if isinstance(arg, ast.arg)}
    found: dict[str, str] = {}
    for node, _ in nodes_in(function.body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            stores[node.id] = stores.get(node.id, 0) + 1
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            target, called = node.targets[0], node.value.func
            if len(node.targets) == 1 and isinstance(target, ast.Name) and isinstance(called, ast.Name):
                found[target.id] = called.id
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            stores.update(dict.fromkeys(node.names, 2))
    return {name: cls for name, cls in found.items() if stores[name] == 1}
