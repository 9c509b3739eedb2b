"""Tests of existence: whether something is there, of what type it is, how long it is.

They say nothing of what it is. So they authorise nobody, verify no signature and are no allow-list, whichever function
or helper makes them: ``x is None``, ``not x``, ``x == ""``, ``x in (None, "")``, ``not str(x).strip()``,
``len(x) < 3``, ``isinstance(x, str)``, ``any(v is None for v in (a, b))``.
"""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.slices import Slicer
from real.detector.analysis.values import Constant, Value
from real.detector.analysis.witness import every
from real.detector.ir.instructions import COPIES, Instr, Unit
from real.detector.models.library import HARMLESS_METHODS, names

# They answer with a type, a length or a truth value of anything that is there.
ASKING = names(
    """builtins.isinstance builtins.issubclass builtins.len builtins.type builtins.bool builtins.callable
    builtins.hasattr builtins.id builtins.any builtins.all"""
)
# They give what they are given, or a text of it.
SHOWING = names("builtins.str builtins.repr builtins.format builtins.list builtins.tuple builtins.set")
_COMPARISONS = frozenset({"Is", "IsNot", "Eq", "NotEq", "In", "NotIn", "Lt", "LtE", "Gt", "GtE"})


class Existence:
    """Tells tests of existence from others, in one program."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer

    def is_asked(self, unit: Unit, instr: Instr) -> bool:
        """Whether an instruction asks for no more than existence, type or length of its operands."""
        if instr.op == "compare":
            return self._compares(unit, instr.args)
        if instr.op == "unary":
            return bool(instr.extra == "Not")
        return instr.op == "call" and self._is_library(unit, instr, ASKING)

    def is_shown(self, unit: Unit, instr: Instr) -> bool:
        """Whether an instruction gives its operand, trimmed or as a text."""
        if instr.op == "method":
            return instr.extra[0] in HARMLESS_METHODS and len(instr.args) == 1
        return instr.op == "call" and self._is_library(unit, instr, SHOWING)

    def is_test(self, atom: Atom) -> bool:
        """Whether a test is one of existence."""
        if atom.op in _COMPARISONS:
            return self._compares(atom.unit, list(atom.operands))
        if atom.op == "truth":
            return True
        made = atom.instr
        if self._is_library(atom.unit, made, frozenset({"builtins.any", "builtins.all"})):
            steps = self._slicer.definitions(atom.unit, list(atom.operands[1:]))
            return every(self.is_asked(atom.unit, step) for step in steps if step.op in ("compare", "call", "method"))
        return self.is_asked(atom.unit, made) or self.is_shown(atom.unit, made)

    def _compares(self, unit: Unit, operands: list[int]) -> bool:
        """With nothing, or a length or a type with anything."""
        env = self._slicer.solver.state.states[unit].env
        return any(self._is_nothing(env[operand]) or self._is_measure(unit, operand) for operand in operands)

    def _is_nothing(self, value: Value) -> bool:
        """``None``, an empty text, zero, an empty container, or a container of nothing else."""
        if value.mask:
            return False
        consts: set[Constant] = set(value.consts or ())
        for obj in value.objs:
            if obj.kind not in ("tuple", "list", "set", "dict") or obj.keys.kind:
                return False
            held = [*obj.fields, *([obj.elements] if obj.elements.kind else [])] if obj.kind == "dict" else []
            members = [*obj.fields.values(), *([obj.elements] if obj.elements.kind else [])]
            if held or any(member.consts is None or any(member.consts) for member in members):
                return False
        return (value.consts is not None or bool(value.objs)) and not any(consts) and bool(consts or value.objs)

    def _is_measure(self, unit: Unit, operand: int) -> bool:
        made = unit.defs[operand]
        for _ in range(len(unit.defs)):
            if made is None or made.op not in COPIES:
                break
            made = unit.defs[made.args[0]]
        return made is not None and made.op == "call" and self._is_library(unit, made, ASKING)

    def _is_library(self, unit: Unit, instr: Instr, wanted: frozenset[str]) -> bool:
        if instr.op != "call":
            return False
        called = self._slicer.library_names(unit, instr)
        return bool(called) and called <= wanted
