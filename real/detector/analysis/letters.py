"""Letters taken from a table of the program's own, which outside letters choose: the text they spell is an outside one.

``"".join(TABLE[c] for c in text)``, ``TABLE[TABLE.index(c)]``, ``[t for t in TABLE if t == c]``. A whole value that is
looked up, as a parameter or ``request.args["sort"]``, chooses one item of the table and spells nothing.
"""

from __future__ import annotations

from real.detector.analysis.charsets import may_spell
from real.detector.analysis.guards import Guards
from real.detector.analysis.heap import Heap
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, NO_OBJS, Value, join_all
from real.detector.ir.instructions import RENAMES, Instr, Unit
from real.detector.models.library import PLACES

_MAX_DEFINITIONS = 20  # of a number that says where an item stands
_ARITHMETIC = RENAMES | {"binop", "unary", "phi"}


class Letters:
    """What outside letters select."""

    def __init__(self, heap: Heap, state: State, guards: Guards) -> None:
        self.heap = heap
        self.state = state
        self.guards = guards

    def chosen(self, item: Value, key: Value, operand: int | None) -> Value:
        """What a key selects: the key's taint, only if the items are the letters that text is spelled with.

        ``operand`` is the key in the unit that is evaluated, where it is known.
        """
        if item.mask or item.objs or not may_spell(item):
            return self._typed(item, key)
        unit = self.heap.unit
        if key.mask and (operand is None or not self.guards.is_whole(unit, self.guards.root(unit, operand))):
            return Value(key.mask, key.why, NO_OBJS, None, item.kind)
        if operand is not None and not key.mask:
            made = self.heap.part_of(_placed_by(unit, operand, self.state.states[unit].env))
            if made.mask:
                return Value(made.mask, made.why, NO_OBJS, None, item.kind)
        return self._typed(item, key)

    def _typed(self, item: Value, key: Value) -> Value:
        """What is made from what is typed, by choice."""
        if key.mask & self.heap.rules.typed & ~item.mask and not item.objs:
            return Value(item.mask | self.heap.rules.typed, item.why or key.why, NO_OBJS, item.consts, item.kind)
        return item

    def same(self, instr: Instr, value: Value) -> Value:
        """A letter of a table that a ``pi`` instruction's test has found equal to an outside letter: it is that one."""
        if value.mask or value.objs or instr.extra is None or not may_spell(value):
            return value
        unit = self.heap.unit
        test, sense = self.guards.unwrapped(unit, unit.defs[instr.args[1]], bool(instr.extra))
        if test is None or test.op != "compare":
            return value
        if test.extra not in ((("Eq",), ("In",)) if sense else (("NotEq",), ("NotIn",))):
            return value
        subject = self.guards.root(unit, instr.args[0])
        left, right = (self.guards.root(unit, arg) for arg in test.args)
        env = self.state.states[unit].env
        others = [two for one, two in ((left, right), (right, left)) if one == subject and not env[two].objs]
        same = join_all(
            Value(env[other].mask, env[other].why) for other in others if not self.guards.is_whole(unit, other)
        )
        return Value(same.mask, same.why, NO_OBJS, None, value.kind) if same.mask else value


def _placed_by(unit: Unit, operand: int, env: list[Value]) -> list[Value]:
    """The letters whose places, or code points, a number is computed from."""
    found: list[Value] = [BOTTOM]
    seen: set[int] = set()
    waiting = [operand]
    while waiting and len(seen) < _MAX_DEFINITIONS:
        operand = waiting.pop()
        made = unit.defs[operand]
        if made is None or operand in seen:
            continue
        seen.add(operand)
        if made.op in _ARITHMETIC:
            waiting += made.args
        elif made.op == "method" and made.extra[0] in PLACES and len(made.args) > 1:
            found.append(env[made.args[1]])
        elif made.op == "call" and len(made.args) == 2:
            names = {obj.name for obj in env[made.args[0]].objs}
            if names == {"builtins.ord"}:
                found.append(env[made.args[1]])
            elif names == {"builtins.int"}:
                waiting.append(made.args[1])
    return found
