"""Lowering of expressions: AST -> three-address instructions in basic blocks."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from real.detector.frontend.lowering.calls import CallLowerer
from real.detector.frontend.normalise.inline_body import Inlined
from real.detector.frontend.scopes import Comprehension
from real.detector.frontend.tree_walk import walk
from real.detector.ir.builder import connect
from real.detector.ir.instructions import DISPLAY, Block, Operand

# A conversion with one of these format types raises ValueError for text: only a number gets through.
NUMERIC_FORMATS = frozenset("bdoxXneEfFgG%")
_CONVERSIONS = {ord("r"): "repr", ord("a"): "ascii"}


class ExprLowerer(CallLowerer):
    """Lowers the expressions of one unit."""

    def expr(self, node: ast.expr) -> Operand:
        """Lower one expression; returns its operand."""
        return _EXPRESSIONS[type(node)](self, node)

    def expr_Constant(self, node: ast.Constant) -> Operand:
        return self.emit("const", [], node.value, node.lineno)

    def expr_Attribute(self, node: ast.Attribute) -> Operand:
        value = self.emit("attr", [self.expr(node.value)], node.attr, node.lineno, node.col_offset)
        return self.load_path(node, value)

    def expr_Subscript(self, node: ast.Subscript) -> Operand:
        base = self.expr(node.value)
        if isinstance(node.slice, ast.Slice):
            parts = self.bounds(node.slice)
            end = [] if parts[1] is None else [parts[1]]
            cut = self.emit("slice", [base, *end], _written_bounds(node.slice), node.lineno)
            self.unit.bounds[cut] = parts
            return cut
        value = self.emit("sub", [base, self.expr(node.slice)], None, node.lineno, node.col_offset)
        return self.load_path(node, value)

    def bounds(self, node: ast.Slice) -> tuple[int | None, int | None, int | None]:
        """Evaluate the parts of a slice: its start, its end and its step."""
        parts = [None if part is None else self.pin(self.expr(part)) for part in (node.lower, node.upper, node.step)]
        return parts[0], parts[1], parts[2]

    def expr_Slice(self, node: ast.Slice) -> Operand:
        self.bounds(node)
        return self.const(None, node)

    def expr_BinOp(self, node: ast.BinOp) -> Operand:
        chain = [node]  # long concatenations nest to the left: walk them without recursion
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        value = self.expr(chain[-1].left)
        for link in reversed(chain):
            right = self.expr(link.right)
            value = self.emit("binop", [value, right], type(link.op).__name__, link.lineno, link.col_offset)
        return value

    def expr_UnaryOp(self, node: ast.UnaryOp) -> Operand:
        return self.emit("unary", [self.expr(node.operand)], type(node.op).__name__, node.lineno)

    def expr_Compare(self, node: ast.Compare) -> Operand:
        operands = [self.expr(operand) for operand in (node.left, *node.comparators)]
        return self.emit("compare", operands, tuple(type(op).__name__ for op in node.ops), node.lineno)

    def expr_BoolOp(self, node: ast.BoolOp) -> Operand:
        result = f"?{next(self.fresh)}"
        after = self.new_block()
        for index, part in enumerate(node.values):
            value = self.expr(part)
            self.assign(result, "assign", [value], None, node.lineno)
            if isinstance(part, ast.Constant) and bool(part.value) != isinstance(node.op, ast.And):
                break  # `test or True`: what follows is never evaluated
            if index < len(node.values) - 1:
                rest, stop = self.new_block(), self.new_block()
                senses = (rest, stop) if isinstance(node.op, ast.And) else (stop, rest)
                self.branch(result, *senses, self.candidates(part))
                self.start(stop)
                connect(stop, after)
                self.start(rest)
        self.continue_in(after)
        return self.pin(result)

    def expr_IfExp(self, node: ast.IfExp) -> Operand:
        result = f"?{next(self.fresh)}"
        then, other, after = self.new_block(), self.new_block(), self.new_block()
        self.condition(node.test, then, other)
        for block, branch in ((then, node.body), (other, node.orelse)):
            self.start(block)
            self.assign(result, "assign", [self.expr(branch)], None, node.lineno)
            connect(self.block, after)
        self.start(after)
        return self.pin(result)

    def expr_NamedExpr(self, node: ast.NamedExpr) -> Operand:
        value = self.pin(self.expr(node.value))
        self.store(node.target, value)
        return self.expr(node.target)

    def _sequence(self, kind: str, items: Sequence[ast.expr], line: int) -> int:
        starred = tuple(isinstance(item, ast.Starred) for item in items)
        operands = [self.expr(item.value if isinstance(item, ast.Starred) else item) for item in items]
        return self.emit("build", operands, (kind, starred if any(starred) else None), line)

    def expr_List(self, node: ast.List) -> Operand:
        return self._sequence("list", node.elts, node.lineno)

    def expr_Tuple(self, node: ast.Tuple) -> Operand:
        return self._sequence("tuple", node.elts, node.lineno)

    def expr_Set(self, node: ast.Set) -> Operand:
        return self._sequence("set", node.elts, node.lineno)

    def expr_Starred(self, node: ast.Starred) -> Operand:
        return self.expr(node.value)

    def expr_Dict(self, node: ast.Dict) -> Operand:
        container = self.emit("build", [], ("dict", None), node.lineno)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.emit("merge", [container, self.expr(value)], None, node.lineno)
            else:
                pinned = self.expr(key)
                self.emit("setsub", [container, pinned, self.expr(value)], DISPLAY, value.lineno)
        return container

    def expr_JoinedStr(self, node: ast.JoinedStr) -> Operand:
        pieces: list[str | None] = []
        operands: list[Operand] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                pieces.append(str(part.value))
            elif isinstance(part, ast.FormattedValue):
                pieces.append(None)
                operands.append(self._formatted(part))
        return self.emit("fstring", operands, tuple(pieces), node.lineno, node.col_offset)

    def _formatted(self, node: ast.FormattedValue) -> Operand:
        value = self.expr(self._converted(node))
        spec = node.format_spec
        if not isinstance(spec, ast.JoinedStr) or not spec.values:
            return value
        last = spec.values[-1]
        if isinstance(last, ast.Constant) and str(last.value)[-1:] in NUMERIC_FORMATS and node.conversion == -1:
            return self.emit("numeric", [value], None, node.lineno)
        parts = [self._formatted(part) for part in spec.values if isinstance(part, ast.FormattedValue)]
        made = self.emit("fstring", [value, *parts], (None,) * (1 + len(parts)), node.lineno)
        is_cut = parts or any(isinstance(part, ast.Constant) and "." in str(part.value) for part in spec.values)
        return self.emit("slice", [made], None, node.lineno) if is_cut else made  # a precision cuts a text

    def _converted(self, node: ast.FormattedValue) -> ast.expr:
        """``repr(x)`` of ``{x!r}``."""
        name = _CONVERSIONS.get(node.conversion)
        if name is None or not self.table.is_builtin(name) or self.table.may_be_star_imported(name):
            return node.value
        self.scope.free.setdefault(name, ())
        function = ast.copy_location(ast.Name(name, ast.Load()), node.value)
        return ast.copy_location(ast.Call(function, [node.value], []), node.value)

    def expr_FormattedValue(self, node: ast.FormattedValue) -> Operand:
        return self._formatted(node)

    def expr_Await(self, node: ast.Await) -> Operand:
        return self.emit("await", [self.expr(node.value)], None, node.lineno)

    def expr_Yield(self, node: ast.Yield) -> Operand:
        self.unit.is_generator = True
        value = self.expr(node.value) if node.value else self.const(None, node)
        return self.emit("yield", [value], False, node.lineno)

    def expr_YieldFrom(self, node: ast.YieldFrom) -> Operand:
        self.unit.is_generator = True
        return self.emit("yield", [self.expr(node.value)], True, node.lineno)

    # --- comprehensions ----------------------------------------------------------------------------------------------

    @abstractmethod
    def expr_Inlined(self, node: Inlined) -> Operand:
        """The body of a function in place of a call."""

    def expr_comprehension(self, node: Comprehension) -> Operand:
        kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict", ast.GeneratorExp: "generator"}[
            type(node)
        ]
        container = self.emit("build", [], (kind, None), node.lineno)
        depth = len(self.renames)
        loops: list[tuple[Block, Block]] = []
        for generator in node.generators:
            iterable = self.pin(self.expr(generator.iter))
            number = next(self.fresh)
            names = [target.id for target in walk(generator.target) if isinstance(target, ast.Name)]
            self.renames.append({name: f"{name}#{number}" for name in names})
            header, done = self.loop_over(iterable, generator.target)
            loops.append((header, done))
            for test in generator.ifs:
                passed = self.new_block()
                self.condition(test, passed, header)
                self.start(passed)
        if isinstance(node, ast.DictComp):
            key = self.pin(self.expr(node.key))
            self.emit("setsub", [container, key, self.expr(node.value)], None, node.lineno)
        else:
            self.emit("add", [container, self.expr(node.elt)], None, node.lineno)
        connect(self.block, loops[-1][0])
        for (_, done), (outer_header, _) in zip(loops[:0:-1], loops[-2::-1], strict=True):
            connect(done, outer_header)
        self.start(loops[0][1])
        del self.renames[depth:]
        return container


_EXPRESSIONS: dict[type[ast.expr], Callable[[ExprLowerer, Any], Operand]] = {
    getattr(ast, name.removeprefix("expr_")): getattr(ExprLowerer, name)
    for name in dir(ExprLowerer)
    if name.startswith("expr_") and hasattr(ast, name.removeprefix("expr_"))
}
_EXPRESSIONS[Inlined] = lambda lowerer, node: lowerer.expr_Inlined(node)
_EXPRESSIONS.update(
    dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), ExprLowerer.expr_comprehension)
)


def _written_bounds(node: ast.Slice) -> tuple[int | None, int | None]:
    """The constant start and end of ``text[1:-1]``; ``None`` for one that is not constant, and for a missing end."""
    if node.step is not None:
        return None, None
    return (0 if node.lower is None else _constant_bound(node.lower)), _constant_bound(node.upper)


def _constant_bound(node: ast.expr | None) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _constant_bound(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None
