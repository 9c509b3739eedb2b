"""Credentials that follow a redirect to another host: the next request is for whoever the last answer named."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import called_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.vocabulary import CREDENTIAL_HEADERS, HOST_WORDS, words

# Headers by which a client proves who it is (RFC 9110, 11.6.2; RFC 6265, 5.4).
_LOCATION = "location"
_REQUESTS = names("request get post put urlopen Request stream send head fetch")
_COMPARISONS = names("Eq NotEq In NotIn Is IsNot")
_READERS = names("get getheader get_header")


def credentials_abroad(facts: Facts) -> Iterator[Defect]:
    """``get(answer.headers["Location"], headers={"Authorization": ...})``."""
    for unit in facts.functions:
        found = [step for step in facts.instructions(unit) if _reads_location(facts, unit, step)]
        if not found:
            continue
        for step in facts.instructions(unit, "call", "method"):
            if not _is_request(facts, unit, step):
                continue
            operands = step.args
            carries = any(_is_credential(text) for arg in operands for text in facts.reads(unit, arg).constants)
            made = facts.definitions(unit, *operands)
            if carries and any(place in made for place in found) and not _compares_origin(facts, unit, step):
                yield Defect(step, "the credentials follow a redirect to any host that the answer names")
                break


def _is_credential(text: object) -> bool:
    return isinstance(text, str) and text.lower() in (CREDENTIAL_HEADERS | {"cookie"})


def _reads_location(facts: Facts, unit: Unit, step: Instr) -> bool:
    is_read = step.op == "sub" or (step.op == "method" and step.extra[0] in _READERS)
    return (
        is_read
        and len(step.args) > 1
        and any(isinstance(key, str) and key.lower() == _LOCATION for key in facts.constants(unit, step.args[1]))
    )


def _is_request(facts: Facts, unit: Unit, step: Instr) -> bool:
    called = called_words(facts, unit, step)
    return bool(called & _REQUESTS)


def _compares_origin(facts: Facts, unit: Unit, request: Instr) -> bool:
    """Whether a comparison of hosts decides about the request, or whether the credential is among its headers."""
    units = [unit, *(callee for step in facts.instructions(unit) for callee in facts.called(step))]
    decided = [
        (inner, step)
        for inner in units
        for step in facts.instructions(inner)
        if step is request
        or (
            (step.op in ("setsub", "delsub") or (step.op == "method" and step.extra[0] == "pop"))
            and len(step.args) > 1
            and any(_is_credential(key) for key in facts.constants(inner, step.args[1]))
        )
    ]
    for inner, step in decided:
        for atom in facts.controlling_tests(inner, step):
            if atom.op in _COMPARISONS and every(_is_origin(facts, atom.unit, operand) for operand in atom.operands):
                return True
    return False


def _is_origin(facts: Facts, unit: Unit, operand: int) -> bool:
    """Something that is, by name, a host or a list of hosts."""
    reads = facts.reads(unit, operand)
    return any(words(name) & HOST_WORDS for name in (*reads.attributes, *reads.names, *reads.params))
