"""What is done with a value: whether anything depends on a parameter, on a test or on what a function answers."""

from __future__ import annotations

from collections.abc import Callable

from real.detector.control import ControlFlow
from real.detector.ir import Instr, Unit
from real.detector.slices import Slicer
from real.detector.witness import every

_STORES = frozenset({"setattr", "setsub", "setcell", "setmember", "delattr", "delsub"})
_TESTING = frozenset({"assign", "copy", "phi", "pi", "compare", "unary"})  # a test of a value, or the value itself
_SHOWING = (_TESTING - {"unary"}) | {"attr", "fstring"}  # and a text of it
_ANSWERS = frozenset({"compare", "unary", "phi", "const"})


class Uses:
    """Follows values through copies and tests to what is done with them."""

    def __init__(self, slicer: Slicer, control: Callable[[Unit], ControlFlow]) -> None:
        self._slicer = slicer
        self._control = control

    def is_used(self, unit: Unit, param: str) -> bool:
        """Whether the function, or a function inside it, reads a parameter for more than printing and logging."""
        aliases: set[int] = set()
        for instr in _instructions(unit):
            if instr.op == "param" and instr.extra == param:
                aliases.add(instr.dst)
            elif instr.op == "return":
                if instr.args[0] in aliases:
                    return True
            elif not aliases.isdisjoint(instr.args):
                if self._is_output(unit, instr) or self._is_useless(unit, instr):
                    continue
                if instr.op in ("call", "method") and self._is_idle_question(unit, instr):
                    continue
                if instr.op not in _SHOWING:
                    return True
                _follow(aliases, instr)
        return False

    def is_idle(self, unit: Unit, instr: Instr) -> bool:
        """Whether nothing depends on a value: it is not read, or only by tests after which the same is done."""
        aliases = {instr.dst}
        for step in _instructions(unit):
            if step is instr or aliases.isdisjoint(step.args) or self._is_useless(unit, step):
                continue
            if step.op not in _TESTING:
                return False
            _follow(aliases, step)
        return True

    def does_nothing(self, unit: Unit) -> bool:
        """Whether a function of the program returns a constant, whatever it is given."""
        return unit.returns and not any(
            (step.op == "branch" and not self._is_useless(unit, step))
            or (step.op == "return" and self._returned(unit, step) != "const")
            for step in _instructions(unit)
        )

    def _is_idle_question(self, unit: Unit, instr: Instr) -> bool:
        """A call of functions of the program that only answer yes or no, where nothing depends on the answer."""
        called = [callee for callee, _ in self._slicer.called_units(instr)]
        return bool(called) and every(self._only_answers(callee) for callee in called) and self.is_idle(unit, instr)

    def _only_answers(self, unit: Unit) -> bool:
        ends = [block.instrs[-1] if block.instrs else None for block in unit.blocks if not block.succs]
        if any(end is None or end.op != "return" for end in ends):
            return False  # it may raise
        returns = [step for step in _instructions(unit) if step.op == "return"]
        return (
            bool(returns)
            and every(self._returned(unit, step) in _ANSWERS for step in returns)
            and not any(step.op in _STORES for step in _instructions(unit))
        )

    def _returned(self, unit: Unit, step: Instr) -> str | None:
        """The operation that makes what is returned."""
        made = unit.defs[self._slicer.solver.guards.root(unit, step.args[0])]
        return made.op if made is not None else None

    def _is_useless(self, unit: Unit, instr: Instr) -> bool:
        return instr.op == "branch" and self._control(unit).is_useless(instr)

    def _is_output(self, unit: Unit, instr: Instr) -> bool:
        names = self._slicer.library_names(unit, instr)
        return bool(names) and every(name == "builtins.print" or name.startswith("logging.") for name in names)


def _instructions(unit: Unit) -> list[Instr]:
    return [instr for block in unit.blocks for instr in block.instrs]


def _follow(aliases: set[int], instr: Instr) -> None:
    if instr.op != "pi" or instr.args[0] in aliases:  # what is known by a test is not made of it
        aliases.add(instr.dst)
