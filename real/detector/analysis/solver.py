"""The solver: flow-sensitive, context-insensitive taint analysis over the SSA form of every unit, to a fixed point.

Every transfer function is monotone and every lattice here is finite, so it ends; a step budget bounds how long that
takes.
Functions are summarised by the join of their arguments, their result, and what their returns prove of the parameters.

It is composed of parts, each of which knows those below it: heap < state < records < containers < functions <
attributes < calls < items, operators, transfer. What a part needs of one above it is a protocol beside it, and given to
it here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

from real.detector.analysis.attributes import Attributes
from real.detector.analysis.calls import Calls
from real.detector.analysis.containers import Containers
from real.detector.analysis.entry_points import EntryPoints
from real.detector.analysis.examples import Examples
from real.detector.analysis.exposure import Exposure
from real.detector.analysis.functions import Functions
from real.detector.analysis.guards import Guards
from real.detector.analysis.heap import Heap
from real.detector.analysis.items import Items
from real.detector.analysis.letters import Letters
from real.detector.analysis.operators import Operators
from real.detector.analysis.records import Records
from real.detector.analysis.replaced_code import ReplacedCode
from real.detector.analysis.routes import FixedRoutes
from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.state import State
from real.detector.analysis.transfer import Transfer
from real.detector.analysis.values import Step, Value
from real.detector.frontend.escapes import Escapes
from real.detector.ir.instructions import Instr, Program, Unit
from real.detector.limits import Budget, BudgetExceededError

_NUMBER = attrgetter("number")
_SHARE = 30  # steps for each value of a unit that is looked at by itself
# Part -> the opcodes that it has a method for, and the method's name.
_HANDLERS: dict[type, list[tuple[str, str]]] = {
    part: [(name.removeprefix("do_"), name) for name in dir(part) if name.startswith("do_")]
    for part in (Attributes, Items, Operators, Transfer)
}


class Solver:
    """One analysis of one program under some rules; rule ``i`` owns bit ``i`` of every taint mask."""

    def __init__(
        self, program: Program, rules: RuleSet, budget: Budget, escapes: Escapes, *, is_imported: bool = False
    ) -> None:
        """``is_imported``: others call the program's functions, so that it is no script whatever it reads."""
        self._escapes, self._is_imported = escapes, is_imported
        self.heap = heap = Heap(rules, budget)
        heap.unit = program.units[0]
        self.state = state = State(program, heap)
        self.records = records = Records(heap, state)
        self.guards = Guards(heap, state)
        self.replaced = replaced = ReplacedCode(heap, state, records)
        containers = Containers(heap, Letters(heap, state, self.guards), replaced)
        self._functions = functions = Functions(heap, state, self, Examples(heap, state, self.guards))
        attributes = Attributes(heap, records, replaced, containers, functions, FixedRoutes(program))
        calls = Calls(heap, state, records, containers, functions, attributes)
        containers.calls = functions.calls = attributes.calls = calls
        containers.callbacks = calls.unknown
        transfer = Transfer(heap, state, records, self.guards, calls, self)
        parts: tuple[object, ...] = (attributes, Items(calls), Operators(heap, containers, calls), transfer)
        self._handlers: dict[str, Callable[[Instr, list[Value]], Value]] = {
            op: getattr(part, name) for part in parts for op, name in _HANDLERS[type(part)]
        }

    def solve(self) -> None:
        """Run to the fixed point, with every function reached that can be."""
        state = self.state
        self.activate(state.program.units[0])
        exposure = Exposure(self.heap, state, self.records, self.guards, self._escapes, is_imported=self._is_imported)
        entries = EntryPoints(self.heap, state, self._functions, exposure, self)
        entries.open_all()
        units = tuple(u for u in state.program.units if state.states[u].reached or not entries.is_inlined(u))
        state.program = replace(state.program, units=units)

    def solve_alone(self, budget: Budget) -> None:
        """Evaluate each unit once, by itself: calls of other functions of the program tell nothing.

        The cost is proportional to the size of the program; a unit that takes more than its share is left.
        """
        state = self.state
        self._functions.calls_are_followed = False
        for unit in state.program.units:
            state.states[unit].reached = True
            if unit.kind == "function":
                state.opened[unit] = None
                names = unit.params.names[1:] if unit.is_method else unit.params.names
                for name in names:
                    why = Step(unit.line, f"parameter `{name}` of {unit.name}() can be anything", None, unit)
                    state.states[unit].params[name] = Value(self.heap.rules.all, why)
            budget.allow(_SHARE * (unit.values + 10))
            with contextlib.suppress(BudgetExceededError):
                self.run(unit)
            state.stack.clear()
        self.heap.pending.clear()

    def activate(self, unit: Unit) -> None:
        """Analyse ``unit`` and everything that this changes."""
        self.state.states[unit].reached = True
        self.heap.pending.add(unit)
        self.settle()

    def settle(self) -> None:
        """Evaluate what is pending until nothing is."""
        pending = self.heap.pending
        while pending:
            following = min(pending, key=_NUMBER)
            pending.discard(following)
            self.run(following)

    def run(self, unit: Unit) -> None:
        """Evaluate every instruction of ``unit`` until nothing in it changes."""
        heap, stack = self.heap, self.state.stack
        outer, heap.unit = heap.unit, unit
        state = self.state.states[unit]
        env = state.env
        handlers = self._handlers
        stack.append(unit)
        any_change = False
        result = state.result
        grown = heap.grown
        while True:
            changed = False
            steps = 0
            for block in unit.blocks:
                steps += len(block.instrs)
                for instr in block.instrs:
                    dst = instr.dst
                    old = env[dst]
                    new = handlers[instr.op](instr, env)
                    if new is not old:
                        merged = grown(old, new)
                        if merged is not old:
                            env[dst] = merged
                            changed = True
            heap.spend(steps)
            any_change = any_change or changed
            if not changed or not unit.has_loop:
                break
        stack.pop()
        if any_change:
            heap.pending.update(unit for unit in state.asked_by if not stack or unit is not stack[-1])
        if state.result is not result:  # the innermost caller is about to read it
            heap.pending.update(caller for caller in state.callers if not stack or caller is not stack[-1])
        heap.unit = outer
