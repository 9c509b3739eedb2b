"""Whether code that is run comes from outside as a whole: code injection, but it hides nothing of the program's."""

from __future__ import annotations

from real.detector.analysis.guards import Guards
from real.detector.analysis.state import State
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import HARMLESS_METHODS

_MAX_DEPTH = 3  # methods, compilations and functions to look through
_PARTS = frozenset({"attr", "sub", "cell", "unpack", "iterate"})


class OutsideText:
    """Follows texts back to where they enter."""

    def __init__(self, guards: Guards, state: State) -> None:
        self._guards = guards
        self._state = state

    def runs(self, unit: Unit, instr: Instr) -> bool:
        """Whether ``eval``, ``exec`` or ``compile`` is given text that comes from outside as a whole.

        That is code injection (CWE-95), but it cannot hide anything that the program's author wrote.
        """
        return instr.op in ("call", "method") and len(instr.args) > 1 and self._is_outside(unit, instr.args[1])

    def _is_outside(self, unit: Unit, operand: int, depth: int = 0) -> bool:  # noqa: PLR0911
        source = unit.defs[self._guards.root(unit, operand)]
        if source is None or depth > _MAX_DEPTH:
            return False
        if source.op == "param":
            if source.extra == unit.params.vararg:
                return False
            return self._state.is_open(unit) or self._is_passed_outside(unit, str(source.extra), depth)
        if source.op in _PARTS:
            return bool(self._env(unit)[source.dst].mask)
        if source.op not in ("call", "method"):
            return False
        names = {obj.name for obj in self._env(unit)[source.args[0]].objs}
        if source.op == "method":
            if source.extra[0] in HARMLESS_METHODS and len(source.args) == 1:
                return self._is_outside(unit, source.args[0], depth + 1)
            names = {f"{name}.{source.extra[0]}" for name in names}
        if names == {"builtins.input"}:
            return True
        return names in ({"builtins.compile"}, {"ast.parse"}) and self._is_outside(unit, source.args[1], depth + 1)

    def _is_passed_outside(self, unit: Unit, param: str, depth: int) -> bool:
        """Whether all calls of a function pass such text for a parameter."""
        calls = [
            (self._state.call_units[call], operand)
            for call, targets in self._state.callees.items()
            for target, bound in targets
            if target is unit
            for operand in passed_operands(call, unit, bound).get(param, [-1])
        ]
        return every(operand >= 0 and self._is_outside(caller, operand, depth + 1) for caller, operand in calls)

    def _env(self, unit: Unit) -> list[Value]:
        return self._state.states[unit].env
