"""What is done with a value: whether anything depends on a parameter, on a test or on what a function answers."""

from __future__ import annotations

import ast
from collections.abc import Callable

from real.detector.analysis.declared_types import parameter
from real.detector.analysis.existence import Existence
from real.detector.analysis.slices import Slicer
from real.detector.analysis.witness import every
from real.detector.ir.control_dependence import ControlFlow
from real.detector.ir.instructions import Block, Instr, Unit
from real.detector.models.library import LOG_METHODS, STRICT_TESTS
from real.detector.models.stdlib_returns import TRUTHS

_STORES = frozenset({"setattr", "setsub", "setcell", "setmember", "delattr", "delsub"})
_TESTING = frozenset({"assign", "copy", "phi", "pi", "compare", "unary"})  # a test of a value, or the value itself
_SHOWING = (_TESTING - {"unary"}) | {"attr", "fstring"}  # and a text of it
_TEXTS = frozenset({"fstring", "binop"})
_COLLECTING = frozenset({"build", "iterate"})
_FLAGS = frozenset({"is", "has", "can", "may", "should", "flag", "enabled", "allowed", "allow"})
_TRUTHS = TRUTHS | {"builtins.bool", "builtins.any", "builtins.all", "builtins.isinstance"}
_ANSWERS = frozenset({"compare", "unary", "phi", "const"})


