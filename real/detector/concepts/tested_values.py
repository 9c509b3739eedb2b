"""What one test says of one value: that it is empty, has not some character, matches a pattern.

The test may be in a helper that was given the value, and may ask for it trimmed or in another case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.charsets import Charset, admits_only, removes_harm
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import Constant, certain
from real.detector.analysis.witness import every
from real.detector.concepts.loops import root_of
from real.detector.concepts.patterns import pattern_call
from real.detector.concepts.plain_text import is_text, may_be_shown_list
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import HARMLESS_METHODS, STRICT_TESTS

# All the characters of a text, in another container.
_CONTAINERS = frozenset({"builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "builtins.str"})
# Methods that count or find: operator and limit of a comparison that says that nothing was found.
_COUNTERS = {"count": (("Eq", 0), ("Lt", 1), ("LtE", 0))}
_FINDERS = dict.fromkeys(("find", "rfind"), (("Eq", -1), ("Lt", 0), ("LtE", -1)))
_ABSENT = _COUNTERS | _FINDERS
_MAX_DEPTH = 4  # readings inside readings


class Subject:
    """What one test says of one value; the test may be in a helper that was given the value."""

    def __init__(self, facts: Facts, atom: Atom, unit: Unit, made: Instr, *, inner: bool = False) -> None:
        self.facts = facts
        self.atom = atom
        self.unit = unit
        self.made = made
        self.inner = inner

    def is_empty(self) -> bool:
        """``not text``, ``text is None``, ``text == ""``."""
        atom = self.atom
        if atom.op in ("truth", "call"):
            return atom.sense is False and self.is_it(atom.instr.dst)
        if atom.op not in ("Is", "Eq") or len(atom.operands) != 2:
            return False
        left, right = atom.operands
        return any(
            self.is_it(one) and every(const in (None, "", b"") for const in self.facts.constants(atom.unit, other))
            for one, other in ((left, right), (right, left))
        )

    def lacks(self, char: str) -> bool:  # noqa: PLR0911
        """Whether the value has not this character if the test goes as it does."""
        atom = self.atom
        if atom.op == "call":
            return self._call_says(atom.instr, bool(atom.sense), char) if atom.sense is not None else False
        if may_be_shown_list(self.facts, self.unit, self.made):
            return False
        if atom.op == "truth":
            return atom.sense is False and self._is_common(atom.instr, char)
        if len(atom.operands) != 2:
            return False
        left, right = atom.operands
        if atom.op in ("Is", "IsNot"):
            inner = root_of(atom.unit, left)
            is_none = self.facts.constants(atom.unit, right) == {None}
            return is_none and inner is not None and self._call_says(inner, atom.op == "IsNot", char)
        if atom.op in ("NotIn", "In"):
            return self._membership(left, right, char)
        if atom.op in ("NotEq", "Eq") and (self._is_element(left) or self._is_character(left)):
            texts = self.facts.constants(atom.unit, right)
            return texts == {char} if atom.op == "NotEq" else bool(texts) and not any(char in str(t) for t in texts)
        return self._counted(left, right, char) or (atom.op == "Eq" and self._counted(right, left, char))

    def is_it(self, operand: int) -> bool:
        """Whether an operand of the test is the value, trimmed or in another case or container at most."""
        unit, inner = self.atom.unit, self.inner
        for _ in range(_MAX_DEPTH):
            found = root_of(unit, operand)
            if found is None:
                return False
            if inner and found.op == "slice" and found.extra == (1, -1):
                inner, operand = False, found.args[0]
            elif not inner and unit is self.unit and _is_same(self.facts, unit, found, self.made):
                return True
            elif found.op == "param" and unit is not self.unit:
                passed = self._passed(str(found.extra))
                if passed is None:
                    return False
                unit, operand = self.unit, passed
            elif found.op == "method" and found.extra[0] in HARMLESS_METHODS and len(found.args) == 1:
                operand = found.args[0]
            elif len(found.args) == 2 and self.facts.library_names(unit, found) & _CONTAINERS:
                operand = found.args[1]
            else:
                return False
        return False

    def _passed(self, name: str) -> int | None:
        atom = self.atom
        if atom.via is None or atom.caller is not self.unit or atom.unit not in self.facts.called(atom.via):
            return None
        passed = passed_operands(atom.via, atom.unit, atom.bound).get(name, [])
        return passed[0] if len(passed) == 1 else None

    def _is_element(self, operand: int) -> bool:
        """Whether an operand is one character of the value, each in turn."""
        element = root_of(self.atom.unit, operand)
        return element is not None and element.op == "iterate" and self.is_it(element.args[0])

    def _is_character(self, operand: int) -> bool:
        """Whether an operand is the value itself, which is one character of a text."""
        unit, made = self.unit, self.made
        return (
            made.op == "iterate"
            and self.atom.unit is unit
            and root_of(self.atom.unit, operand) is made
            and is_text(self.facts, unit, made.args[0])
        )

    def _membership(self, left: int, right: int, char: str) -> bool:
        unit = self.atom.unit
        if self._is_element(left) or self._is_character(left):
            if self.atom.op == "NotIn":
                return char in _certain(self.facts, unit, right)
            members = set(_members(self.facts, unit, right))
            return bool(members) and char not in members
        if self.atom.op == "In" or not self.is_it(right):
            return False
        element = root_of(unit, left)
        if element is not None and element.op == "iterate":
            return char in _certain(self.facts, unit, element.args[0])  # each of them is tested
        return self.facts.constants(unit, left) == {char}

    def _counted(self, left: int, right: int, char: str) -> bool:
        """``text.find("'") == -1``, ``text.count("'") < 1``."""
        unit, call = self.atom.unit, root_of(self.atom.unit, left)
        if call is None or call.op != "method" or len(call.args) != 2 or not self.is_it(call.args[0]):
            return False
        limit = _number(unit, right)
        is_none = (self.atom.op, limit) in _ABSENT.get(call.extra[0], ())
        return is_none and self.facts.constants(unit, call.args[1]) == {char}

    def _call_says(self, call: Instr, sense: bool, char: str) -> bool:  # noqa: PLR0911
        unit, facts = self.atom.unit, self.facts
        found = pattern_call(facts, unit, call)
        if found is not None:
            method, patterns, operand = found
            if not self.is_it(operand):
                return False
            charset = Charset(dangerous=char)
            if sense:
                return every(admits_only(pattern, method, charset) for pattern in patterns)
            return method == "search" and every(removes_harm(pattern, charset) for pattern in patterns)
        if call.op != "method":
            return False
        name = str(call.extra[0])
        if name in STRICT_TESTS and len(call.args) == 1:
            return sense and char not in STRICT_TESTS[name] and not char.isalnum() and self.is_it(call.args[0])
        if may_be_shown_list(facts, self.unit, self.made):
            return False
        if name == "isdisjoint" and sense and len(call.args) == 2:
            return self._shares(call.args[0], call.args[1], char)
        if name == "count" and not sense and len(call.args) == 2:
            return self.is_it(call.args[0]) and facts.constants(unit, call.args[1]) == {char}
        if name == "intersection" and not sense and len(call.args) == 2:
            return self._shares(call.args[0], call.args[1], char)
        return False

    def matches(self, claim: Callable[[str, str], bool]) -> bool:
        """Whether the value matches patterns of which all, with their methods, are as ``claim`` says."""
        atom, call = self.atom, self.atom.instr
        if atom.op == "IsNot" and self.facts.constants(atom.unit, atom.operands[1]) == {None}:
            inner = root_of(atom.unit, atom.operands[0])
            call = inner if inner is not None else call
        elif atom.op != "call" or atom.sense is not True:
            return False
        found = pattern_call(self.facts, atom.unit, call)
        return found is not None and self.is_it(found[2]) and every(claim(text, found[0]) for text in found[1])

    def _is_common(self, made: Instr, char: str) -> bool:
        """``set(text) & {"'", '"'}``."""
        return made.op == "binop" and made.extra == "BitAnd" and self._shares(made.args[0], made.args[1], char)

    def _shares(self, left: int, right: int, char: str) -> bool:
        unit = self.atom.unit
        return any(
            self.is_it(one) and char in _certain(self.facts, unit, other)
            for one, other in ((left, right), (right, left))
        )


def _certain(facts: Facts, unit: Unit, operand: int) -> frozenset[Constant]:
    """The characters and elements that a text or a container of the program has, whatever way is taken before."""
    value = facts.value(unit, operand)
    return frozenset() if facts.is_untrusted(value) else certain(value)


def _members(facts: Facts, unit: Unit, operand: int) -> Iterator[str]:
    """The characters that a constant text, or the elements that a container of the program, may have."""
    value = facts.value(unit, operand)
    if facts.is_untrusted(value):
        return
    for element in facts.elements(value):
        if not value.objs and isinstance(element, str):
            yield from element
        elif isinstance(element, str):
            yield element


def _number(unit: Unit, operand: int) -> int | None:
    """A number as it is written, with its sign."""
    made = root_of(unit, operand)
    if made is not None and made.op == "unary" and made.extra == "USub":
        number = _number(unit, made.args[0])
        return None if number is None else -number
    return made.extra if made is not None and made.op == "const" and isinstance(made.extra, int) else None


def _is_same(facts: Facts, unit: Unit, one: Instr, other: Instr, depth: int = 0) -> bool:  # noqa: PLR0911
    """Whether two instructions give the same: they are one, or read the same item of the same thing."""
    if one is other:
        return True
    if one.op != other.op or one.op not in ("attr", "sub", "method", "cell") or depth > _MAX_DEPTH:
        return False
    if one.op == "method" and (one.extra[0] != "get" or other.extra[0] != "get"):
        return False
    if one.op in ("attr", "cell") and one.extra != other.extra:
        return False
    if len(one.args) != len(other.args) or _may_change(facts, unit, one):
        return False
    for left, right in zip(one.args, other.args, strict=True):
        made, same = root_of(unit, left), root_of(unit, right)
        if made is None or same is None:
            return False
        constants = facts.constants(unit, left)
        is_constant = len(constants) == 1 and constants == facts.constants(unit, right)
        if not is_constant and not _is_same(facts, unit, made, same, depth + 1):
            return False
    return True


def _may_change(facts: Facts, unit: Unit, reading: Instr) -> bool:
    """Whether the function stores into what is read."""
    if reading.op in ("attr", "cell"):
        return any(s.op in ("setattr", "setcell") and s.extra == reading.extra for s in facts.instructions(unit))
    base = root_of(unit, reading.args[0])
    return any(s.op == "setsub" and root_of(unit, s.args[0]) is base for s in facts.instructions(unit))
