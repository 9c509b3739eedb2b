"""Simplification of statements: what only wraps others, runs once or never runs is taken away, before the analysis.

``for x in [a]: …`` is ``x = a; …``, ``try: … except E: raise`` is the body alone, ``if c: pass`` is ``c``: control flow
that decides nothing hides no check and is none. Nothing that has an effect, or that makes a function a generator, goes.
"""

from __future__ import annotations

import ast

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.normalise.texts import MAX_PIECES
from real.detector.frontend.tree_walk import children, walk

_SILENT = (
    *(ast.Name, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Tuple, ast.List, ast.Set),
    *(ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop),
)
_DECLARING = (ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_EXITS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def simplify_statements(tree: ast.Module) -> None:
    """Simplify a program in place."""
    Statements(tree).run()


class Statements:
    """Rewrites the blocks of one tree, innermost first."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.in_class = False
        self._bindings: Bindings | None = None

    def run(self) -> None:
        self.tree.body = self._block(self.tree.body)

    @property
    def bindings(self) -> Bindings:
        """Counted when first asked for: most programs have nothing to simplify."""
        if self._bindings is None:
            self._bindings = Bindings(self.tree)
        return self._bindings

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            kind = type(statement)
            if kind in (ast.Assign, ast.Return, ast.Import, ast.ImportFrom):
                made.append(statement)
            elif kind is ast.Expr:
                made.append(self._expression(statement))  # type: ignore[arg-type]
            elif kind is ast.AugAssign:
                if not (made and self._grow_text(made[-1], statement)):  # type: ignore[arg-type]
                    made.append(statement)
            else:
                if kind is ast.If and made and not self.in_class and self._takes_flag(made[-1], statement):  # type: ignore[arg-type]
                    made.pop()
                made += self._compound(statement)
        return self._reachable(made)

    def _suite(self, body: list[ast.stmt], place: ast.stmt) -> list[ast.stmt]:
        """A block that the grammar wants to be there."""
        return self._block(body) or [ast.copy_location(ast.Pass(), place)]

    def _compound(self, node: ast.stmt) -> list[ast.stmt]:  # noqa: PLR0911
        kind = type(node)
        if kind is ast.If:
            return self._if(node)  # type: ignore[arg-type]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            outer, self.in_class = self.in_class, kind is ast.ClassDef
            node.body = self._suite(node.body, node)
            self.in_class = outer
            return [node]
        if isinstance(node, (ast.For, ast.AsyncFor)):
            node.body, node.orelse = self._suite(node.body, node), self._block(node.orelse)
            return self._once(node) if kind is ast.For else [node]  # type: ignore[arg-type]
        if isinstance(node, ast.While):
            node.body, node.orelse = self._suite(node.body, node), self._block(node.orelse)
            never = isinstance(node.test, ast.Constant) and not node.test.value and not _declares(node.body)
            return node.orelse if never else [node]
        if isinstance(node, (ast.With, ast.AsyncWith)):
            node.body = self._suite(node.body, node)
            return self._with(node) if kind is ast.With else [node]  # type: ignore[arg-type]
        if kind is ast.Try:
            return self._try(node)  # type: ignore[arg-type]
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            part.body = self._suite(part.body, node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if block:
                setattr(node, name, self._suite(block, node))
        return [node]

    # --- one kind each -----------------------------------------------------------------------------------------------

    def _if(self, node: ast.If) -> list[ast.stmt]:
        chain = [node]  # a long ``elif`` nests to the right
        while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
            chain.append(chain[-1].orelse[0])
        made = self._block(chain[-1].orelse)
        for link in reversed(chain):
            link.body, link.orelse = self._suite(link.body, link), made
            made = self._decided(link)
        return made

    @staticmethod
    def _decided(node: ast.If) -> list[ast.stmt]:
        test = node.test
        while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Constant):
            test = ast.copy_location(ast.Constant(not test.operand.value), test)
        if isinstance(test, ast.Constant):
            taken, other = (node.body, node.orelse) if test.value else (node.orelse, node.body)
            if not _declares(other):
                return taken
        if all(isinstance(statement, ast.Pass) for statement in (*node.body, *node.orelse)):
            return [] if _is_silent(node.test) else [ast.copy_location(ast.Expr(node.test), node)]
        return [node]

    @staticmethod
    def _once(node: ast.For) -> list[ast.stmt]:
        """A loop over a literal with one element."""
        values = node.iter.elts if isinstance(node.iter, (ast.List, ast.Tuple, ast.Set)) else []
        if len(values) != 1 or isinstance(values[0], ast.Starred) or _jumps(node.body):
            return [node]
        return [ast.copy_location(ast.Assign([node.target], values[0]), node), *node.body, *node.orelse]

    def _with(self, node: ast.With) -> list[ast.stmt]:
        """``with nullcontext(x) as y``."""
        item = node.items[0]
        call = item.context_expr
        if len(node.items) > 1 or not isinstance(call, ast.Call) or call.keywords or len(call.args) > 1:
            return [node]
        if self.bindings.library(call.func) != "contextlib.nullcontext":
            return [node]
        value = call.args[0] if call.args else ast.copy_location(ast.Constant(None), call)
        if isinstance(value, ast.Starred):
            return [node]
        if item.optional_vars is not None:
            return [ast.copy_location(ast.Assign([item.optional_vars], value), node), *node.body]
        return [*([ast.copy_location(ast.Expr(value), node)] if call.args else []), *node.body]

    def _try(self, node: ast.Try) -> list[ast.stmt]:
        """Handlers that only raise again what they caught, and a ``finally`` without statements."""
        node.body, node.orelse = self._suite(node.body, node), self._block(node.orelse)
        node.finalbody = self._block(node.finalbody)
        for handler in node.handlers:
            handler.body = self._suite(handler.body, node)
        if all(isinstance(statement, ast.Pass) for statement in node.finalbody):
            node.finalbody = []
        if all(_only_raises(handler) for handler in node.handlers):
            body = [*node.body, *node.orelse]
            if not node.finalbody:
                return body
            node.body, node.handlers, node.orelse = body, [], []
        return [node]

    def _expression(self, node: ast.Expr) -> ast.stmt:
        """``setattr(o, "name", x)`` -> ``o.name = x``."""
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "setattr":
            return node
        if len(call.args) != 3 or call.keywords or "setattr" in self.bindings.bound:
            return node
        holder, name, value = call.args
        if not isinstance(holder, ast.Name) or not isinstance(name, ast.Constant) or isinstance(value, ast.Starred):
            return node
        if not isinstance(name.value, str) or not name.value.isidentifier() or name.value.startswith("__"):
            return node
        target = ast.copy_location(ast.Attribute(holder, name.value, ast.Store()), call)
        return ast.copy_location(ast.Assign([target], value), node)

    @staticmethod
    def _reachable(body: list[ast.stmt]) -> list[ast.stmt]:
        """Without what follows a jump."""
        for index, statement in enumerate(body[:-1]):
            if isinstance(statement, _EXITS):
                return body if _declares(body[index + 1 :]) else body[: index + 1]
        return body

    def _takes_flag(self, before: ast.stmt, node: ast.If) -> bool:
        """``ok = x in y`` and at once ``if ok:``, where nothing else reads ``ok``: the test goes into the ``if``."""
        if type(before) is not ast.Assign or len(before.targets) != 1:
            return False
        target, test = before.targets[0], node.test
        name = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
        if not isinstance(target, ast.Name) or not isinstance(name, ast.Name) or name.id != target.id:
            return False
        found = self.bindings
        if found.bound.get(name.id) != 1 or found.loads.get(name.id) != 1 or found.is_reflective:
            return False
        if isinstance(test, ast.UnaryOp):
            test.operand = before.value
        else:
            node.test = before.value
        return True

    def _grow_text(self, before: ast.stmt, node: ast.AugAssign) -> bool:  # noqa: PLR0911
        """``a = "x"`` and then ``a += y`` are ``a = "x" + y``."""
        if not isinstance(before, ast.Assign) or len(before.targets) != 1 or not isinstance(node.op, ast.Add):
            return False
        target = before.targets[0]
        if not isinstance(target, ast.Name) or not isinstance(node.target, ast.Name) or node.target.id != target.id:
            return False
        first, depth = before.value, 0
        while isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add) and depth < MAX_PIECES:
            first, depth = first.left, depth + 1
        if isinstance(first, ast.Call):
            if not isinstance(first.func, ast.Name) or first.func.id != "str" or "str" in self.bindings.bound:
                return False
        elif not isinstance(first, ast.JoinedStr) and not (
            isinstance(first, ast.Constant) and isinstance(first.value, str)
        ):
            return False
        for inner in walk(node.value):
            if isinstance(inner, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)):
                return False
            if isinstance(inner, ast.Name) and inner.id == target.id:
                return False
        before.value = ast.copy_location(ast.BinOp(before.value, ast.Add(), node.value), node)
        return True


def _is_silent(test: ast.expr) -> bool:
    """Whether it only compares variables with each other and with constants."""
    return all(isinstance(node, _SILENT) for node in walk(test))


def _declares(body: list[ast.stmt]) -> bool:
    """Whether code that never runs matters all the same: ``yield``, ``global``."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, _DECLARING):
            return True
        if not isinstance(node, _SCOPES):
            todo += children(node)
    return False


def _jumps(body: list[ast.stmt]) -> bool:
    """Whether ``break`` or ``continue`` belongs to the loop around."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Break, ast.Continue)):
            return True
        if isinstance(node, _LOOPS):
            todo += node.orelse
        elif not isinstance(node, (*_SCOPES, ast.expr)):
            todo += children(node)
    return False


def _only_raises(handler: ast.ExceptHandler) -> bool:
    if len(handler.body) != 1 or not isinstance(handler.body[0], ast.Raise) or handler.body[0].cause is not None:
        return False
    kinds = walk(handler.type) if handler.type is not None else ()
    if any(isinstance(node, (ast.Call, ast.NamedExpr)) for node in kinds):
        return False
    raised = handler.body[0].exc
    return raised is None or (isinstance(raised, ast.Name) and raised.id == handler.name)
