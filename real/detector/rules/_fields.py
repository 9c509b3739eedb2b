"""Which fields a mapping from outside may name, and what says which are meant (CWE-915)."""

from __future__ import annotations

import re

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import Value
from real.detector.concepts.request_parts import VALIDATED
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.rules._models import open_models
from real.detector.vocabulary import ASKING_VERBS, ROLE_WORDS

# Methods of pydantic's models that return declared fields only.
_DUMPS = frozenset({"model_dump", "dict"})
# Words that say what somebody may do; weak evidence, used together with a test that controls the store.
# Words of a parameter that says what somebody may do, where it is asked for its truth: `allow_all`, `can_edit`.
_FLAGS = ROLE_WORDS | ASKING_VERBS | {"trusted"}
_MAX_STEPS = 50


def is_declared(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether the fields come from a model that declares them, and none that is privileged."""
    reads = facts.reads(unit, operand)
    if (reads.attributes | reads.params) & VALIDATED:  # they hold declared fields only
        return True
    return bool(reads.calls & _DUMPS) and not open_models(facts, unit, operand)


def has_free_keys(facts: Facts, value: Value) -> bool:
    """Whether the outside chooses keys of a mapping."""
    if value.mask & facts.bit and not any(obj.kind == "dict" for obj in value.objs):
        return True
    return any(obj.keys.mask & facts.bit for obj in value.objs if obj.kind == "dict")


def iterated(unit: Unit, operand: int) -> int:
    """The container that ``for key, value in container.items()`` goes through."""
    for _ in range(_MAX_STEPS):
        operand = root(unit, operand)
        made = unit.defs[operand]
        if made is None or not (made.op == "iterate" or (made.op == "method" and made.extra[0] == "items")):
            break
        operand = made.args[0]
    return operand


def is_refusal(facts: Facts, atom: Atom) -> bool:
    """The key is none of those that the program protects."""
    if atom.op not in ("NotIn", "NotEq") or facts.is_existence_test(atom):
        return False
    protected = facts.value(atom.unit, atom.operands[1])
    return not facts.is_untrusted(protected) and any(isinstance(name, str) for name in facts.elements(protected))


def is_privileged(facts: Facts, unit: Unit, instr: Instr, data: set[str]) -> bool:
    """Whether only a privileged caller comes here; ``data`` are the parameters that the mapping is made from.

    Whether a record is there says nothing of the caller, though it is called `staff`.
    """
    stored = {made.extra for arg in instr.args if isinstance(arg, int) and (made := definition(unit, arg)) is not None}

    def lets_pass(atom: Atom, reads: Reads) -> bool:
        if atom.sense is False and atom.op in ("truth", "call"):
            return False
        if atom.op != "truth" and facts.is_existence_test(atom):
            return False
        if atom.op == "truth" and atom.sense and atom.instr.op == "param":
            name = str(atom.instr.extra)
            return name not in data and name not in stored and bool(_words(name) & _FLAGS)
        return atom.op in ("Eq", "In", "truth", "call") and any(_words(word) & ROLE_WORDS for word in reads.words)

    return facts.is_controlled(unit, instr, lets_pass)


def _words(name: str) -> frozenset[str]:
    return frozenset((name.lower(), *re.findall(r"[a-z]+", name.lower())))


def is_guarded_at(facts: Facts, unit: Unit, instr: Instr, operands: list[int]) -> bool:
    if facts.is_guarded(unit, instr, operands, lambda atom, _: is_refusal(facts, atom)):
        return True
    return is_privileged(facts, unit, instr, facts.reads(unit, operands[0]).params)
