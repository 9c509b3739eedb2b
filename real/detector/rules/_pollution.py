"""Attributes that are reached by names from outside, one after the other, and then set (class pollution).

``__class__.__init__.__globals__`` leads from any object to the module: whoever names the path sets anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.instructions import Instr, Unit

_SETTER_ARGUMENTS = 4


def walked_paths(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``for name in path[:-1]: obj = getattr(obj, name)``, then ``setattr(obj, path[-1], value)``."""
    if not unit.has_loop:
        return
    for instr in facts.instructions(unit, "call"):
        if len(instr.args) != _SETTER_ARGUMENTS:
            continue
        if "builtins.setattr" not in facts.library_names(unit, instr):
            continue
        if not facts.is_untrusted(facts.value(unit, instr.args[2])):
            continue
        steps = [made for made in facts.definitions(unit, instr.args[1]) if _is_step(facts, unit, made)]
        if steps and not _names_are_tested(facts, unit, instr):
            value = facts.value(unit, instr.args[2])
            yield Defect(instr, "the outside names a path of attributes, also through __class__", facts.trace(value))
            return


def _is_step(facts: Facts, unit: Unit, made: Instr) -> bool:
    if made.op != "call" or "builtins.getattr" not in facts.library_names(unit, made):
        return False
    return facts.is_untrusted(facts.value(unit, made.args[2]))


def _names_are_tested(facts: Facts, unit: Unit, setter: Instr) -> bool:
    """Whether a test on which the store depends asks for names that begin with an underscore, or for listed ones."""
    for atom in facts.controlling_tests(unit, setter):
        if atom.method in ("startswith", "match", "fullmatch"):
            return True
        if atom.op in ("In", "NotIn"):
            listed = facts.value(atom.unit, atom.operands[1])
            if any(isinstance(name, str) for name in facts.elements(listed)):
                return True
    return False
