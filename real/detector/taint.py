"""The solver: flow-sensitive, context-insensitive taint analysis over the SSA form of every unit, to a fixed point.

Every transfer function is monotone and every lattice here is finite, so it ends; a step budget bounds how long that
takes.
Functions are summarised by the join of their arguments, their result, and what their returns prove of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from real.detector import library
from real.detector.context import Args, UnitState
from real.detector.guards import Guards
from real.detector.ir import Instr, Program, Unit
from real.detector.limits import MAX_STEPS, UnanalyzableError
from real.detector.rule import Rule, Sink
from real.detector.transfer import Transfer
from real.detector.values import (
    BOTTOM,
    BUILDER,
    NO_OBJS,
    OTHER,
    RAW_SHIFT,
    STR,
    Obj,
    Step,
    Value,
    join,
    of_obj,
)
from real.types import Finding, TraceStep


class Solver(Transfer):
    """One analysis of one program under some rules; rule ``i`` owns bit ``i`` of every taint mask."""

    def __init__(self, program: Program, rules: Sequence[Rule]) -> None:
        super().__init__()
        self.program = program
        self.rules = rules
        self.all_rules = (1 << len(rules)) - 1
        self.states = {unit: UnitState([BOTTOM] * unit.values) for unit in program.units}
        self.cells: dict[tuple[int, str], Obj] = {}
        self.callees = {}
        self.calling = set()
        self.encoded = self.obj("encoded", "cell", "encoded")
        self.fields: dict[Unit, dict[str, None]] = {}  # annotated class attributes, in order: a dataclass's parameters
        self.findings: dict[tuple[str, int, int], Finding] = {}
        self.source_seen = False
        self.stack: list[Unit] = []
        self.guards = Guards(self)
        self.unit = program.units[0]
        self.sink_names = {name for rule in rules for name in rule.methods}
        self.sink_names |= {name for rule in rules for table in rule.rooted.values() for name in table}
        self.handlers: dict[str, Callable[[Instr, list[Value]], Value]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")
        }

    def solve(self) -> list[Finding]:
        """Run to the fixed point, with every function reached; returns the findings in source order."""
        self.activate(self.program.units[0])
        functions = [unit for unit in self.program.units if unit.kind == "function"]
        if not self.source_seen:
            for unit in functions:
                if self.states[unit].reached and self._is_example_only(unit):
                    self._distrust(unit, RAW_SHIFT)
        named = self.program.entry_references
        for unit in [*(u for u in functions if u.name not in named), *functions]:
            if not self.states[unit].reached:
                self._distrust(unit, 0)
        return [self.findings[key] for key in sorted(self.findings, key=lambda key: (key[1], key[2], key[0]))]

    def activate(self, unit: Unit) -> None:
        """Analyse ``unit`` and everything that this changes."""
        self.states[unit].reached = True
        self.pending.add(unit)
        while self.pending:
            following = min(self.pending, key=lambda unit: unit.number)
            self.pending.discard(following)
            self.run(following)

    def _is_example_only(self, unit: Unit, depth: int = 0) -> bool:
        """A public function that only top-level code (or a ``main()`` without parameters) calls."""
        if unit.name.startswith(("_", "<")) and unit.name != "__init__":
            return False
        if unit.parent is not None and unit.parent.kind == "function":
            return False
        return all(self._is_top_level(caller, depth) for caller in self.states[unit].callers)

    def _is_top_level(self, unit: Unit, depth: int) -> bool:
        if unit.kind != "function":
            return True
        return not unit.params.names and depth < 3 and self._is_example_only(unit, depth + 1)

    def _distrust(self, unit: Unit, shift: int) -> None:
        """Take the parameters of ``unit`` as chosen by an attacker."""
        state = self.states[unit]
        positional = list(unit.params.positional)
        if unit.is_method and positional and unit.parent is not None:
            self._bind_self(unit, unit.parent, positional.pop(0))
        for name in (*positional, *unit.params.names[len(unit.params.positional) :]):
            why = Step(unit.line, f"parameter `{name}` of {unit.name}() can be anything", None)
            value = Value(self.all_rules << shift, why)
            if name == unit.params.vararg:
                value = self._collected(unit, "tuple", value)
            elif name == unit.params.kwarg:
                value = self._collected(unit, "dict", value)
            state.params[name] = join(state.params.get(name, BOTTOM), value)
        self.activate(unit)

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
            value = Value(self.all_rules, why)
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
            for block in unit.blocks:
                self.steps += len(block.instrs)
                for instr in block.instrs:
                    dst = instr.dst
                    old = env[dst]
                    new = handlers[instr.op](instr, env)
                    if new is not old:
                        merged = self.grown(old, new)
                        if merged is not old:
                            env[dst] = merged
                            changed = True
            if self.steps > MAX_STEPS:
                raise UnanalyzableError("the analysis exceeded its budget of steps")
            any_change = any_change or changed
            if not changed or not unit.has_loop:
                break
        self.stack.pop()
        if any_change:
            self.pending.update(caller for caller in state.callers if caller not in self.stack)
            self.pending.update(caller for caller in state.callers if caller in self.stack[:-1])
        self.unit = outer

    def source(self, path: str, line: int) -> Value | None:
        note = library.SOURCES.get(path)
        if note is None:
            return None
        self.source_seen = True
        kind = STR if path.endswith("input()") else OTHER
        return Value(self.all_rules, Step(line, note, None), NO_OBJS, None, kind)

    def is_builder(self, path: str) -> bool:
        return any(
            path.startswith(root) and path[len(root) : len(root) + 1] in (".", "")
            for rule in self.rules
            for root in rule.builders
        )

    def is_special(self, path: str) -> bool:
        return path in library.DYNAMIC_CODE or path.rpartition(".")[2] in self.sink_names

    def is_sink_name(self, name: str) -> bool:
        return name in self.sink_names

    def check_sinks(self, name: str, path: str, args: Args, instr: Instr, unbound: bool) -> bool:
        fired = False
        for index, rule in enumerate(self.rules):
            sink = rule.methods.get(name) or rule.calls.get(path) or _rooted_sink(rule, name, path)
            if sink is None:
                continue
            fired = True
            positions = list(sink.positions)
            if unbound and name in rule.methods:
                positions.append(sink.positions[-1] + 1)
            values = [args.at(position) for position in positions]
            values += [args.named[keyword] for keyword in sink.keywords if keyword in args.named]
            values += [extra for extra in (args.named_rest,) if extra is not None]
            for value in values:
                if value.kind != BUILDER:
                    self._report(index, rule, sink, value, name, instr)
        return fired

    def _report(self, index: int, rule: Rule, sink: Sink, value: Value, name: str, instr: Instr) -> None:
        mask, why = self.deep(value)
        if not mask >> index & 1:
            return
        key = (rule.cwe, instr.line, instr.col)
        if key in self.findings:
            return
        trace = []
        cursor = why
        while cursor is not None:
            trace.append(TraceStep(cursor.line, cursor.note))
            cursor = cursor.prev
        trace.reverse()
        trace.append(TraceStep(instr.line, f"reaches {name}(), which {sink.why}"))
        message = f"{rule.title}: untrusted data reaches the {rule.what} of {name}()"
        self.findings[key] = Finding(rule.cwe, instr.line, message, instr.col, tuple(trace), rule.fix)

    def check_possible_sink(self, args: Args, instr: Instr) -> None:
        for index, rule in enumerate(self.rules):
            if rule.methods:
                sink = Sink("may be any method, also one that " + next(iter(rule.methods.values())).why)
                for value in args.everything():
                    self._report(index, rule, sink, value, "getattr(...)", instr)


def _rooted_sink(rule: Rule, name: str, path: str) -> Sink | None:
    for root, table in rule.rooted.items():
        if name in table:
            if root.startswith("*."):
                if f"{root[1:]}." in path:
                    return table[name]
            elif path.startswith(root) and path[len(root) : len(root) + 1] == ".":
                return table[name]
    return None
