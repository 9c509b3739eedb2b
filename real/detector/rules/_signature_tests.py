"""Comparisons of signatures that prove nothing: of a part of them, or with a hash that everybody can compute."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.hashes import hashes
from real.detector.concepts.secrets import is_environment
from real.detector.ir.definitions import definition, name_of
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.vocabulary import KEY_WORDS, SIGNATURE_WORDS, words


def weak_comparisons(facts: Facts) -> Iterator[Defect]:
    """``expected.startswith(signature)``, ``expected[:len(signature)] == signature``, ``sha256(body) == signature``."""
    for unit, step in facts.function_steps():
        if step.op == "method" and step.extra[0] == "startswith" and len(step.args) > 1:
            if _is_signature(facts, unit, step.args[1]) and _is_digest(facts, unit, step.args[0]):
                yield Defect(step, "the beginning of a signature, be it empty, is taken for the whole")
            continue
        compared = _compared(facts, unit, step)
        for given, expected in (compared, compared[::-1]) if len(compared) == 2 else ():
            if not _is_signature(facts, unit, given) or not _is_digest(facts, unit, expected):
                continue
            made = definition(unit, expected)
            if made is not None and made.op == "slice" and _is_cut_to_length(facts, unit, made):
                yield Defect(step, "the beginning of a signature, be it empty, is taken for the whole")
            elif _is_skipped(facts, unit):
                yield Defect(step, "where no key is set, every signature is taken for right")
            elif not _has_key(facts, unit, expected):
                yield Defect(step, "a hash without a key is no signature: everybody can compute it")


def _compared(facts: Facts, unit: Unit, step: Instr) -> list[int]:
    if step.op == "compare" and step.extra[0] in ("Eq", "NotEq"):
        return list(step.args)
    if step.op in ("call", "method") and facts.library_names(unit, step) & calls_of(Role.EQUALITY).keys():
        return step.args[1:]
    return []


def _is_signature(facts: Facts, unit: Unit, operand: int) -> bool:
    """A parameter, a header or a field that is named for a signature."""
    made = definition(unit, operand)
    for _ in range(3):
        if made is None or made.op != "method" or made.extra[0] not in ("encode", "strip", "lower", "removeprefix"):
            break
        made = definition(unit, made.args[0])
    if made is None:
        return False
    if made.op in ("param", "attr"):
        return bool(words(str(made.extra)) & SIGNATURE_WORDS)
    if made.op == "sub" or (made.op == "method" and made.extra[0] == "get"):
        keys = facts.constants(unit, made.args[1]) if len(made.args) > 1 else frozenset()
        return any(words(str(key).replace("-", "_")) & SIGNATURE_WORDS for key in keys)
    return False


def _is_digest(facts: Facts, unit: Unit, operand: int) -> bool:
    reads = facts.reads(unit, operand)
    return bool({"hexdigest", "digest"} & reads.calls or reads.calls & calls_of(Role.MAC).keys())


def _is_cut_to_length(facts: Facts, unit: Unit, made: Instr) -> bool:
    """``expected[: len(signature)]``: the end is no constant, and the function asks for the length of a signature."""
    return made.extra[1] is None and any(
        "builtins.len" in facts.library_names(unit, step) and _is_signature(facts, unit, step.args[1])
        for step in facts.instructions(unit, "call")
        if len(step.args) > 1
    )


def _is_skipped(facts: Facts, unit: Unit) -> bool:
    """``if not secret: return True``."""
    return any(
        atom.op == "truth" and atom.sense is False and atom.necessary and _is_secret(unit, atom.operands[0])
        for step in facts.instructions(unit, "return")
        if facts.constants(unit, step.args[0]) == {True}
        for atom in facts.controlling_tests(unit, step)
        if atom.unit is unit
    )


def _is_secret(unit: Unit, operand: int) -> bool:
    return bool(words(name_of(definition(unit, operand))) & {"key", "secret"})


def _has_key(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether something goes into a digest that may be a secret: of that name, unknown, or of another file."""
    reads = facts.reads(unit, operand)
    if reads.calls & calls_of(Role.MAC).keys():
        return True
    hashed = bool(reads.calls & hashes())
    named = (*reads.params, *reads.names, *reads.attributes, *(str(key) for key in reads.keys))
    return not hashed or any(words(name) & KEY_WORDS for name in named) or is_environment(reads)
