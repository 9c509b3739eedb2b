"""Inlining: a call of a small function of the program becomes the function's body, before anything is analysed.

What a helper does then counts where it is called: its tests guard the caller, its sinks are the caller's. Calls that
cannot be inlined (recursion, generators, starred arguments, too much code) are left to the summaries of the solver.
"""

from __future__ import annotations

import ast

from real.detector.frontend.linking.positions import is_linked
from real.detector.frontend.normalise.inline_arguments import (
    MARK,
    call_again,
    is_path,
    passed_arguments,
    passed_with_state,
    uses_of,
)
from real.detector.frontend.normalise.inline_callee import (
    SCOPES,
    Callee,
    FunctionNode,
    is_plain_method,
    is_static,
    walk,
)
from real.detector.frontend.normalise.inline_copy import Copier, FieldCopier
from real.detector.frontend.plain_classes import is_data_class, plain_class

_MAX_BASES = 8
MAX_ADDED = 6_000  # nodes that inlining may add to a program


class Inlined(ast.expr):
    """The body of a function in place of a call: its parameters are assigned first, ``return`` gives the value."""

    _fields = ("body",)

    def __init__(self, body: list[ast.stmt], place: ast.expr) -> None:
        super().__init__()
        self.body = body
        ast.copy_location(self, place)


