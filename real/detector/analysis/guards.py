"""What a test proves: when does passing it make a value harmless? (The ``pi`` instructions of extended SSA.)

A guard counts only for the very value it tested (the same SSA value), on the branch where it holds.
"""

from __future__ import annotations

from real.detector.analysis.charsets import admits_only, are_plain_flags, may_spell, safe_text
from real.detector.analysis.executed import has_run
from real.detector.analysis.heap import MAPPINGS, SEQUENCES, Heap
from real.detector.analysis.inheritance import defines
from real.detector.analysis.state import State
from real.detector.analysis.values import CHAR, CLEAN, STR, Constant, Value, join_all
from real.detector.analysis.visibility import is_public
from real.detector.analysis.witness import every
from real.detector.ir.instructions import RENAMES, CallShape, Instr, Unit
from real.detector.models.library import HARMLESS_METHODS, STRICT_TESTS

_MAX_CHAIN = 20
_LOOKUPS = frozenset({"get", "getlist", "get_argument", "strip", "lower", "upper"})
_MATCHING = frozenset({"fullmatch", "match", "search"})
_MAX_ESCAPES = 4  # around each other
_MAX_PHIS = 3  # nested joins to look through


class Guards:
    """Decides ``pi`` instructions ."""

    def __init__(self, heap: Heap, state: State) -> None:
        self.heap = heap
        self.state = state
        self._checking: set[tuple[Unit, int, bool | None]] = set()
        self._roots: dict[tuple[Unit, int, int], int] = {}

    def root(self, unit: Unit, operand: int, depth: int = 0) -> int:
        """The value that this one is a copy of, on every path.

        Remembered, since definitions never change: through the joins of a long condition the ways multiply.
        """
        key = (unit, operand, depth)
        if key not in self._roots:
            self._roots[key] = self._find_root(unit, operand, depth)
        return self._roots[key]

    def _find_root(self, unit: Unit, operand: int, depth: int) -> int:
        for _ in range(_MAX_CHAIN):
            instr = unit.defs[operand]
            if instr is None:
                return operand
            if instr.op in RENAMES:
                operand = instr.args[0]
            elif instr.op == "pathload":
                operand = instr.args[1]
            elif instr.op == "phi" and depth < _MAX_PHIS:
                known = [arg for arg in instr.args if unit.defs[arg] is not None]  # on other ways it is not assigned
                roots = {self.root(unit, arg, depth + 1) for arg in known} - {operand}
                if len(roots) != 1:
                    return operand
                operand = roots.pop()
            else:
                return operand
        return operand

    def before_checks(self, operand: int, depth: int = 0) -> Value:
        """A value as it was before tests and escapes in this function, unless a test leaves known constants only."""
        unit, env = self.heap.unit, self._env(self.heap.unit)
        if env[operand].consts is not None:
            return env[operand]
        root = self.root(unit, operand)
        made = unit.defs[root]
        if made is None or made.op not in ("call", "method") or depth > _MAX_ESCAPES:
            return env[root]
        called = {obj.name for obj in env[made.args[0]].objs}
        if made.op == "method":
            called = {f"{name}.{made.extra[0]}" for name in called}
        rules, trims = self.heap.rules, made.op == "method" and made.extra[0] in HARMLESS_METHODS
        cleans = made.op == "method" and made.extra[0] in rules.cleaning_methods
        if not (trims or cleans) and called.isdisjoint(rules.cleans):
            return env[root]
        return join_all([env[root], *(self.before_checks(arg, depth + 1) for arg in made.args[0 if trims else 1 :])])

    def proves(self, instr: Instr) -> int:
        """The rules for which the ``pi`` instruction's test makes its value harmless on this branch, as a mask."""
        unit = self.heap.unit
        subject = self.root(unit, instr.args[0])
        test = unit.defs[instr.args[1]]
        if test is None:
            return 0
        if instr.extra is None:
            return self._call_proves(unit, test, subject, None)
        return self.holds(unit, test, subject, bool(instr.extra))

    def allowed(self, instr: Instr) -> frozenset[Constant] | None:
        """The constants that a ``pi`` instruction's test leaves possible, if it is a comparison with known ones."""
        unit = self.heap.unit
        test = unit.defs[instr.args[1]]
        if test is None or instr.extra is None:
            return None
        test, sense = self.unwrapped(unit, test, bool(instr.extra))
        if test.op != "compare" or test.extra not in ((("In",), ("Eq",)) if sense else (("NotIn",), ("NotEq",))):
            return None
        if self.root(unit, test.args[0]) != self.root(unit, instr.args[0]):
            return None
        value: Value = self._env(unit)[test.args[1]]
        if test.extra in (("Eq",), ("NotEq",)):
            return value.consts
        held = join_all(self.heap.key_of(o) if o.kind in MAPPINGS else self.heap.contents(o) for o in value.objs)
        known = every(obj.kind in MAPPINGS or obj.kind in SEQUENCES for obj in value.objs)
        return held.consts if value.objs and known and not held.objs else None

    def unwrapped(self, unit: Unit, test: Instr, sense: bool) -> tuple[Instr, bool]:
        """The comparison or call behind copies, ``not`` and comparisons with ``None``."""
        for _ in range(_MAX_CHAIN):
            inner = unit.defs[test.args[0]] if test.args else None
            if test.op in RENAMES and inner is not None:
                test = inner
            elif test.op == "unary" and test.extra == "Not" and inner is not None:
                test, sense = inner, not sense
            elif test.op == "compare" and test.extra in (("Is",), ("IsNot",)) and inner is not None:
                if self._env(unit)[test.args[1]].consts != frozenset((None,)):
                    break
                test, sense = inner, sense == (test.extra == ("IsNot",))
            else:
                break
        return test, sense

    def holds(self, unit: Unit, test: Instr, subject: int, sense: bool) -> int:
        """The rules for which ``test`` being ``sense`` proves that ``subject`` is harmless."""
        test, sense = self.unwrapped(unit, test, sense)
        if test.op == "compare":
            return self._compare_proves(unit, test, subject, sense)
        return self._call_proves(unit, test, subject, sense) if sense else 0

    def _env(self, unit: Unit) -> list[Value]:
        return self.state.states[unit].env

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

    def _compare_proves(self, unit: Unit, test: Instr, subject: int, sense: bool) -> int:
        if not isinstance(test.extra, tuple):
            return 0
        if len(test.extra) == 1:
            op, left, right = test.extra[0], test.args[0], test.args[1]
            if op == ("In" if sense else "NotIn"):
                whole = self.is_whole(unit, subject)
                return self._trusted_container(unit, right, whole) if self._is_subject(unit, left, subject) else 0
            if op == ("Eq" if sense else "NotEq"):
                proved = self._trusted(unit, right) if self._is_subject(unit, left, subject) else 0
                return proved | (self._trusted(unit, left) if self._is_subject(unit, right, subject) else 0)
        elif not sense:
            return 0  # some part of the chain does not hold, whichever
        return self._bound_proves(unit, test, subject, sense) if self.heap.rules.numbers else 0

    def _bound_proves(self, unit: Unit, test: Instr, subject: int, sense: bool) -> int:
        """A number below a trusted limit, or something whose length is, is no more a danger to resources."""
        proved = 0
        for index, op in enumerate(test.extra):
            small, large = test.args[index], test.args[index + 1]
            if op in (("Gt", "GtE") if sense else ("Lt", "LtE")):
                small, large = large, small
            elif op not in (("Lt", "LtE") if sense else ("Gt", "GtE")):
                continue
            if self._is_size_of(unit, small, subject):
                proved |= self._trusted(unit, large)
        return proved & self.heap.rules.numbers

    def _is_size_of(self, unit: Unit, operand: int, subject: int) -> bool:
        operand = self.root(unit, operand)
        if operand == subject:
            return True
        instr = unit.defs[operand]
        if instr is None or instr.op != "call" or len(instr.args) != 2:
            return False
        named = {obj.name for obj in self._env(unit)[instr.args[0]].objs}
        return named == {"builtins.len"} and self.root(unit, instr.args[1]) == subject

    def _trusted(self, unit: Unit, operand: int) -> int:
        """The rules for which it is untainted through and through; it must be compared by Python's own rules, and be no
        letter of an alphabet."""
        value = self._env(unit)[operand]
        if any(obj.kind in ("instance", "class") for obj in value.objs) or may_spell(value):
            return 0
        return self.heap.rules.all & ~self.heap.deep(value)[0]

    def is_whole(self, unit: Unit, subject: int) -> bool:
        """Whether the tested value is no single letter of a text: it enters the function as it is."""
        made = unit.defs[subject]
        if made is None:
            return False
        if made.op == "param":
            return not self.state.states[unit].callers or (is_public(unit) and not may_spell(self._env(unit)[subject]))
        if made.op == "sub":
            return bool(self._env(unit)[made.args[1]].consts)  # request.args["sort"], values[0]
        return made.op == "call" or (made.op == "method" and made.extra[0] in _LOOKUPS)

    def _trusted_container(self, unit: Unit, operand: int, whole: bool) -> int:
        """The rules for which it is an allow-list.

        One of single characters is none, unless these are harmless or it is a whole value that is tested: text can be
        rebuilt from them.
        """
        value = self._env(unit)[operand]
        trusted = self._trusted(unit, operand)
        if not trusted:
            return 0
        if value.kind in (STR, CHAR) and not value.objs:
            return trusted if value.consts and every(safe_text(const) for const in value.consts) else 0
        for obj in value.objs:
            if obj.kind in MAPPINGS:
                self.heap.touch(obj)
                known = [key for key in obj.fields if isinstance(key, str)]
                if not whole and (may_spell(obj.keys) or any(len(key) == 1 and not safe_text(key) for key in known)):
                    return 0
            elif obj.kind in SEQUENCES:
                if any(defines(member, "__eq__") for member in self.heap.contents(obj).objs):
                    return 0  # it may say of anything that it is the same
                if not whole and any(may_spell(member) for member in (*obj.fields.values(), obj.elements)):
                    return 0
            elif obj.kind == "api":
                trusted &= ~self.heap.rules.no_allow_list.get(obj.name, 0)
        return trusted

    def _call_proves(self, unit: Unit, test: Instr, subject: int, sense: bool | None) -> int:  # noqa: PLR0911
        env = self._env(unit)
        if test.op == "method" and isinstance(test.extra, tuple):
            name, _ = test.extra
            receiver = test.args[0]
            if sense and name in STRICT_TESTS and self._is_subject(unit, receiver, subject):
                return self.heap.rules.passing(STRICT_TESTS[name]) if not env[receiver].objs else 0
            if sense and name in _MATCHING:
                return self._match_proves(unit, test, subject)
        elif sense and test.op == "call" and len(test.args) == 2 and self._is_any(env[test.args[0]]):
            return self._some_element_proves(unit, test.args[1], subject)
        elif sense and test.op == "call" and isinstance(test.extra, CallShape) and len(test.args) in (3, 4):
            names = {obj.name for obj in env[test.args[0]].objs}
            if len(names) == 1 and self._flags_are_plain(env, test, test.extra):  # `from re import fullmatch`
                module, _, name = names.pop().rpartition(".")
                if module in ("re", "regex") and name in _MATCHING:
                    return self._text_proves(unit, name, env[test.args[1]], test.args[2], subject)
        targets = self.state.callees.get(test)
        if not targets:
            return self._isinstance_proves(unit, test, subject) if sense else 0
        if any(obj.kind == "api" for obj in env[test.args[0]].objs):
            return 0  # it may be a library's function as well
        proved = self.heap.rules.all
        for target, bound in targets:
            proved &= self._validates(unit, test, subject, target, bound, sense)
        return proved

    @staticmethod
    def _is_any(called: Value) -> bool:
        return {obj.name for obj in called.objs} == {"builtins.any"}

    def _some_element_proves(self, unit: Unit, operand: int, subject: int) -> int:
        """``any(test for one in known)``: whichever element is true, its test has held of the subject."""
        made = self.root(unit, operand)
        built = unit.defs[made]
        if built is None or built.op != "build" or built.args:
            return 0
        tests = [
            unit.defs[instr.args[1]]
            for block in unit.blocks
            for instr in block.instrs
            if instr.op == "add" and self.root(unit, instr.args[0]) == made
        ]
        proved = self.heap.rules.all if tests else 0
        for test in tests:
            proved &= self.holds(unit, test, subject, sense=True) if test is not None else 0
        return proved

    def _isinstance_proves(self, unit: Unit, test: Instr, subject: int) -> int:
        env = self._env(unit)
        if test.op != "call" or len(test.args) != 3 or not self._is_subject(unit, test.args[1], subject):
            return 0
        if [obj.name for obj in env[test.args[0]].objs] != ["builtins.isinstance"]:
            return 0
        types = env[test.args[2]]
        named = {obj for obj in types.objs if obj.kind == "tuple"}
        members = set(types.objs - named)
        for obj in named:
            members |= self.heap.contents(obj).objs
        numeric = bool(members) and every(
            obj.kind == "api" and obj.name in ("builtins.int", "builtins.float", "builtins.bool") for obj in members
        )
        return self.heap.rules.all & ~self.heap.rules.numbers if numeric else 0

    def _match_proves(self, unit: Unit, test: Instr, subject: int) -> int:
        env = self._env(unit)
        receiver = env[test.args[0]]
        method, shape = test.extra
        names = {obj.name for obj in receiver.objs}
        if not isinstance(shape, CallShape):
            return 0
        if names in ({"re"}, {"regex"}) and len(test.args) in (3, 4) and self._flags_are_plain(env, test, shape):
            patterns, operand = env[test.args[1]], test.args[2]
        elif names in ({"re.compile()"}, {"regex.compile()"}) and len(test.args) == 2 and not shape.keywords:
            held = [obj.fields.get("pattern", CLEAN) for obj in receiver.objs]  # whichever of them it is
            patterns, operand = join_all(held), test.args[1]
        else:
            return 0
        return self._text_proves(unit, method, patterns, operand, subject)

    @staticmethod
    def _flags_are_plain(env: list[Value], test: Instr, shape: CallShape) -> bool:
        """Whether a call of ``re`` has no flags, or such as change nothing, as its fourth operand."""
        if len(test.args) == 3:
            return not shape.keywords
        return shape.keywords in ((), ("flags",)) and are_plain_flags(env[test.args[3]])

    def _text_proves(self, unit: Unit, method: str, patterns: Value, operand: int, subject: int) -> int:
        """``method`` of some constant pattern finds something in the operand."""
        if not self._is_subject(unit, operand, subject) or not patterns.consts:
            return 0
        texts = [pattern for pattern in patterns.consts if isinstance(pattern, str)]
        if len(texts) != len(patterns.consts):
            return 0
        return self.heap.rules.harmless_where(
            lambda charset: every(admits_only(text, method, charset) for text in texts)
        )

    def _validates(self, unit: Unit, test: Instr, subject: int, target: Unit, bound: int, sense: bool | None) -> int:
        """The rules for which a function of the program, having returned (truthily), has checked the subject."""
        shape = test.extra[1] if isinstance(test.extra, tuple) else test.extra
        if not isinstance(shape, CallShape) or any(shape.starred) or target.is_generator:
            return 0
        if not has_run(unit, test, target):
            return 0
        proved = 0
        for index in range(len(shape.starred)):
            if self._is_subject(unit, test.args[index + 1], subject):
                proved |= self._parameter_checked(target, index + bound, sense)
        return proved

    def _parameter_checked(self, target: Unit, index: int, sense: bool | None) -> int:
        """Where a function asks itself, its other returns decide: what comes back has come from one of them."""
        if index >= len(target.params.positional):
            return 0
        key = (target, index, sense)
        if key in self._checking:
            return self.heap.rules.all
        self.state.states[target].asked_by[self.heap.unit] = None
        self._checking.add(key)
        proved = self._returns_prove(target, index, sense)
        self._checking.discard(key)
        return proved

    def _returns_prove(self, target: Unit, index: int, sense: bool | None) -> int:
        name = target.params.positional[index]
        env = self._env(target)
        returns = [instr for block in target.blocks for instr in block.instrs if instr.op == "return"]
        proved = self.heap.rules.all if returns else 0
        for instr in returns:
            if not isinstance(instr.extra, tuple) or name not in instr.extra:
                return 0
            operand = instr.args[1 + instr.extra.index(name)]
            version = env[operand]
            parameter = target.defs[self.root(target, operand)]
            if parameter is None or parameter.op != "param":
                return 0  # assigned in between: what was checked is not what the caller holds
            value = instr.args[0]
            if sense and env[value].consts and not any(env[value].consts or ()):
                continue  # a falsy constant: the caller's branch is not taken
            here = 0 if version.objs else self.heap.rules.all & ~version.mask
            test = target.defs[value]
            if sense and test is not None:
                here |= self.holds(target, test, parameter.dst, True)
            proved &= here
        return proved
