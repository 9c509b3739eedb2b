"""Tests that admit only harmless characters, of each character of a text: ``all(c in "0123" for c in text)``."""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.concepts.loops import Use, comes_through, is_element_tested, root_of, skips_elements
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import STRICT_TESTS

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


def every_character_is_harmless(facts: Facts, flow: Flow | Use, charset: Charset) -> bool:
    """Whether the sink is reached only if each character of the data has passed a test that admits harmless ones."""
    return any(
        _is_loop(facts, flow, atom, charset)
        or _is_quantifier(facts, flow, atom, charset)
        or _is_subset(facts, flow, atom, charset)
        for atom in facts.controlling_tests(flow.unit, flow.instr)
    )


def _is_loop(facts: Facts, flow: Flow | Use, atom: Atom, charset: Charset) -> bool:
    """``for c in text: if c not in "0123456789": raise``, or the same inside ``all`` or ``any``."""
    if atom.op != "In" or atom.sense is None or not _admits(facts, atom.unit, atom.operands[1], charset):
        return False
    return is_element_tested(facts, flow, atom, root_of(atom.unit, atom.operands[0]))


def _admits(facts: Facts, unit: Unit, operand: int, charset: Charset) -> bool:
    """Whether all that a container or text admits is harmless."""
    value = facts.value(unit, operand)
    allowed = facts.elements(value)
    return bool(allowed) and not facts.is_untrusted(value) and every(charset.harmless_text(text) for text in allowed)


def _is_quantifier(facts: Facts, flow: Flow | Use, atom: Atom, charset: Charset) -> bool:
    """``all(c.isalnum() or c in "-_" for c in text)``: every alternative admits harmless characters only."""
    unit, call = atom.unit, atom.instr
    if not atom.sense or not atom.necessary or facts.library_names(unit, call) != {"builtins.all"}:
        return False
    made = facts.definitions(unit, call.args[1])
    tests = [instr for instr in made if _is_test(instr)]
    return (
        bool(tests)
        and every(instr.op in _PLAIN for instr in made)
        and every(instr in tests for instr in _answers(facts, unit, call.args[1]))
        and every(_admits_element(facts, unit, test, charset) for test in tests)
        and every(_is_each_tested(facts, flow, atom, root_of(unit, test.args[0])) for test in tests)
    )


def _is_each_tested(facts: Facts, flow: Flow | Use, atom: Atom, element: Instr | None) -> bool:
    return (
        element is not None
        and is_element_tested(facts, flow, atom, element)
        and not skips_elements(facts, atom.unit, element)
    )


def _answers(facts: Facts, unit: Unit, operand: int) -> list[Instr]:
    """What makes the values that ``all()`` goes over: each test of ``c.isalnum() or c in "-_"``."""
    built = root_of(unit, operand)
    found: list[Instr] = []
    seen: set[Instr] = set()
    waiting = [
        store.args[-1]
        for store in facts.instructions(unit, "add")
        if built is not None and root_of(unit, store.args[0]) is built
    ]
    while waiting:
        made = root_of(unit, waiting.pop())
        if made is None or made in seen:
            continue
        seen.add(made)
        if made.op == "phi":
            waiting += made.args
        elif made.op != "const" or made.extra:
            found.append(made)
    return found


def _is_subset(facts: Facts, flow: Flow | Use, atom: Atom, charset: Charset) -> bool:
    """``set(text) <= set("0123456789")``, ``set(text).issubset("0123456789")``."""
    is_method = atom.method == "issubset"
    if not atom.necessary or not (atom.op == "LtE" or (is_method and atom.sense)) or len(atom.operands) != 2:
        return False
    unit = atom.unit
    made = root_of(unit, atom.operands[0])
    if unit is not flow.unit or made is None or "builtins.set" not in facts.library_names(unit, made):
        return False
    text = root_of(unit, made.args[1])
    tested = text is not None and every(comes_through(facts, unit, operand, {text}) for operand in flow.operands)
    return tested and _admits(facts, unit, atom.operands[1], charset)


def _is_test(instr: Instr) -> bool:
    return instr.op == "compare" or (instr.op == "method" and instr.extra[0] in STRICT_TESTS)


def _admits_element(facts: Facts, unit: Unit, test: Instr, charset: Charset) -> bool:
    """Whether a test of one element, ``c in "-_"`` or ``c.isalnum()``, admits harmless characters only."""
    if test.op == "compare":
        return test.extra == ("In",) and _admits(facts, unit, test.args[1], charset)
    return charset.harmless_text(STRICT_TESTS[test.extra[0]])


def is_admitted(facts: Facts, unit: Unit, added: Instr, operand: int, charset: Charset) -> bool:
    """``"".join(c for c in text if c in ALLOWED)``: an element is put in only after a test of what it is."""
    element = root_of(unit, operand)
    if element is None or element.op != "iterate":
        return False
    for atom in facts.controlling_tests(unit, added):
        if not atom.necessary or atom.sense is not True or not atom.operands or atom.unit is not unit:
            continue
        if root_of(unit, atom.operands[0]) is not element:
            continue
        if atom.op == "In" and _admits(facts, unit, atom.operands[1], charset):
            return True
        if atom.method in STRICT_TESTS and charset.harmless_text(STRICT_TESTS[atom.method]):
            return True
    return False
