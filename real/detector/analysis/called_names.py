"""What a call goes by: the last words of the library names, methods and undefined names that it may call."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit


def library_words(facts: Facts, unit: Unit, instr: Instr) -> set[str]:
    """``compare_digest`` of ``hmac.compare_digest``."""
    return {name.rpartition(".")[2] for name in facts.library_names(unit, instr)}


def called_words(facts: Facts, unit: Unit, instr: Instr) -> set[str]:
    """These, and the name of a method of anything."""
    found = library_words(facts, unit, instr)
    return found | {str(instr.extra[0])} if instr.op == "method" else found


def named_words(facts: Facts, unit: Unit, instr: Instr) -> set[str]:
    """These, and the name of a function that is shared with other functions, or that nothing in the program binds."""
    found = called_words(facts, unit, instr)
    made = definition(unit, instr.args[0]) if instr.op == "call" else None
    return found | {str(made.extra[1])} if made is not None and made.op in ("builtin", "cell") else found
