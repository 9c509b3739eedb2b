"""The solver: flow-sensitive, context-insensitive taint analysis over the SSA form of every unit, to a fixed point.

Every transfer function is monotone and every lattice here is finite, so it ends; a step budget bounds how long that
takes.
Functions are summarised by the join of their arguments, their result, and what their returns prove of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from real.detector.analysis.callsites import Args, CallSite
from real.detector.analysis.context import UnitState
from real.detector.analysis.declared_types import Signatures
from real.detector.analysis.exposure import Exposure, without_examples
from real.detector.analysis.guards import Guards
from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.transfer import Transfer
from real.detector.analysis.values import (
    BOTTOM,
    NO_OBJS,
    NUM,
    OTHER,
    STR,
    Obj,
    Step,
    Value,
    join,
    of_obj,
    ordered,
)
from real.detector.frontend.escapes import Escapes
from real.detector.ir.instructions import Instr, Program, Unit
from real.detector.limits import Budget
from real.detector.models import library


@cache
def _handler_names(solver: type) -> list[tuple[str, str]]:
    return [(name.removeprefix("do_"), name) for name in dir(solver) if name.startswith("do_")]


class Solver(Transfer):
    """One analysis of one program under some rules; rule ``i`` owns bit ``i`` of every taint mask."""

    def __init__(
        self, program: Program, rules: RuleSet, budget: Budget, escapes: Escapes, *, is_imported: bool = False
    ) -> None:
        """``is_imported``: others call the program's functions, so that it is no script whatever it reads."""
        super().__init__(rules, budget)
        self.escapes, self.is_imported = escapes, is_imported
        self.program = program
        self.states = {unit: UnitState([BOTTOM] * unit.values) for unit in program.units}
        self.cells: dict[tuple[int, str], Obj] = {}
        self.callees = {}
        self.call_units = {}
        self.calling = {}
        self.called_back = set()
        self.encoded = self.obj("encoded", "cell", "encoded")
        self.fields: dict[Unit, dict[str, None]] = {}  # annotated class attributes, in order: a dataclass's parameters
        self.sites: dict[tuple[Instr, str, str], CallSite] = {}  # the calls that rules may ask about
        self.possible: dict[Instr, CallSite] = {}  # the calls that may be any method
        self.dynamic: dict[Instr, tuple[Unit, str]] = {}  # where code is made from text
        self.typed_at: set[Instr] = set()  # where standard input is read
        self.kept: dict[Obj, None] = {}  # the functions that libraries are given to keep
        self.stack: list[Unit] = []
        self.guards = Guards(self)
        self.signatures = Signatures(program)
        self.functions = 0  # how many the program has
        self.opened: dict[Unit, None] = {}  # the functions that the outside can call: see ``exposure``
        self.unit = program.units[0]
        self.handlers: dict[str, Callable[[Instr, list[Value]], Value]] = {
            op: getattr(self, name) for op, name in _handler_names(type(self))
        }

    def solve(self) -> None:
        """Run to the fixed point, with every function reached that can be."""
        self.activate(self.program.units[0])
        functions = [unit for unit in self.program.units if unit.kind == "function"]
        self.functions = len(functions)
        named = self.program.entry_references
        functions = [*(u for u in functions if u.name not in named), *(u for u in functions if u.name in named)]
        self.exposure = Exposure(self)
        for unit in functions:
            if self.exposure.is_open_by_name(unit):
                self._open(unit)
        for unit in self.program.units:
            if self.exposure.has_open_fields(unit):
                self._open_fields(unit)
        self._open_given_away()
        for unit in functions:
            if not self.states[unit].reached and not self._is_inlined(unit):
                self._open(unit)  # nothing in the program calls it
                self._open_given_away()
        units = tuple(u for u in self.program.units if self.states[u].reached or not self._is_inlined(u))
        self.program = replace(self.program, units=units)

    def _open(self, unit: Unit) -> None:
        """Let the outside call a function."""
        if unit not in self.opened:
            self.opened[unit] = None
            self._distrust(unit)

    def _open_fields(self, unit: Unit) -> None:
        """Let the outside make objects of a class whose fields are the parameters of its constructor."""
        instance = self.instance(self.obj(("class", unit), "class", unit.name, unit))
        for name in self.fields.get(unit, {}):
            why = Step(unit.line, f"field `{name}` of {unit.name} can be anything", None)
            self.put(instance, name, Value(self.rules.all, why))
        self._settle()

    def _open_given_away(self) -> None:
        count = -1
        while count < len(self.opened) < self.functions:
            count = len(self.opened)
            for unit in (*self._registered(), *self.exposure.given_away()):
                self._open(unit)

    def _registered(self) -> list[Unit]:
        """The handlers that are given to a server, which calls them with what clients send."""
        found = []
        for unit in self.program.units:
            for instr in (instr for block in unit.blocks for instr in block.instrs if self.states[unit].reached):
                if instr.op not in ("call", "method"):
                    continue
                env = self.states[unit].env
                names = {str(instr.extra[0])} if instr.op == "method" else {o.name for o in env[instr.args[0]].objs}
                if library.REGISTRARS.isdisjoint(name.rpartition(".")[2] for name in names):
                    continue
                for operand in instr.args[1:]:
                    for obj in ordered(env[operand].objs) if isinstance(operand, int) else ():
                        functions = obj.fields.get("function", BOTTOM).objs if obj.kind == "bound" else (obj,)
                        found += [o.unit for o in functions if o.kind == "function" and o.unit is not None]
        return found

    def _is_inlined(self, unit: Unit | None) -> bool:
        """Whether it, or a function around it, has been put in place of its calls."""
        while unit is not None:
            if unit.inlined and not self.states[unit].reached:
                return True
            unit = unit.parent
        return False

    def activate(self, unit: Unit) -> None:
        """Analyse ``unit`` and everything that this changes."""
        self.states[unit].reached = True
        self.pending.add(unit)
        self._settle()

    def _settle(self) -> None:
        while self.pending:
            following = min(self.pending, key=lambda unit: unit.number)
            self.pending.discard(following)
            self.run(following)

    def _distrust(self, unit: Unit) -> None:
        """Take the parameters of ``unit`` as chosen by an attacker."""
        state = self.states[unit]
        positional = list(unit.params.positional)
        if unit.is_method and positional and unit.parent is not None:
            self._bind_self(unit, unit.parent, positional.pop(0))
        for name in (*positional, *unit.params.names[len(unit.params.positional) :]):
            why = Step(unit.line, f"parameter `{name}` of {unit.name}() can be anything", None)
            value = self._outside(unit, name, self.rules.all, why)
            if name == unit.params.vararg:
                value = self._collected(unit, "tuple", value)
            elif name == unit.params.kwarg:
                value = self._collected(unit, "dict", value)
            state.params[name] = join(without_examples(state.params.get(name, BOTTOM)), value)
        state.env = [BOTTOM] * len(state.env)  # what examples made of it is forgotten
        self.activate(unit)

    def _outside(self, unit: Unit, name: str, mask: int, why: Step) -> Value:
        """What comes in through a parameter, as far as the framework lets it in."""
        declared = self.signatures.declared(unit, name)
        if declared == "choice":
            return Value(mask & ~self.rules.testable, why)
        if declared is None:
            return Value(mask, why)
        numbers = self.rules.numbers & ~(self.rules.sizes if declared == "limited" else 0)
        mask &= numbers
        return Value(mask, why if mask else None, NO_OBJS, None, NUM)

    def _collected(self, unit: Unit, kind: str, element: Value) -> Value:
        obj = self.obj((unit, kind), kind)
        self.put_unknown(obj, element)
        if kind == "dict":
            self.put_key(obj, Value(element.mask, element.why))
        return of_obj(obj)

    def _bind_self(self, unit: Unit, owner: Unit, name: str) -> None:
        cls = self.obj(("class", owner), "class", owner.name, owner)
        held = self.member(cls, unit.name)
        kinds = {obj.kind for obj in held.objs} if held is not None else set()
        state = self.states[unit]
        if "static" in kinds:
            why = Step(unit.line, f"parameter `{name}` of {unit.name}() can be anything", None)
            value = self._outside(unit, name, self.rules.all, why)
        elif "classmethod" in kinds:
            value = of_obj(cls)
        else:
            value = of_obj(self.instance(cls))
        state.params[name] = join(state.params.get(name, BOTTOM), value)

    def run(self, unit: Unit) -> None:
        """Evaluate every instruction of ``unit`` until nothing in it changes."""
        outer, self.unit = self.unit, unit
        state = self.states[unit]
        env = state.env
        handlers = self.handlers
        self.stack.append(unit)
        any_change = False
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
                        merged = self.grown(old, new)
                        if merged is not old:
                            env[dst] = merged
                            changed = True
            self.spend(steps)
            any_change = any_change or changed
            if not changed or not unit.has_loop:
                break
        self.stack.pop()
        if any_change:
            self.pending.update(caller for caller in state.callers if caller not in self.stack)
            self.pending.update(caller for caller in state.callers if caller in self.stack[:-1])
        self.unit = outer

    def source(self, path: str, instr: Instr) -> Value | None:
        note = library.SOURCES.get(path)
        if note is None:
            return None
        mask = self.rules.all
        if path in library.TYPED:
            mask |= self.rules.typed
            if instr.op != "import":
                self.typed_at.add(instr)
        kind = STR if path.endswith("input()") else OTHER
        return Value(mask, Step(instr.line, note, None), NO_OBJS, None, kind)

    def is_special(self, path: str) -> bool:
        return path in library.DYNAMIC_CODE or path.rpartition(".")[2] in self.rules.sink_names

    def is_open(self, unit: Unit) -> bool:
        return unit in self.opened

    def dynamic_code(self, instr: Instr, what: str) -> None:
        self.dynamic.setdefault(instr, (self.unit, what))

    def record_call(
        self, name: str, path: str, args: Args, instr: Instr, receiver: Value | None = None, shift: int = 0
    ) -> bool:
        if name not in self.rules.names:
            return False
        known = self.sites.get((instr, name, path))
        if known is None:
            site = CallSite(self.unit, instr, name, path, args, receiver, shift, self._names(instr, name))
            self.sites[instr, name, path] = site
        else:
            known.args = known.args.joined(args) if args != known.args else args
            known.receiver = receiver
        return any(sink.trusted_result for _, sink in self.rules.sinks(name, path))

    def _names(self, instr: Instr, name: str) -> bool:
        """Whether an instruction is a call of something of this name."""
        if instr.op == "method":
            return bool(instr.extra[0] == name)
        if instr.op != "call":
            return True
        callee = self.states[self.unit].env[instr.args[0]]
        return not callee.objs or any(obj.name.rpartition(".")[2] == name for obj in callee.objs)

    def record_possible_sink(self, args: Args, instr: Instr) -> None:
        """A call of an attribute whose name is not known: it may be any sink, for untrusted data."""
        known = self.possible.get(instr)
        if known is None:
            self.possible[instr] = CallSite(self.unit, instr, "getattr(...)", "", args)
        else:
            known.args = known.args.joined(args)
