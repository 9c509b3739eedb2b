"""Inlining: a call of a small function of the program becomes the function's body, before anything is analysed.

What a helper does then counts where it is called: its tests guard the caller, its sinks are the caller's. Calls that
cannot be inlined (recursion, generators, starred arguments, too much code) are left to the summaries of the solver.
"""

from __future__ import annotations

import ast

from real.detector.frontend.linking.positions import is_linked
from real.detector.frontend.normalise.inline_arguments import MARK, passed_arguments, passed_with_state
from real.detector.frontend.normalise.inline_body import Inlined, expanded
from real.detector.frontend.normalise.inline_callee import SCOPES, Callee, FunctionNode
from real.detector.frontend.normalise.inline_copy import FieldCopier
from real.detector.frontend.normalise.inline_functions import Functions
from real.detector.frontend.normalise.inline_receivers import Receivers, Scopes
from real.detector.frontend.plain_classes import plain_class
from real.detector.frontend.tree_walk import Transformer, walk

MAX_ADDED = 6_000  # nodes that inlining may add to a program


class Inliner(Transformer):
    """Inlines calls of one program, innermost first."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.known = Functions(tree)
        self.receivers = Receivers(self.known)
        self.states: dict[tuple[str, str], Callee | None] = {}  # methods as functions of what their objects are made of
        self.scopes: Scopes = []  # the functions and comprehensions around, outermost first
        self.in_class = False
        self.added = 0
        self.count = 0

    def run(self) -> dict[ast.AST, tuple[ast.AST, ...]]:
        """Inline what can be; returns the functions that were, and the outermost ones that they were copied into."""
        if not self.known.are_called:
            return {}
        own_first = sorted(self.tree.body, key=lambda statement: is_linked(statement.lineno))  # while there is room
        made = {statement: self.visit(statement) for statement in own_first}
        self.tree.body = [made[statement] for statement in self.tree.body]
        return {callee.node: tuple(callee.copied_into) for callee in self.known.nodes.values() if callee.inlined}

    # --- the walk ----------------------------------------------------------------------------------------------------

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(statement) for statement in body]

    def _function(self, node: FunctionNode) -> FunctionNode:
        callee = self.known.nodes.get(node)
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

    def _around(self, node: FunctionNode, callee: Callee | None) -> Scopes:
        """The scopes that the body of a function is in; it may be visited ahead of its turn, from a call."""
        outer = self.scopes
        if callee is not None:
            owners = [scope for scope, _ in outer]
            outer = outer[: owners.index(callee.owner) + 1] if callee.owner in owners else []
        arguments = node.args
        names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
        for inner in (part for statement in _statements_of(node) for part in walk(statement)):
            if isinstance(inner, ast.Name):
                if type(inner.ctx) is not ast.Load:
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

    def _comprehension(self, node: ast.AST) -> ast.AST:
        names = frozenset(
            target.id
            for generator in node.generators  # type: ignore[attr-defined]
            for target in walk(generator.target)
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
            callee = self.known.functions.get(func.id)
        elif isinstance(func, ast.Attribute) and isinstance(func.value, Inlined):
            return self._chained(node, func.attr, func.value)
        elif isinstance(func, ast.Attribute):
            callee, receiver = self.receivers.method(func, self.scopes)
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
            return self._expand(node, used, passed, is_example=True)
        self.added += used.size
        callee.inlined = True
        callee.copied_into[self._outermost() or self.tree] = None
        return self._expand(node, used, passed, is_example=False)

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
        if any(self.known.stored.get(name, 2) > 1 for name in plain.fields):
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
        made = self._expand(node, callee, passed, is_example=False)
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

    def _expand(self, node: ast.Call, callee: Callee, passed: dict[str, ast.expr], *, is_example: bool) -> ast.expr:
        self.count += 1
        return expanded(node, callee, passed, self.count, is_example=is_example)


def _statements_of(node: FunctionNode) -> list[ast.stmt]:
    return node.body if isinstance(node.body, list) else []
