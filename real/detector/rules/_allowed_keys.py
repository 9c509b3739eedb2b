"""Names of columns that are the keys of a mapping, all of which have been found in a list of the program (CWE-89).

``if changes.keys() - FIELDS: raise``: the test is of the mapping, what goes into the statement are its keys.
"""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.charsets import SQL
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit

# Methods of mappings that give something else than keys, but pairs.
_VALUES = frozenset({"values", "get", "pop", "setdefault", "popitem"})
_PAIRS = 2
_SETS = frozenset({"builtins.set", "builtins.frozenset", "builtins.list", "builtins.sorted", "builtins.tuple"})


def are_allowed_keys(facts: Facts, flow: Flow) -> bool:
    """Whether the untrusted parts are keys of mappings whose keys have all been tested before."""
    if not any(_is_of_keys(step) for step in facts.definitions(flow.unit, *flow.operands)):
        return False
    if any(_takes_value(flow.unit, step) for step in facts.definitions(flow.unit, *flow.operands)):
        return False
    return facts.is_guarded(flow.unit, flow.instr, flow.operands, lambda atom, _: admits_keys(facts, atom))


def _is_of_keys(step: Instr) -> bool:
    return step.op == "iterate" or (step.op == "method" and step.extra[0] in ("keys", "items", "join"))


def _takes_value(unit: Unit, step: Instr) -> bool:
    """Whether a step takes a value out of a mapping, be it the second of a pair."""
    if step.op == "sub" or (step.op == "method" and step.extra[0] in _VALUES):
        return True
    if step.op != "unpack" or step.extra[0] == 0:
        return False
    made = definition(unit, step.args[0])
    return made is not None and made.op == "iterate"


def admits_keys(facts: Facts, atom: Atom) -> bool:
    """``keys <= FIELDS``, ``set(keys).issubset(FIELDS)``, ``not keys - FIELDS``, ``all(k in FIELDS for k in keys)``."""
    unit = atom.unit
    if atom.op in ("LtE", "Lt", "In") and len(atom.operands) == _PAIRS:
        return _is_list(facts, unit, atom.operands[1]) and not _is_list(facts, unit, atom.operands[0])
    if atom.method == "issubset" and atom.sense is True:
        return _is_list(facts, unit, atom.instr.args[1])
    if atom.op == "truth" and atom.sense is False:
        made = _set(facts, unit, definition(unit, atom.operands[0]))
        if made is not None and made.op == "binop" and made.extra == "Sub":
            return _is_list(facts, unit, made.args[1]) and not _is_list(facts, unit, made.args[0])
        if made is not None and made.op == "method" and made.extra[0] == "difference":
            return _is_list(facts, unit, made.args[1])
    return False


def _set(facts: Facts, unit: Unit, made: Instr | None) -> Instr | None:
    """What a set, a list or the sorted elements of something are made of."""
    while made is not None and made.op == "call" and facts.library_names(unit, made) & _SETS and len(made.args) > 1:
        made = definition(unit, made.args[1])
    return made


def _is_list(facts: Facts, unit: Unit, operand: int) -> bool:
    """A container of the program whose elements all are harmless in a statement."""
    value = facts.value(unit, operand)
    elements = facts.elements(value)
    return bool(value.objs and elements) and not facts.is_untrusted(value) and every(map(SQL.harmless_text, elements))
