"""Nonces and initialisation vectors that are the same twice under one key (CWE-323, CWE-329)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import called_words, library_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.concepts.hashes import hashes
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import MESSAGE_WORDS, words

# What is drawn differs from message to message, be it for a generator that can be computed.
_DRAWN = last_names(Role.RANDOM, Role.GUESSABLE)
_DECRYPTING = frozenset({"decrypt", "decryptor", "decrypt_and_verify"})
_MAX_DEPTH = 4
_FIXED_CALLS = names("bytes bytearray fromhex encode unhexlify b64decode from_hex")


def nonces(facts: Facts) -> Iterator[Defect]:
    """Calls that are given the same nonce as another call with the same key."""
    nonce_of = calls_of(Role.NONCE)
    sites = facts.calls(*nonce_of)
    decrypts = {site.unit for site in sites if any(_decrypts(step) for step in facts.instructions(site.unit))}
    for site in sites:
        (nonce,) = nonce_of[site.path].arguments
        given = [site.argument(nonce.position), *(site.argument(None, name) for name in nonce.names)]
        if not any(value is not None for value in given) or site.unit in decrypts:
            continue
        operands = site.operands(nonce.positions, nonce.names)
        if len(operands) != 1:
            continue
        if is_fixed(facts, site.unit, operands[0], 0) or _is_kept(facts, site.unit, operands[0]):
            yield Defect(site.instr, "the same nonce or initialisation vector is used for every message")
        elif _is_derived(facts, site.unit, operands[0]):
            yield Defect(site.instr, "the nonce is made from something that stays the same from message to message")
    for site in facts.calls(*calls_of(Role.COUNTER)):
        if not {"prefix", "initial_value", "suffix"} & set(site.args.named) and site.args.named_rest is None:
            yield Defect(site.instr, "the counter begins at the same value for every message")


def _is_kept(facts: Facts, unit: Unit, operand: int) -> bool:
    """A random value that is drawn once: for the module, or for an object by ``__init__()`` and nowhere else."""
    made = definition(unit, operand)
    if made is None or unit.kind != "function" or unit.name == "__init__":
        return False
    if made.op in ("cell", "builtin"):
        module = facts.units[0]
        drawn = [s for s in facts.instructions(module, "setcell") if s.extra[1] == made.extra[1]]
        return len(drawn) == 1 and _is_drawn(facts, module, drawn[0].args[0])
    if made.op != "attr" or not unit.is_method:
        return False
    stores = [(owner, step) for owner, step in facts.steps("setmember", "setattr") if step.extra == made.extra]
    return bool(stores) and every(
        owner.name in ("__init__", unit.parent.name if unit.parent else "") and _is_drawn(facts, owner, step.args[-1])
        for owner, step in stores
    )


def _is_drawn(facts: Facts, unit: Unit, operand: int) -> bool:
    made = definition(unit, operand)
    return made is not None and bool(library_words(facts, unit, made) & _DRAWN)


def _is_derived(facts: Facts, unit: Unit, operand: int) -> bool:
    """``hashlib.sha256(user_id).digest()[:12]``: of no random value, no counter, no time, and not of the message."""
    made = definition(unit, operand)
    if made is None or made.op not in ("slice", "method"):
        return False
    reads = facts.reads(unit, operand)
    hashed = bool(reads.calls & (hashes() | {"digest"}))
    last = reads.called
    fresh = any(words(name) & MESSAGE_WORDS for name in (*reads.params, *reads.names, *reads.attributes, *last))
    return hashed and not fresh and not last & _DRAWN


def _decrypts(step: Instr) -> bool:
    return step.op == "method" and step.extra[0] in _DECRYPTING


def is_fixed(facts: Facts, unit: Unit, operand: int, depth: int) -> bool:  # noqa: PLR0911
    """Whether a value is written in the program, also as ``bytes(16)`` or ``b"0" * 16``."""
    value = facts.value(unit, operand)
    if value.consts and None not in value.consts:
        return True
    made = definition(unit, operand)
    if made is None or depth > _MAX_DEPTH:
        return False
    if made.op in ("cell", "builtin"):
        module = facts.units[0]
        stores = [s for s in facts.instructions(module, "setcell") if s.extra[1] == made.extra[1]]
        return len(stores) == 1 and is_fixed(facts, module, stores[0].args[0], depth + 1)
    if made.op == "binop":
        return every(is_fixed(facts, unit, arg, depth + 1) for arg in made.args)
    if made.op == "slice":  # the beginning of the key is as constant as the key
        base = definition(unit, made.args[0])
        name = str(base.extra) if base is not None and base.op in ("param", "attr") else ""
        return "key" in words(name) or is_fixed(facts, unit, made.args[0], depth + 1)
    if made.op == "attr":
        return _is_class_constant(facts, unit, made)
    called = called_words(facts, unit, made)
    passed = made.args[1:] or (made.args if made.op == "method" else [])
    return bool(called & _FIXED_CALLS) and not any(not is_fixed(facts, unit, arg, depth + 1) for arg in passed)


def _is_class_constant(facts: Facts, unit: Unit, made: Instr) -> bool:
    """``self.IV`` of a class that sets it in its body and nowhere else."""
    stores = [(owner, step) for owner, step in facts.steps("setmember", "setattr") if step.extra == made.extra]
    return (
        bool(stores)
        and unit.is_method
        and every(is_fixed(facts, owner, step.args[-1], _MAX_DEPTH) for owner, step in stores)
    )
