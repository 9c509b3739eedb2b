"""Lowering of function definitions and calls."""

from __future__ import annotations

import ast
from typing import TypeAlias

from real.detector.frontend.lowering.conditions import ConditionLowerer
from real.detector.frontend.normalise.expressions import COPIES
from real.detector.frontend.tree_walk import walk
from real.detector.ir.instructions import CallShape, Operand, Params
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"

# Calls that end the path; they raise an exception, so handlers are still reached.
_EXITS = frozenset(api.removeprefix("builtins.") for api in calls_of(Role.EXIT))
NAMESPACES = frozenset({"locals", "vars", "globals"})


class CallLowerer(ConditionLowerer):
    """Lowers functions and calls."""

    def expr_Lambda(self, node: ast.Lambda) -> Operand:
        return self.function(node, "<lambda>")

    def function(self, node: FunctionNode, name: str) -> int:
        """The function object: defaults are evaluated now, the body is a unit of its own."""
        arguments = node.args
        positional = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
        names: list[str] = positional[len(positional) - len(arguments.defaults) :]
        operands = [self.expr(default) for default in arguments.defaults]
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                names.append(arg.arg)
                operands.append(self.expr(default))
        params = Params(
            tuple(positional),
            tuple(arg.arg for arg in arguments.kwonlyargs),
            arguments.vararg.arg if arguments.vararg else None,
            arguments.kwarg.arg if arguments.kwarg else None,
        )
        unit = self.units.unit_for(node, name, "function", self.unit, params)
        return self.emit("function", operands, (unit, tuple(names)), node.lineno)

    def expr_Call(self, node: ast.Call) -> Operand:
        func = node.func
        if isinstance(func, ast.Name) and self.table.is_builtin(func.id):
            special = self._special_call(func.id, node)
            if special is not None:
                return special
        if self.is_copy(node):
            return self.emit("copy", [self.expr(node.args[0])], "copied", node.lineno)
        head = self.expr(func.value) if isinstance(func, ast.Attribute) else self.expr(func)
        operands = [head]
        starred = []
        for arg in node.args:
            starred.append(isinstance(arg, ast.Starred))
            operands.append(self.expr(arg.value if isinstance(arg, ast.Starred) else arg))
        for keyword in node.keywords:
            operands.append(self.expr(keyword.value))
        shape = CallShape(tuple(starred), tuple(keyword.arg for keyword in node.keywords))
        if isinstance(func, ast.Attribute):
            result = self.emit("method", operands, (func.attr, shape), node.lineno, node.col_offset)
        else:
            result = self.emit("call", operands, shape, node.lineno, node.col_offset)
        if self._never_returns(func):
            self.raise_to_handlers()
        return result

    def _special_call(self, name: str, node: ast.Call) -> Operand | None:
        if name in NAMESPACES and not node.args:
            names = sorted(self.scope.bound if name != "globals" else self.table.module.bound)
            is_copy = name != "globals" and self.unit.kind == "function"  # to write into it changes no variable
            container = self.emit("build", [], ("dict" if is_copy else "namespace", None), node.lineno)
            for local in names:
                value = self.expr(ast.Name(local, ast.Load(), lineno=node.lineno, col_offset=0))
                self.emit("member", [container, value], local, node.lineno)
            return container
        if name in ("dict", "list", "set") and not node.args and not node.keywords:
            return self.emit("build", [], (name, None), node.lineno)
        if name == "super" and not node.args and self.unit.is_method:
            return self.emit("super", [], self.unit.parent, node.lineno)
        if name == "eval" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            return self._eval_constant(node.args[0])
        return None

    def _eval_constant(self, source: ast.Constant) -> Operand | None:
        try:
            tree = ast.parse(str(source.value).strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return self.const(None, source)
        for inner in walk(tree):
            if isinstance(
                inner, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr)
            ):
                return None  # the call stays what it is
            if isinstance(inner, ast.Name) and inner.id not in self.scope.bound:
                self.scope.free.setdefault(inner.id, ())
                if not self.table.is_builtin(inner.id) or inner.id not in self.units.builtins:
                    return None
            if hasattr(inner, "lineno"):
                inner.lineno = source.lineno
        return self.expr(tree.body)

    def _never_returns(self, func: ast.expr) -> bool:
        """A library exit, or a function of the program that always ends in one or in a ``raise``."""
        if self.static_name(func) in _EXITS:
            return True
        node = self.table.functions.get(func.id) if isinstance(func, ast.Name) else None
        if node is None or any(isinstance(inner, (ast.Return, ast.Yield, ast.YieldFrom)) for inner in walk(node)):
            return False
        last = node.body[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            return self.static_name(last.value.func) in _EXITS
        return isinstance(last, ast.Raise)

    def is_copy(self, node: ast.expr) -> bool:
        """``copy.copy(x)``: as good as ``x``, but an object of its own."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return False
        if isinstance(node.func, ast.Attribute) and node.func.attr not in ("copy", "deepcopy"):
            return False
        return self.static_name(node.func) in COPIES

    def static_name(self, node: ast.expr) -> str | None:
        """The dotted library name that ``node`` certainly is: an import or builtin that the program never shadows."""
        if isinstance(node, ast.Name):
            if node.id in self.table.imports:
                return self.table.imports[node.id]
            return node.id if self.table.is_builtin(node.id) and not self.table.may_be_star_imported(node.id) else None
        if isinstance(node, ast.Attribute) and node.attr not in self.table.attribute_writers:
            base = self.static_name(node.value)
            if base is None or self.table.hides_writes:
                return None
            safe = isinstance(node.value, ast.Name) and node.value.id not in self.table.handed_on
            return f"{base}.{node.attr}" if safe or not self.table.writes_by_name else None
        return None