class Uses:
    """Follows values through copies and tests to what is done with them."""

    def __init__(self, slicer: Slicer, control: Callable[[Unit], ControlFlow]) -> None:
        self._slicer = slicer
        self._control = control
        self._existence = Existence(slicer)

    def is_used(self, unit: Unit, param: str) -> bool:
        """Whether the function, or a function inside it, reads a parameter for more than printing, logging, and asking
        whether it is there."""
        aliases: set[int] = set()
        answers: set[int] = set()  # of tests of more than its existence
        for instr in _instructions(unit):
            if instr.op == "param" and instr.extra == param:
                (answers if _is_flag(unit, param) else aliases).add(instr.dst)
            elif instr.op == "return":
                if instr.args[0] in aliases | answers:
                    return True
            elif not answers.isdisjoint(instr.args):
                if self._is_decided(unit, instr, answers):
                    return True
            elif not aliases.isdisjoint(instr.args) and self._is_read(unit, instr, aliases, answers):
                return True
        return False

    def _is_decided(self, unit: Unit, instr: Instr, answers: set[int]) -> bool:
        """Whether an answer is used; if it is only handed on, ``answers`` grows."""
        if self._is_output(unit, instr) or self._is_useless(unit, instr):
            return False
        if instr.op in ("call", "method") and self._is_idle_question(unit, instr):
            return False
        if instr.op == "add":
            answers.add(instr.args[0])
            return False
        if instr.op not in _SHOWING | {"unary"}:
            return True
        _follow(answers, instr)
        return False

    def _is_read(  # noqa: PLR0911
        self, unit: Unit, instr: Instr, aliases: set[int], answers: set[int]
    ) -> bool:
        """Whether a value is used for more than its existence; if it is only handed on, the sets grow."""
        if instr.op == "branch":
            ways = (self._control(unit).target(instr, sense) for sense in (True, False))
            return not (self._is_useless(unit, instr) or any(map(_refuses, ways)))
        if instr.op == "unary":
            aliases.add(instr.dst)
            return False
        if self._is_output(unit, instr) or self._existence.is_asked(unit, instr):
            return False
        if self._is_passed_to_itself(unit, instr):
            return False
        if instr.op in ("call", "method") and self._is_idle_question(unit, instr):
            return False
        if instr.op == "add":
            aliases.add(instr.args[0])
        elif instr.op == "compare":
            answers.add(instr.dst)
        elif instr.op in _SHOWING | _COLLECTING or self._existence.is_shown(unit, instr):
            _follow(aliases, instr)
        else:
            return True
        return False

    def is_idle(self, unit: Unit, instr: Instr) -> bool:
        """Whether nothing depends on a value: it is not read, or only shown, or tested and then the same is done."""
        aliases = {instr.dst}
        for step in _instructions(unit):
            if step is instr or aliases.isdisjoint(step.args) or self._is_useless(unit, step):
                continue
            if self._is_output(unit, step):
                continue
            if step.op not in _TESTING | _TEXTS:
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

    def _is_passed_to_itself(self, unit: Unit, instr: Instr) -> bool:
        called = [callee for callee, _ in self._slicer.called_units(instr)] if instr.op in ("call", "method") else []
        return every(callee is unit for callee in called)

    def _is_idle_question(self, unit: Unit, instr: Instr) -> bool:
        """A call of functions that only answer yes or no, where nothing depends on the answer."""
        called = [callee for callee, _ in self._slicer.called_units(instr)]
        asks = every(self._only_answers(callee) for callee in called) if called else self._gives_truth(unit, instr)
        return asks and self.is_idle(unit, instr)

    def _only_answers(self, unit: Unit) -> bool:
        ends = [block.instrs[-1] if block.instrs else None for block in unit.blocks if not block.succs]
        if any(end is None or end.op != "return" for end in ends):
            return False  # it may raise
        returns = [step for step in _instructions(unit) if step.op == "return"]
        return (
            bool(returns)
            and every(self._is_answer(unit, step) for step in returns)
            and not any(step.op in _STORES for step in _instructions(unit))
        )

    def _is_answer(self, unit: Unit, step: Instr) -> bool:
        """Whether what is returned is a truth value: of a comparison, or of a call that gives nothing else."""
        made = unit.defs[self._slicer.solver.guards.root(unit, step.args[0])]
        if made is None or made.op not in ("call", "method"):
            return made is not None and made.op in _ANSWERS
        return not self._slicer.called_units(made) and self._gives_truth(unit, made)

    def _gives_truth(self, unit: Unit, call: Instr) -> bool:
        """Whether a call of a library, or of a method of texts, gives a truth value and does nothing else."""
        names = self._slicer.library_names(unit, call)
        is_text_test = call.op == "method" and call.extra[0] in STRICT_TESTS
        return (bool(names) and names <= _TRUTHS) or (is_text_test and not names)

    def _returned(self, unit: Unit, step: Instr) -> str | None:
        """The operation that makes what is returned."""
        made = unit.defs[self._slicer.solver.guards.root(unit, step.args[0])]
        return made.op if made is not None else None

    def _is_useless(self, unit: Unit, instr: Instr) -> bool:
        return instr.op == "branch" and self._control(unit).is_useless(instr)

    def _is_output(self, unit: Unit, instr: Instr) -> bool:
        names = self._slicer.library_names(unit, instr)
        return bool(names) and every(name == "builtins.print" or _is_logged(name) for name in names)


def _is_logged(path: str) -> bool:
    """``logging.info``, ``flask.Flask().logger.info``, ``structlog.get_logger().info``."""
    owner, _, name = path.rpartition(".")
    return path.startswith("logging.") or (name in LOG_METHODS and "log" in owner.lower())


def _refuses(block: Block) -> bool:
    """Whether a block raises."""
    return not block.succs and (not block.instrs or block.instrs[-1].op != "return")


def _is_flag(unit: Unit, param: str) -> bool:
    """Whether a parameter is a truth value, so that to ask for its truth is to read it all."""
    annotation, default = parameter(unit, param)
    if isinstance(annotation, ast.Name) and annotation.id == "bool":
        return True
    return (isinstance(default, ast.Constant) and isinstance(default.value, bool)) or bool(
        _FLAGS & set(param.lower().split("_"))
    )


def _instructions(unit: Unit) -> list[Instr]:
    return [instr for block in unit.blocks for instr in block.instrs]


def _follow(aliases: set[int], instr: Instr) -> None:
    if instr.op != "pi" or instr.args[0] in aliases:  # what is known by a test is not made of it
        aliases.add(instr.dst)
