"""What a test proves: when does passing it make a value harmless? (The ``pi`` instructions of extended SSA.)

A guard counts only for the very value it tested (the same SSA value), on the branch where it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from real.detector.charsets import may_spell, safe_text, strict_pattern
from real.detector.heap import MAPPINGS, SEQUENCES
from real.detector.ir import CallShape, Instr, Unit
from real.detector.library import HARMLESS_METHODS, STRICT_TESTS
from real.detector.values import BOTTOM, CHAR, STR, Value

if TYPE_CHECKING:
    from real.detector.context import Context

_MAX_CHAIN = 20
_MAX_PHIS = 3  # nested joins to look through
_COPIES = frozenset({"assign", "copy", "pi"})


class Guards:
    """Decides ``pi`` instructions for a solver."""

    def __init__(self, solver: Context) -> None:
        self.solver = solver

    def root(self, unit: Unit, operand: int, depth: int = 0) -> int:
        """The value that this one is a copy of, on every path."""
        for _ in range(_MAX_CHAIN):
            instr = unit.defs[operand]
            if instr is None:
                return operand
            if instr.op in _COPIES:
                operand = instr.args[0]
            elif instr.op == "pathload":
                operand = instr.args[1]
            elif instr.op == "phi" and depth < _MAX_PHIS:
                roots = {self.root(unit, arg, depth + 1) for arg in instr.args} - {operand}
                if len(roots) != 1:
                    return operand
                operand = roots.pop()
            else:
                return operand
        return operand

    def runs_outside_text(self, instr: Instr) -> bool:
        """Whether ``eval``, ``exec`` or ``compile`` is given text that comes from outside as a whole.

        That is code injection (CWE-95), but it cannot hide anything that the program's author wrote.
        """
        return instr.op == "call" and len(instr.args) > 1 and self._is_outside_text(self.solver.unit, instr.args[1])

    def _is_outside_text(self, unit: Unit, operand: int, depth: int = 0) -> bool:
        source = unit.defs[self.root(unit, operand)]
        if source is None or depth > _MAX_PHIS:
            return False
        if source.op == "param":
            return not self.solver.states[unit].callers and source.extra != unit.params.vararg
        if source.op not in ("call", "method"):
            return False
        names = {obj.name for obj in self._env(unit)[source.args[0]].objs}
        if source.op == "method":
            if source.extra[0] in HARMLESS_METHODS and len(source.args) == 1:
                return self._is_outside_text(unit, source.args[0], depth + 1)
            names = {f"{name}.{source.extra[0]}" for name in names}
        if names == {"builtins.input"}:
            return True
        return names in ({"builtins.compile"}, {"ast.parse"}) and self._is_outside_text(unit, source.args[1], depth + 1)

    def proves(self, instr: Instr) -> bool:
        """Whether the ``pi`` instruction's test makes its value harmless on this branch."""
        unit = self.solver.unit
        subject = self.root(unit, instr.args[0])
        test = unit.defs[instr.args[1]]
        if test is None:
            return False
        if instr.extra is None:
            return self._call_proves(unit, test, subject, None)
        return self.holds(unit, test, subject, bool(instr.extra))

    def holds(self, unit: Unit, test: Instr, subject: int, sense: bool) -> bool:
        """Whether ``test`` being ``sense`` proves that ``subject`` is harmless."""
        for _ in range(_MAX_CHAIN):
            inner = unit.defs[test.args[0]] if test.args else None
            if test.op in _COPIES and inner is not None:
                test = inner
            elif test.op == "unary" and test.extra == "Not" and inner is not None:
                test, sense = inner, not sense
            elif test.op == "compare" and test.extra in (("Is",), ("IsNot",)) and inner is not None:
                if self._env(unit)[test.args[1]].consts != frozenset((None,)):
                    return False
                test, sense = inner, sense == (test.extra == ("IsNot",))
            else:
                break
        if test.op == "compare":
            return self._compare_proves(unit, test, subject, sense)
        return sense and self._call_proves(unit, test, subject, sense)

    def _env(self, unit: Unit) -> list[Value]:
        return self.solver.states[unit].env

    def _is_subject(self, unit: Unit, operand: int, subject: int) -> bool:
        """The operand is the subject, or differs from it only by letter case and surrounding blanks."""
        for _ in range(_MAX_CHAIN):
            operand = self.root(unit, operand)
            if operand == subject:
                return True
            instr = unit.defs[operand]
            if instr is None or instr.op != "method" or not isinstance(instr.extra, tuple):
                return False
            if instr.extra[0] not in HARMLESS_METHODS or len(instr.args) > 1:
                return False
            operand = instr.args[0]
        return False

    def _compare_proves(self, unit: Unit, test: Instr, subject: int, sense: bool) -> bool:
        if not isinstance(test.extra, tuple) or len(test.extra) != 1:
            return False
        op = test.extra[0]
        left, right = test.args[0], test.args[1]
        if op == ("In" if sense else "NotIn"):
            return self._is_subject(unit, left, subject) and self._trusted_container(unit, right)
        if op == ("Eq" if sense else "NotEq"):
            return (self._is_subject(unit, left, subject) and self._trusted(unit, right)) or (
                self._is_subject(unit, right, subject) and self._trusted(unit, left)
            )
        return False

    def _trusted(self, unit: Unit, operand: int) -> bool:
        """Untainted through and through, compared by Python's own rules, and no letter of an alphabet."""
        value = self._env(unit)[operand]
        if any(obj.kind in ("instance", "class") for obj in value.objs):
            return False
        return not self.solver.deep(value)[0] and not may_spell(value)

    def _trusted_container(self, unit: Unit, operand: int) -> bool:
        """An allow-list. One of single characters is none, unless these are harmless: text can be rebuilt from them."""
        value = self._env(unit)[operand]
        if not self._trusted(unit, operand):
            return False
        if value.kind in (STR, CHAR) and not value.objs:
            return bool(value.consts) and all(safe_text(const) for const in value.consts or ())
        for obj in value.objs:
            if obj.kind in MAPPINGS:
                self.solver.touch(obj)
                known = [key for key in obj.fields if isinstance(key, str)]
                if may_spell(obj.keys) or any(len(key) == 1 and not safe_text(key) for key in known):
                    return False
            elif obj.kind in SEQUENCES:
                self.solver.touch(obj)
                if any(may_spell(member) for member in (*obj.fields.values(), obj.elements)):
                    return False
        return True

    def _call_proves(self, unit: Unit, test: Instr, subject: int, sense: bool | None) -> bool:
        env = self._env(unit)
        if test.op == "method" and isinstance(test.extra, tuple):
            name, _ = test.extra
            receiver = test.args[0]
            if sense and name in STRICT_TESTS and self._is_subject(unit, receiver, subject):
                return not env[receiver].objs
            if sense and name in ("fullmatch", "match", "search"):
                return self._match_proves(unit, test, subject)
        targets = self.solver.callees.get(test)
        if not targets:
            return self._isinstance_proves(unit, test, subject) if sense else False
        return all(self._validates(unit, test, subject, target, self_args, sense) for target, self_args in targets)

    def _isinstance_proves(self, unit: Unit, test: Instr, subject: int) -> bool:
        env = self._env(unit)
        if test.op != "call" or len(test.args) != 3 or not self._is_subject(unit, test.args[1], subject):
            return False
        if [obj.name for obj in env[test.args[0]].objs] != ["builtins.isinstance"]:
            return False
        types = env[test.args[2]]
        named = {obj for obj in types.objs if obj.kind == "tuple"}
        members = set(types.objs - named)
        for obj in named:
            members |= self.solver.contents(obj).objs
        return bool(members) and all(
            obj.kind == "api" and obj.name in ("builtins.int", "builtins.float", "builtins.bool") for obj in members
        )

    def _match_proves(self, unit: Unit, test: Instr, subject: int) -> bool:
        env = self._env(unit)
        receiver = env[test.args[0]]
        method, shape = test.extra
        names = {obj.name for obj in receiver.objs}
        if len(receiver.objs) != 1 or not isinstance(shape, CallShape) or shape.keywords:
            return False
        if names in ({"re"}, {"regex"}) and len(test.args) == 3:
            patterns, operand = env[test.args[1]], test.args[2]
        elif names in ({"re.compile()"}, {"regex.compile()"}) and len(test.args) == 2:
            patterns, operand = next(iter(receiver.objs)).fields.get("pattern", BOTTOM), test.args[1]
        else:
            return False
        if not self._is_subject(unit, operand, subject) or not patterns.consts:
            return False
        return all(isinstance(pattern, str) and strict_pattern(pattern, method) for pattern in patterns.consts)

    def _validates(self, unit: Unit, test: Instr, subject: int, target: Unit, bound: int, sense: bool | None) -> bool:
        """Whether a function of the program, having returned (truthily), has checked the subject."""
        shape = test.extra[1] if isinstance(test.extra, tuple) else test.extra
        if not isinstance(shape, CallShape) or any(shape.starred) or target.is_generator:
            return False
        positions = [
            index for index in range(len(shape.starred)) if self._is_subject(unit, test.args[index + 1], subject)
        ]
        return any(self._parameter_checked(target, index + bound, sense) for index in positions)

    def _parameter_checked(self, target: Unit, index: int, sense: bool | None) -> bool:
        if index >= len(target.params.positional):
            return False
        name = target.params.positional[index]
        env = self._env(target)
        returns = [instr for block in target.blocks for instr in block.instrs if instr.op == "return"]
        for instr in returns:
            if not isinstance(instr.extra, tuple) or name not in instr.extra:
                return False
            operand = instr.args[1 + instr.extra.index(name)]
            version = env[operand]
            parameter = target.defs[self.root(target, operand)]
            if parameter is None or parameter.op != "param":
                return False  # assigned in between: what was checked is not what the caller holds
            if not version.mask and not version.objs:
                continue
            value = instr.args[0]
            if sense and env[value].consts and not any(env[value].consts):
                continue  # a falsy constant: the caller's branch is not taken
            test = target.defs[value]
            if sense and test is not None and self.holds(target, test, parameter.dst, True):
                continue
            return False
        return bool(returns)
