"""Tests that say that a host is meant: it is one that the program names, or the host of its own address."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from real.detector.analysis.atoms import Atom
from real.detector.analysis.called_names import library_words
from real.detector.analysis.charsets import parse_pattern
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import is_view
from real.detector.concepts.patterns import pattern_call
from real.detector.concepts.text_pieces import members
from real.detector.concepts.url_hosts import PARSERS
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role

# Attributes of a URL that was taken apart (urllib.parse, and libraries that took its names over).
_HOST_ATTRIBUTES = frozenset({"hostname", "netloc", "host"})
# Where the host is in their tuples, and in url.split("/").
_HOST_INDEXES = frozenset({1, 2})
_SPLITTERS = PARSERS | {"split", "partition", "rsplit"}
_SAFE_URL_TESTS = last_names(Role.HOST_TEST)
_SETTINGS = re.compile(r"(?i)hosts|domains|origins|allow|trusted|sites|whitelist|netlocs|urls|uris")


def reads_host(reads: Reads) -> bool:
    """Whether a value is, or is made from, the host of a URL."""
    if reads.attributes & _HOST_ATTRIBUTES:
        return True
    return bool(reads.keys & _HOST_INDEXES) and bool(reads.calls & _SPLITTERS)


def is_host_test(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """Whether a test, as it holds, leaves only hosts that the program names, or the host of another URL.

    A list of hosts to refuse is no such test: names and numbers of the same machine are without end.
    """
    if atom.op in ("In", "Eq") and len(atom.operands) == 2:
        left, right = (facts.reads(atom.unit, operand) for operand in atom.operands)
        for tested, operand in ((left, atom.operands[1]), (right, atom.operands[0])):
            if atom.op == "In" and operand is atom.operands[0] and tested is right:
                continue  # `"example.com" in host` holds of example.com.evil.org too
            if reads_host(tested) and _is_known(facts, atom.unit, operand, tested):
                return True
        return False
    return atom.op == "call" and _is_host_call(facts, atom, reads)


def _is_known(facts: Facts, unit: Unit, operand: int, tested: Reads) -> bool:
    """Whether hosts to compare with are the program's own, or handed to it by whoever set it up."""
    made = unit.defs[root(unit, operand)]
    for member in members(facts, unit, operand) if made is not None and made.op == "build" else [operand]:
        reads = facts.reads(unit, member)
        is_other_host = (reads_host(reads) or "get_host" in reads.calls) and reads.origins != tested.origins
        if facts.is_untrusted(facts.value(unit, member)) and not is_other_host and not _is_set_up(facts, unit, reads):
            return False
    return True


def _is_set_up(facts: Facts, unit: Unit, reads: Reads) -> bool:
    """What comes from names of the module, from attributes of the object, or from the caller of a library function."""
    own = unit.params.positional[0] if unit.is_method and unit.params.positional else ""
    return bool(reads.origins) and every(
        origin.instr.op == "cell"
        or (origin.instr.op == "param" and (origin.instr.extra == own or _is_setting(facts, unit, origin.instr)))
        for origin in reads.origins
    )


def _is_setting(facts: Facts, unit: Unit, param: Instr) -> bool:
    """A parameter that is a collection: of hosts, of prefixes."""
    return bool(_SETTINGS.search(str(param.extra))) and not is_view(facts, unit)


def _is_host_call(facts: Facts, atom: Atom, reads: Reads) -> bool:
    if atom.sense is not True:
        return False
    called = library_words(facts, atom.unit, atom.instr)
    if called & _SAFE_URL_TESTS:
        return True
    if "any" in called:
        return any(_is_host_test_in(facts, atom, inner) for inner in facts.definitions(atom.unit, *atom.operands))
    found = pattern_call(facts, atom.unit, atom.instr)
    if found is not None:
        method, patterns, _ = found
        return reads_host(reads) and every(_ends_with_domain(text, method == "fullmatch") for text in patterns)
    if atom.instr.op != "method" or len(atom.operands) < 2:
        return False
    method = str(atom.instr.extra[0])
    return method in ("endswith", "startswith") and _is_affix_test(facts, atom, reads, method == "startswith")


def _is_affix_test(facts: Facts, atom: Atom, reads: Reads, at_start: bool) -> bool:
    """The URL starts with a scheme and a whole host, or the host ends with a whole domain."""
    argument = facts.value(atom.unit, atom.operands[1])
    if facts.is_untrusted(argument) and not _is_known(facts, atom.unit, atom.operands[1], reads):
        return False
    texts = [text for text in facts.elements(argument) if isinstance(text, str)]
    if at_start:
        return bool(texts) and every(re.match(r"[a-z]+://[^/?#\\]+/", text) for text in texts)
    return reads_host(reads) and every(text.startswith(".") for text in texts)


def _ends_with_domain(pattern: str, anchored: bool) -> bool:
    """Whether a pattern ends with the literal name of a domain, and its match with the text."""
    items = [(str(op), argument) for op, argument in parse_pattern(pattern) or ()]
    if items and items[-1][0] == "AT":
        anchored = True
        items.pop()
    ending = list(itertools.takewhile(lambda item: item[0] == "LITERAL", reversed(items)))
    return anchored and any(argument == ord(".") for _, argument in ending[1:])


def _is_host_test_in(facts: Facts, atom: Atom, inner: Instr) -> bool:
    """Whether the test of one element in ``any(host.endswith(ending) for ending in ENDINGS)`` is a test of the host."""
    if inner.op == "compare" and len(inner.args) == 2:
        made = replace(atom, instr=inner, op=inner.extra[0], operands=tuple(inner.args))
    elif inner.op == "method":
        made = replace(atom, instr=inner, op="call", operands=tuple(inner.args))
    else:
        return False
    reads = Reads()
    for operand in made.operands:
        reads.update(facts.reads(atom.unit, operand))
    return is_host_test(facts, made, reads)