class Inliner(ast.NodeTransformer):
    """Inlines calls of one program, innermost first."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions: dict[str, Callee] = {}
        self.methods: dict[tuple[str, str], Callee] = {}
        self.method_names: frozenset[str] = frozenset()
        self.nodes: dict[ast.AST, Callee] = {}
        self.bindings: dict[str, int] = {}
        self.inherited: set[str] = set()
        self.stored: dict[str, int] = {}  # attributes that may be assigned: a method of that name may be another
        self.states: dict[tuple[str, str], Callee | None] = {}  # methods as functions of what their objects are made of
        self.classes: dict[str, ast.ClassDef] = {}
        self.all_classes: dict[str, list[ast.ClassDef]] = {}
        self.locals: dict[ast.AST, dict[str, str]] = {}  # function -> variable -> the class of the object that it is
        self.scopes: list[
            tuple[ast.AST, frozenset[str]]
        ] = []  # the functions and comprehensions around, outermost first
        self.closed: set[str] | None = None
        self.in_class = False
        self.added = 0
        self.count = 0

    def run(self) -> dict[ast.AST, tuple[ast.AST, ...]]:
        """Inline what can be; returns the functions that were, and the outermost ones that they were copied into."""
        if not self._collect():
            return {}
        own_first = sorted(self.tree.body, key=lambda statement: is_linked(statement.lineno))  # while there is room
        made = {statement: self.visit(statement) for statement in own_first}
        self.tree.body = [made[statement] for statement in self.tree.body]
        return {callee.node: tuple(callee.copied_into) for callee in self.nodes.values() if callee.inlined}

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
            todo += [(child, inner_owner, inner_cls) for child in ast.iter_child_nodes(node)]
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
        if self.closed is None:
            self.closed = _closed_classes(self.tree)
        return cls.name in self.closed

    def _store(self, attribute: str) -> None:
        self.stored[attribute] = self.stored.get(attribute, 0) + 1

    # --- the walk ----------------------------------------------------------------------------------------------------

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(statement) for statement in body]

    def _function(self, node: FunctionNode) -> FunctionNode:
        callee = self.nodes.get(node)
        if callee is not None:
            if callee.state:
                return node
            callee.state = "busy"
        outer, self.scopes = self.scopes, self._around(node, callee)
        in_class, self.in_class = self.in_class, False
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = self._statements(node.body)
        self.scopes, self.in_class = outer, in_class
        if callee is not None:
            callee.look()
            callee.state = "done"
        return node

    def _around(self, node: FunctionNode, callee: Callee | None) -> list[tuple[ast.AST, frozenset[str]]]:
        """The scopes that the body of a function is in; it may be visited ahead of its turn, from a call."""
        outer = self.scopes
        if callee is not None:
            owners = [scope for scope, _ in outer]
            outer = outer[: owners.index(callee.owner) + 1] if callee.owner in owners else []
        arguments = node.args
        names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
        for inner, _ in walk(node.body if isinstance(node.body, list) else []):
            if isinstance(inner, ast.Name) and type(inner.ctx) is not ast.Load:
                names.add(inner.id)
            elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(inner.name)
            elif isinstance(inner, ast.alias):
                names.add(inner.asname or inner.name.partition(".")[0])
            elif isinstance(inner, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and inner.name:
                names.add(inner.name)
        return [*outer, (node, frozenset(names))]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outer, self.in_class = self.in_class, True
        node.body = self._statements(node.body)
        self.in_class = outer
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return node

    def _comprehension(self, node: ast.AST) -> ast.AST:
        names = frozenset(
            target.id
            for generator in node.generators  # type: ignore[attr-defined]
            for target in ast.walk(generator.target)
            if isinstance(target, ast.Name)
        )
        self.scopes = [*self.scopes, (node, names)]
        self.generic_visit(node)
        self.scopes = self.scopes[:-1]
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_Await(self, node: ast.Await) -> ast.AST:
        if isinstance(node.value, ast.Call):
            self.generic_visit(node.value)
            made = self._call(node.value, ast.AsyncFunctionDef)
            if made is not None:
                return made
            # A plain function that makes what is awaited.
            node.value = self._call(node.value, ast.FunctionDef) or node.value
            return node
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return self._call(node, ast.FunctionDef) or node

    # --- one call ----------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, kind: type[ast.AST]) -> ast.expr | None:  # noqa: PLR0911, PLR0912
        if self.in_class or self.added > MAX_ADDED:
            return None
        func = node.func
        receiver: ast.expr | None = None
        if isinstance(func, ast.Lambda):
            immediate = Callee(func, None)
            immediate.look()
            callee: Callee | None = immediate
        elif isinstance(func, Inlined):
            return self._returned_function(node, func)
        elif isinstance(func, ast.Name):
            callee = self.functions.get(func.id)
        elif isinstance(func, ast.Attribute) and isinstance(func.value, Inlined):
            return self._chained(node, func.attr, func.value)
        elif isinstance(func, ast.Attribute):
            callee, receiver = self._method(func)
        else:
            return None
        if callee is None or (not isinstance(callee.node, ast.Lambda) and type(callee.node) is not kind):
            return None
        if callee.state == "" and not isinstance(callee.node, ast.Lambda):
            self._function(callee.node)
        if not callee.usable or callee.state == "busy" or not self._sees_the_same(callee):
            return None
        name = getattr(callee.node, "name", "_")
        used = callee
        passed = None
        if isinstance(receiver, ast.Call) and callee.cls is not None:
            used = self._of_state(callee, callee.cls) or callee
            passed = passed_with_state(node, receiver, used) if used is not callee else None
        if passed is None:
            used = callee
            passed = passed_arguments(node, callee, receiver)
        if passed is None:
            return None
        takes_anything = len(passed) > (used is callee and receiver is not None)
        if not name.startswith("_") and takes_anything and self._is_example():
            if not callee.is_simple:
                return None
            self.added += used.size
            return self._expand(node, used, passed, example=True)
        self.added += used.size
        callee.inlined = True
        callee.copied_into[self._outermost() or self.tree] = None
        return self._expand(node, used, passed)

    def _of_state(self, callee: Callee, cls: ast.ClassDef) -> Callee | None:
        """The method of a plain class as a function whose first parameters are those of ``__init__``."""
        key = (cls.name, getattr(callee.node, "name", ""))
        if key not in self.states:
            self.states[key] = self._without_object(callee, cls)
        return self.states[key]

    def _without_object(self, callee: Callee, cls: ast.ClassDef) -> Callee | None:
        plain = plain_class(cls)
        node = callee.node
        if plain is None or not plain.is_strict or isinstance(node, ast.Lambda):
            return None
        if any(self.stored.get(name, 2) > 1 for name in plain.fields):
            return None
        arguments = [*node.args.posonlyargs, *node.args.args]
        this = arguments[0].arg
        fields = {attribute: f"{param}{MARK}{this}" for attribute, param in plain.fields.items()}
        copier = FieldCopier(this, fields)
        body = [copier.copy(statement) for statement in node.body]
        if copier.escapes:
            return None
        made_of = [ast.arg(f"{name}{MARK}{this}") for name in plain.params[1:]]
        own = node.args
        made = ast.arguments([], [*made_of, *arguments[1:]], None, own.kwonlyargs, own.kw_defaults, None, own.defaults)
        function = ast.copy_location(type(node)(node.name, made, body, []), node)  # type: ignore[arg-type]
        found = Callee(function, callee.owner, cls)
        found.made_of = len(made_of)
        found.look()
        return found if found.usable else None

    def _returned_function(self, node: ast.Call, func: Inlined) -> ast.expr | None:
        """``h(a)()``, where ``h`` has been inlined, and ends with ``def k(): ...; return k``."""
        if len(func.body) < 2:
            return None
        inner, last = func.body[-2:]
        if not isinstance(inner, ast.FunctionDef) or inner.decorator_list or not isinstance(last, ast.Return):
            return None
        if not isinstance(last.value, ast.Name) or last.value.id != inner.name:
            return None
        callee = Callee(inner, None)
        callee.look()
        passed = passed_arguments(node, callee, None)
        if not callee.usable or passed is None:
            return None
        self.added += callee.size
        made = self._expand(node, callee, passed)
        body = made.body if isinstance(made, Inlined) else [ast.copy_location(ast.Return(made), made)]
        return Inlined([*func.body[:-2], *body], node)

    def _chained(self, node: ast.Call, method: str, receiver: Inlined) -> ast.expr | None:
        """``v.a().b()``, where ``a`` has been inlined, and returns ``v``."""
        last = receiver.body[-1]
        if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Name):
            return None
        function = ast.copy_location(ast.Attribute(last.value, method, ast.Load()), node)
        made = self._call(ast.copy_location(ast.Call(function, node.args, node.keywords), node), ast.FunctionDef)
        if made is None:
            return None
        body = made.body if isinstance(made, Inlined) else [ast.copy_location(ast.Return(made), made)]
        return Inlined([*receiver.body[:-1], *body], node)

    def _method(self, func: ast.Attribute) -> tuple[Callee | None, ast.expr | None]:
        """``C.m`` of a static method, ``C(...).m``, ``self.m`` in a class without subclasses, and ``v.m`` after
        ``v = C(...)``."""
        value = func.value
        if isinstance(value, ast.Name):
            callee = self.methods.get((value.id, func.attr))
            if callee is not None and is_static(callee.node):
                return callee, None
            cls = self._class_of_self(value.id)
            if cls is None:
                callee = self._method_of_local(value.id, func.attr)
                return callee, None if callee is None or is_static(callee.node) else value
            callee = self.methods.get((cls.name, func.attr))
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            callee = self.methods.get((value.func.id, func.attr))
            cls = callee.cls if callee is not None else None
        else:
            return None, None
        if callee is None or cls is None or cls.name in self.inherited:
            return None, None
        return callee, None if is_static(callee.node) else value

    def _method_of_local(self, name: str, method: str) -> Callee | None:
        """The method that a variable has which the function assigns once, to a new object of a class of the program."""
        if not self.scopes or method not in self.method_names:
            return None
        scope, _ = self.scopes[-1]
        if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        if scope not in self.locals:
            self.locals[scope] = _objects_of(scope)
        cls = self.classes.get(self.locals[scope].get(name, ""))
        while cls is not None:
            if any(getattr(part, "name", "") == method for part in cls.body):
                return self.methods.get((cls.name, method))
            base = cls.bases[0] if len(cls.bases) == 1 else None
            cls = self.classes.get(base.id) if isinstance(base, ast.Name) else None
        return None

    def _class_of_self(self, name: str) -> ast.ClassDef | None:
        """The class in one of whose methods we are, if ``name`` is the method's ``self``."""
        for scope, _ in self.scopes:
            callee = self.nodes.get(scope)
            cls = callee.cls if callee is not None else self._class_of(scope)
            if cls is None or not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            first = [*scope.args.posonlyargs, *scope.args.args][:1]
            if not first or first[0].arg != name or is_static(scope):
                return None
            stores = (n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name)
            return cls if all(type(n.ctx) is ast.Load for n in stores) else None
        return None

    def _class_of(self, function: ast.AST) -> ast.ClassDef | None:
        for callee in self.methods.values():
            if callee.cls is not None and function in callee.cls.body:
                return callee.cls
        return None

    def _sees_the_same(self, callee: Callee) -> bool:
        """Whether the free names of the function mean the same where it is called."""
        if isinstance(callee.node, ast.Lambda):
            return True
        inside = [scope for scope, _ in self.scopes]
        if callee.owner is not None:
            if callee.owner not in inside:
                return False
            start = inside.index(callee.owner) + 1
            if any(isinstance(scope, SCOPES) for scope in inside[start:]):
                return False  # called later, when variables may have changed
        else:
            start = 0
        return not any(names & callee.free for _, names in self.scopes[start:])

    def _outermost(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The outermost function that we are in."""
        return next((s for s, _ in self.scopes if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))), None)

    def _is_example(self) -> bool:
        function = self._outermost()
        if function is None:
            return True
        arguments = function.args
        return not (arguments.posonlyargs or arguments.args or arguments.kwonlyargs or function.decorator_list)

    def _expand(self, node: ast.Call, callee: Callee, passed: dict[str, ast.expr], example: bool = False) -> ast.expr:
        """The body for the call; where that is an ``example`` of its use, the call is made as well, for the function is
        judged by itself."""
        self.count += 1
        body = callee.body
        direct: dict[str, ast.expr] = {}
        if callee.yields:  # `yield a; yield b` makes what `[a, b]` holds
            nothing = ast.copy_location(ast.Constant(None), node)
            values = [s.value.value or nothing for s in body if isinstance(s, ast.Expr)]  # type: ignore[attr-defined]
            listed = ast.copy_location(ast.List(values, ast.Load()), node)
            body = [ast.copy_location(ast.Return(listed), node)]
        uses = uses_of(body, passed)
        only = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
        for name, value in passed.items():
            if name in callee.stored or uses[name] < 0:
                continue
            if is_path(value) or (only is not None and uses[name] == 1 and not example):
                direct[name] = value
        names = {name: f"{name}{MARK}{self.count}" for name in callee.bound if name not in direct}
        copier = Copier(names, direct)
        if only is not None and len(direct) == len(passed) and not example:
            made = copier.copy(only)
            assert isinstance(made, ast.expr)
            return made
        statements: list[ast.stmt] = []
        for name, value in passed.items():
            if name not in direct:
                target = ast.copy_location(ast.Name(names[name], ast.Store()), value)
                statements.append(ast.copy_location(ast.Assign([target], value), value))
        if example:
            given = {
                id(value): ast.Name(names[name], ast.Load()) for name, value in passed.items() if name not in direct
            }
            statements.append(ast.copy_location(ast.Expr(call_again(node, given)), node))
        for statement in body:
            copied = copier.copy(statement)
            assert isinstance(copied, ast.stmt)
            statements.append(copied)
        return Inlined(statements, node)


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
            todo += ast.iter_child_nodes(node)
    return count == 1


def _objects_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """The variables of a function that are assigned once: the names of the classes that are called for them."""
    stores: dict[str, int] = {arg.arg: 2 for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
    found: dict[str, str] = {}
    for node, _ in walk(function.body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            stores[node.id] = stores.get(node.id, 0) + 1
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            target, called = node.targets[0], node.value.func
            if len(node.targets) == 1 and isinstance(target, ast.Name) and isinstance(called, ast.Name):
                found[target.id] = called.id
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            stores.update(dict.fromkeys(node.names, 2))
    return {name: cls for name, cls in found.items() if stores[name] == 1}


def _closed_classes(tree: ast.Module) -> set[str]:
    """The classes that are only called, or read for a method that is called, and whose methods keep ``self``."""
    direct: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            holder = node.func.value
            direct.add(id(holder.func if isinstance(holder, ast.Call) else holder))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in direct}
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
    bases = {id(inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}
    return not any(isinstance(n, ast.Name) and n.id == this and id(n) not in bases for n in ast.walk(node)) and not any(
        isinstance(n, ast.Attribute) and n.attr.startswith("__") for n in ast.walk(node)
    )
