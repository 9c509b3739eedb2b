"""Tests and replacements that leave only harmless characters: `all(c in "0123" for c in text)`, `replace("<", "")`."""

from __future__ import annotations

from real.detector.atoms import Atom
from real.detector.callsites import library_paths
from real.detector.charsets import Charset, removes_harm
from real.detector.facts import Facts
from real.detector.flows import Flow
from real.detector.ir import Instr, Unit
from real.detector.library import HARMLESS_METHODS, STRICT_TESTS
from real.detector.rules._loops import is_element_tested, root_of

# What may be computed between the text and the verdict of all(...) without hiding another test.
_PLAIN = {
    "assign",
    "copy",
    "pi",
    "pathload",
    "build",
    "phi",
    "compare",
    "method",
    "iterate",
    "const",
    "param",
    "cell",
    "builtin",
    "import",
    "call",
}

# What may be done with a container without putting anything into it.
_KEEPING = frozenset({"assign", "copy", "pi", "pathload", "iterate", "return", "phi", "binop"})


def every_character_is_harmless(facts: Facts, flow: Flow, charset: Charset) -> bool:
    """Whether the sink is reached only if each character of the data has passed a test that admits harmless ones."""
    return any(
        _is_loop(facts, flow, atom, charset) or _is_quantifier(facts, flow, atom, charset)
        for atom in facts.controlling_tests(flow.unit, flow.instr)
    )


def _is_loop(facts: Facts, flow: Flow, atom: Atom, charset: Charset) -> bool:
    """``for c in text: if c not in "0123456789": raise``, or the same inside ``all`` or ``any``."""
    if atom.op != "In" or atom.sense is None or not _admits(facts, atom.unit, atom.operands[1], charset):
        return False
    return is_element_tested(facts, flow, atom, root_of(atom.unit, atom.operands[0]))


def _admits(facts: Facts, unit: Unit, operand: int, charset: Charset) -> bool:
    """Whether all that a container or text admits is harmless."""
    value = facts.value(unit, operand)
    allowed = facts.elements(value)
    return bool(allowed) and not facts.is_untrusted(value) and all(charset.harmless_text(text) for text in allowed)


def _is_quantifier(facts: Facts, flow: Flow, atom: Atom, charset: Charset) -> bool:
    """``all(c.isalnum() or c in "-_" for c in text)``: every alternative admits harmless characters only."""
    unit, call = atom.unit, atom.instr
    if not atom.sense or not atom.necessary or facts.library_names(unit, call) != {"builtins.all"}:
        return False
    made = facts.definitions(unit, call.args[1])
    tests = [instr for instr in made if _is_test(instr)]
    return (
        bool(tests)
        and all(instr.op in _PLAIN for instr in made)
        and all(_admits_element(facts, unit, test, charset) for test in tests)
        and all(is_element_tested(facts, flow, atom, root_of(unit, test.args[0])) for test in tests)
    )


def _is_test(instr: Instr) -> bool:
    return instr.op == "compare" or (instr.op == "method" and instr.extra[0] in STRICT_TESTS)


def _admits_element(facts: Facts, unit: Unit, test: Instr, charset: Charset) -> bool:
    """Whether a test of one element, ``c in "-_"`` or ``c.isalnum()``, admits harmless characters only."""
    if test.op == "compare":
        return test.extra == ("In",) and _admits(facts, unit, test.args[1], charset)
    return charset.harmless_text(STRICT_TESTS[test.extra[0]])


def is_removed(facts: Facts, unit: Unit, operand: int, characters: str) -> bool:
    """Whether every untrusted part of a text has lost these characters before it became part of it.

    By ``re.sub`` with a constant class of characters, or by ``replace`` of each one.
    """
    return _is_removed(facts, unit, operand, frozenset(characters), set())


def _is_removed(facts: Facts, unit: Unit, operand: int, left: frozenset[str], seen: set[tuple[int, int]]) -> bool:
    instr = root_of(unit, operand)
    if not left or instr is None or not facts.is_untrusted(facts.value(unit, operand)):
        return True
    if (instr.dst, len(left)) in seen:
        return True  # a loop: the other ways into it decide
    seen.add((instr.dst, len(left)))
    inside: list[int] = []
    if instr.op == "method":
        name, receiver = instr.extra[0], instr.args[0]
        if name == "replace" and len(instr.args) > 2:
            gone = facts.constants(unit, instr.args[1])
            added = facts.constants(unit, instr.args[2])
            if len(gone) == 1 and added and not any(left & set(str(text)) for text in added):
                return _is_removed(facts, unit, receiver, left - {str(text) for text in gone}, seen)
        elif name in ("sub", "subn") and "re" in library_paths(facts.value(unit, receiver)) and len(instr.args) > 3:
            patterns = facts.constants(unit, instr.args[1])
            return bool(patterns) and all(
                isinstance(pattern, str) and removes_harm(pattern, Charset(dangerous="".join(sorted(left))))
                for pattern in patterns
            )
        inside = instr.args if name in ("format", "join") else instr.args[:1] if name in HARMLESS_METHODS else []
    elif instr.op == "build":
        inside = _elements(facts, unit, instr)
    elif instr.op in ("fstring", "binop", "inplace", "phi"):
        inside = instr.args
    return bool(inside) and all(_is_removed(facts, unit, inner, left, seen) for inner in inside)


def _elements(facts: Facts, unit: Unit, made: Instr) -> list[int]:
    """What a display or a comprehension puts into its container; nothing if methods may put in more."""
    found = list(made.args)
    for instr in facts.instructions(unit):
        if instr.args and isinstance(instr.args[0], int) and root_of(unit, instr.args[0]) is made:
            if instr.op == "add":
                found += instr.args[1:]
            elif instr.op not in _KEEPING:
                return []
    return found
