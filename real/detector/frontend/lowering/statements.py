"""Lowering of statements: the body of one unit to basic blocks."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from real.detector.frontend.lowering.caught import RAISING, keys_of_look_ups
from real.detector.frontend.lowering.frames import Finally, InlinedCall, Loop
from real.detector.frontend.lowering.known_counts import has_elements
from real.detector.frontend.lowering.matching import MatchLowerer
from real.detector.frontend.lowering.units import UnitTable
from real.detector.frontend.normalise.inline_body import Inlined
from real.detector.frontend.scopes import Scope
from real.detector.ir.builder import connect
from real.detector.ir.instructions import Block, Instr, ModuleName, Operand, Params, Unit


class UnitLowerer(MatchLowerer):
    """Lowers the statements of one unit."""

    def __init__(self, units: UnitTable, unit: Unit, scope: Scope) -> None:
        super().__init__(units, unit, scope)
        self.frames: list[Loop | Finally | InlinedCall] = []
        self.exits: list[Block] = []

    def lower(self) -> None:
        """Lower the body, with the parameters defined at the entry and an implicit ``return None`` at the end."""
        node = self.scope.node
        for name in self.unit.params.names:
            self._parameter(name)
        if self.unit.kind == "module":
            for name in sorted(self.scope.bound & self.units.builtins):
                self.at_entry(name, "builtin", [], ((), name))  # `try: input = raw_input`: until then it is the builtin
        if isinstance(node, ast.Lambda):
            self._return(self.expr(node.body), node.lineno)
        else:
            self.body(node.body)
        self._return(self.const(None), self.unit.line)
        connect(self.entry, self.unit.blocks[1])

    def _parameter(self, name: str) -> None:
        value = self.emit("param", [], name, self.unit.line)
        self.store_name(name, value, self.scope.node, note=False)

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Lower statements in order."""
        for statement in statements:
            _STATEMENTS[type(statement)](self, statement)

    # --- assignments -------------------------------------------------------------------------------------------------

    def stmt_Assign(self, node: ast.Assign) -> None:
        value = self.expr(node.value)
        if len(node.targets) > 1 or not isinstance(node.targets[0], ast.Name):
            value = self.pin(value)
        else:
            self.flags[node.targets[0].id] = self._flag(node.value)
            self.note_source(node.targets[0].id, node.value)
        for target in node.targets:
            self.store(target, value)

    def _flag(self, value: ast.expr) -> list[str]:
        return self.candidates(value) if isinstance(value, (ast.Compare, ast.Call, ast.UnaryOp)) else []

    def stmt_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.store(node.target, self.expr(node.value))
        elif self.unit.kind == "class" and isinstance(node.target, ast.Name):
            self.emit("field", [], node.target.id, node.lineno)
            return
        if self.unit.kind == "class" and isinstance(node.target, ast.Name):
            self.emit("field", [], node.target.id, node.lineno)

    def stmt_AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        op = type(node.op).__name__
        if isinstance(target, ast.Name):
            read = self.pin(self.expr_Name(ast.Name(target.id, ast.Load(), lineno=node.lineno, col_offset=0)))
            value = self.emit("inplace", [read, self.expr(node.value)], op, node.lineno, node.col_offset)
            self.store(target, value)
            return
        base = self.pin(self.expr(target.value))
        if isinstance(target, ast.Attribute):
            read = self.emit("attr", [base], target.attr, node.lineno)
            value = self.emit("inplace", [read, self.expr(node.value)], op, node.lineno, node.col_offset)
            self.emit("setattr", [base, value], target.attr, node.lineno, node.col_offset)
            self.forget_paths(f".{target.attr}")
        else:
            key = self.pin(self.expr(target.slice))
            read = self.emit("sub", [base, key], None, node.lineno)
            value = self.emit("inplace", [read, self.expr(node.value)], op, node.lineno, node.col_offset)
            self.emit("setsub", [base, key, value], None, node.lineno, node.col_offset)
            self.forget_paths("]")

    def stmt_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                self.emit("delattr", [self.expr(target.value)], target.attr, target.lineno, target.col_offset)
            elif isinstance(target, ast.Subscript):
                base = self.pin(self.expr(target.value))
                self.emit("delsub", [base, self.expr(target.slice)], None, target.lineno, target.col_offset)

    # --- simple statements -------------------------------------------------------------------------------------------

    def stmt_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        value = self.expr(node.value)
        if isinstance(node.value, ast.Call):
            self._checked(node.value, value)

    def _checked(self, call: ast.Call, value: Operand) -> None:
        """``check(x)`` as a statement: that it returned may prove something about ``x``."""
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name in self.table.function_names:
            for var in [v for v in self.candidates(call) if v]:
                self.assign(var, "pi", [var, value], None, 0)

    def stmt_Pass(self, node: ast.stmt) -> None:
        """Nothing to do, also for ``global`` and ``nonlocal``, which name resolution has read."""

    def stmt_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            dotted = alias.name if alias.asname else alias.name.split(".")[0]
            value = self.emit("import", [], ModuleName(dotted), node.lineno)
            self.store_name(alias.asname or dotted, value, node, note=False)

    def stmt_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.units.star_imports.append(module)
                continue
            value = self.emit("import", [], f"{module}.{alias.name}", node.lineno)
            self.store_name(alias.asname or alias.name, value, node, note=False)

    def stmt_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = [self.pin(self.expr(decorator)) for decorator in node.decorator_list]
        value: Operand = self.function(node, node.name)
        for decorator in reversed(decorators):
            value = self.emit("decorate", [decorator, value], None, node.lineno)
        self.store_name(node.name, value, node, note=False)

    def stmt_ClassDef(self, node: ast.ClassDef) -> None:
        decorators = [self.pin(self.expr(decorator)) for decorator in node.decorator_list]
        bases = [self.expr(base.value if isinstance(base, ast.Starred) else base) for base in node.bases]
        bases += [self.expr(keyword.value) for keyword in node.keywords]
        unit = self.units.unit_for(node, node.name, "class", self.unit, Params())
        value: Operand = self.emit("class", bases, unit, node.lineno)
        for decorator in reversed(decorators):
            value = self.emit("decorate", [decorator, value], None, node.lineno)
        self.store_name(node.name, value, node, note=False)

    # --- control flow ------------------------------------------------------------------------------------------------

    def stmt_If(self, node: ast.If) -> None:
        after = self.new_block()
        while True:  # an elif chain is nested in the AST; walk it without recursion
            then, other = self.new_block(), self.new_block()
            self.condition(node.test, then, other)
            self.start(then)
            self.body(node.body)
            connect(self.block, after)
            self.start(other)
            if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                node = node.orelse[0]
                continue
            self.body(node.orelse)
            self.continue_in(after)
            return

    def stmt_While(self, node: ast.While) -> None:
        header, body, done, after = (self.new_block() for _ in range(4))
        self.continue_in(header)
        self.condition(node.test, body, done)
        self.start(body)
        self._loop_body(node, header, done, after)

    def stmt_For(self, node: ast.For | ast.AsyncFor) -> None:
        iterable = self.pin(self.expr(node.iter))
        if has_elements(node.iter, self):
            header, done = self._loop_that_runs(iterable, node.target)
        else:
            header, done = self.loop_over(iterable, node.target)
        self._loop_body(node, header, done, self.new_block())

    def _loop_that_runs(self, iterable: int, target: ast.expr) -> tuple[Block, Block]:
        """The same as ``loop_over`` for a loop that makes a round at least: its test stands behind the body.

        Then what holds after the loop is what a round leaves, not what was before (loop inversion).
        """
        body, latch, done = self.new_block(), self.new_block(), self.new_block()
        connect(latch, body)
        connect(latch, done)
        self.continue_in(body)
        self.store(target, self.emit("iterate", [iterable], None, target.lineno))
        return latch, done

    def _loop_body(self, node: ast.While | ast.For | ast.AsyncFor, header: Block, done: Block, after: Block) -> None:
        self.frames.append(Loop(header, after, len(self.catchers)))
        self.body(node.body)
        self.frames.pop()
        connect(self.block, header)
        self.start(done)
        self.body(node.orelse)
        self.continue_in(after)

    def _leave(self, loop: bool) -> Loop | InlinedCall | None:
        """Run the ``finally`` bodies between here and the loop (or the function's end, or that of an inlined one).

        Returns the loop or the inlined call.
        """
        frames, catchers = self.frames, self.catchers
        found: Loop | InlinedCall | None = None
        for index in range(len(frames) - 1, -1, -1):
            frame = frames[index]
            if isinstance(frame, InlinedCall):
                found = frame
                break
            if isinstance(frame, Loop):
                if loop:
                    found = frame
                    break
                continue
            self.frames, self.catchers = frames[:index], catchers[: frame.catchers]
            self.continue_in(self.new_block())
            self.body(frame.body)
        self.frames, self.catchers = frames, catchers
        return found

    def stmt_Break(self, node: ast.Break) -> None:
        loop = self._leave(loop=True)
        if isinstance(loop, Loop):
            self.jump(loop.after)

    def stmt_Continue(self, node: ast.Continue) -> None:
        loop = self._leave(loop=True)
        if isinstance(loop, Loop):
            self.jump(loop.header)

    def stmt_Return(self, node: ast.Return) -> None:
        if isinstance(node.value, Inlined):  # its returns are returns of this function
            self.body(node.value.body)
            self.stmt_Return(ast.copy_location(ast.Return(None), node))
            return
        frame = next((f for f in reversed(self.frames) if not isinstance(f, Loop)), None)
        if isinstance(frame, InlinedCall) and frame.senses is not None and node.value is not None:
            self.condition(node.value, *frame.senses)
            self.block = self.new_block()
            return
        value = self.pin(self.expr(node.value)) if node.value else self.const(None, node)
        inline = self._leave(loop=False)
        if not isinstance(inline, InlinedCall):
            self._return(value, node.lineno, node.col_offset)
        elif inline.senses is None:
            self.assign(inline.result, "assign", [value], None, node.lineno)
            self.jump(inline.after)
        else:
            self.branch(value, *inline.senses, [])
            self.block = self.new_block()

    # --- inlined calls -----------------------------------------------------------------------------------------------

    def expr_Inlined(self, node: Inlined) -> Operand:
        frame = InlinedCall(self.new_block(), f"?{next(self.fresh)}", len(self.catchers))
        self._inlined_body(node, frame)
        self.assign(frame.result, "assign", [self.const(None, node)], None, node.lineno)
        self.continue_in(frame.after)
        return self.pin(frame.result)

    def _inlined_body(self, node: Inlined, frame: InlinedCall) -> None:
        self.frames.append(frame)
        self.body(node.body)
        self.frames.pop()

    def condition(self, test: ast.expr, then: Block, other: Block) -> None:
        if not isinstance(test, Inlined):
            super().condition(test, then, other)
            return
        self._inlined_body(test, InlinedCall(other, "", len(self.catchers), (then, other)))
        connect(self.block, other)  # without ``return``, it is ``None``

    def _return(self, value: Operand, line: int, column: int = 0) -> None:
        """Parameters are operands too, so that a caller can learn what holds of them when the call has returned."""
        params = [name for name in self.unit.params.names if name in self.scope.bound - self.scope.rebound]
        self.emit("return", [value, *params], tuple(params), line, column)
        self.block = self.new_block()

    def stmt_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.expr(node.exc)
        if node.cause is not None:
            self.expr(node.cause)
        self.raise_to_handlers()

    def stmt_Assert(self, node: ast.Assert) -> None:
        """Evaluated, but never a guard: ``python -O`` removes it."""
        self.expr(node.test)
        if node.msg is not None:
            self.expr(node.msg)

    # --- exceptions --------------------------------------------------------------------------------------------------

    def stmt_Try(self, node: ast.Try) -> None:
        if not node.finalbody:
            self._try_except(node)
            return
        failed = self.new_block()
        self.frames.append(Finally(node.finalbody, len(self.catchers)))
        self.enter_handled(failed)
        if node.handlers:
            self._try_except(node)
        else:
            self.body(node.body)
            self.body(node.orelse)
        self.catchers.pop()
        self.frames.pop()
        self.continue_in(self.new_block())
        self.body(node.finalbody)
        after = self.new_block()
        connect(self.block, after)
        self.start(failed)
        self.body(node.finalbody)
        self.raise_to_handlers()
        self.start(after)

    def _try_except(self, node: ast.Try) -> None:
        dispatch, after = self.new_block(), self.new_block()
        first = len(self.unit.blocks)
        self.enter_handled(dispatch)
        self.body(node.body)
        self.catchers.pop()
        raisers = [i for block in self.unit.blocks[first:] for i in block.instrs if i.op in RAISING]
        self.continue_in(self.new_block())
        self.body(node.orelse)
        connect(self.block, after)
        for handler in node.handlers:
            block = self.new_block()
            connect(dispatch, block)
            self.start(block)
            if handler.type is not None:
                kinds = self.expr(handler.type)
                self.emit("handler", [kinds], None, handler.type.lineno, handler.type.col_offset)
            if handler.name:
                self.store_name(handler.name, self._exception(raisers, handler), handler, note=False)
            self.body(handler.body)
            connect(self.block, after)
        self.start(after)

    def _exception(self, raisers: list[Instr], handler: ast.ExceptHandler) -> int:
        """The caught exception: its text may quote any operand of what was called in the ``try``; see ``caught``."""
        return self.emit("caught", keys_of_look_ups(handler.type, raisers), raisers, handler.lineno)

    def stmt_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            manager = self.expr(item.context_expr)
            entered = self.emit("enter", [manager], None, item.context_expr.lineno)
            if item.optional_vars is not None:
                self.store(item.optional_vars, entered)
        if not self.table.may_suppress:
            self.body(node.body)
            return
        swallowed = self.new_block()  # the manager may swallow an exception: execution goes on after the body
        self.enter_handled(swallowed)
        self.body(node.body)
        self.catchers.pop()
        self.continue_in(swallowed)


_STATEMENTS: dict[type[ast.stmt], Callable[[UnitLowerer, Any], None]] = {
    getattr(ast, name.removeprefix("stmt_")): getattr(UnitLowerer, name)
    for name in dir(UnitLowerer)
    if name.startswith("stmt_")
}
_STATEMENTS.update(
    {
        ast.AsyncFunctionDef: UnitLowerer.stmt_FunctionDef,
        ast.AsyncFor: UnitLowerer.stmt_For,
        ast.AsyncWith: UnitLowerer.stmt_With,
        ast.TryStar: UnitLowerer.stmt_Try,
        ast.Global: UnitLowerer.stmt_Pass,
        ast.Nonlocal: UnitLowerer.stmt_Pass,
    }
)
