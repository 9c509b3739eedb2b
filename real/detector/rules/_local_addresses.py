"""Tests after which an address leads to a page of the same site, or to one that was written down before (CWE-601)."""

from __future__ import annotations

import re
from functools import lru_cache

from real.detector.analysis.atoms import Atom
from real.detector.analysis.called_names import called_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.known_hosts import is_host_test, reads_host
from real.detector.concepts.patterns import pattern_call
from real.detector.concepts.url_hosts import PARSERS, Place
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role
from real.detector.vocabulary import ROW_READERS

_OWN_ADDRESSES = last_names(Role.OWN_ADDRESS)
# The page of a record: a method that models have by convention (docs.djangoproject.com, "Model instance reference").
_PAGE_OF_RECORD = "get_absolute_url"
# Addresses of other sites: with a scheme, or with what browsers take for two slashes; and with two slashes.
SCHEMES = ("http://e.org", "https:e.org", "/\\e.org", "\\\\e.org", "javascript:1")
_HOSTS = ("//e.org", "//e")


def is_no_host(facts: Facts, atom: Atom) -> bool:
    """``not url.startswith("//")``, or a pattern that says so."""
    return starts_with(facts, atom, False, "//") or is_local_pattern(facts, atom, _HOSTS)


def is_local_pattern(facts: Facts, atom: Atom, refused: tuple[str, ...]) -> bool:
    """The address matches a pattern of the program that none of the addresses of other sites matches."""
    call = atom.instr
    if atom.op in ("Is", "IsNot", "truth", "call") and atom.operands and call.op != "method":
        if atom.op == "Is" or (atom.op in ("truth", "call") and atom.sense is not True):
            return False
        inner = definition(atom.unit, atom.operands[-1] if call.op == "call" else atom.operands[0])
        if inner is None:
            return False
        call = inner
    elif atom.op != "call" or atom.sense is not True:
        return False
    found = pattern_call(facts, atom.unit, call)
    return found is not None and every(_refuses(text, found[0], refused) for text in found[1])


@lru_cache(maxsize=256)
def _refuses(pattern: str, method: str, addresses: tuple[str, ...]) -> bool:
    try:
        matches = getattr(re.compile(pattern), method)
    except (re.error, RecursionError, OverflowError):
        return False
    return not any(matches(address) for address in addresses)


def lets_slashes_pass(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """A return of an address that is known to begin with one slash, and may begin with two."""
    tests = facts.controlling_tests(unit, instr)
    return any(starts_with(facts, atom, True, "/") for atom in tests) and not any(
        is_no_host(facts, atom)
        or has_no_host(atom, facts.atom_reads(atom))
        or is_host_test(facts, atom, facts.atom_reads(atom))
        or (atom.op == "NotIn" and facts.constants(atom.unit, atom.operands[0]) & {"//", "\\"})
        for atom in tests
    )


def is_own_address(place: Place) -> bool:
    """``redirect(request.url)``, ``redirect(note.get_absolute_url())``: on the host that was asked."""
    made = place.unit.defs[place.operand]
    if made is not None and made.op == "method":
        return bool(made.extra[0] == _PAGE_OF_RECORD)
    return made is not None and made.op == "attr" and made.extra in _OWN_ADDRESSES


def is_recorded(facts: Facts, place: Place) -> bool:
    """``redirect(link.target)`` of a record that was looked up: the outside chooses which one, not where it leads."""
    made = place.unit.defs[place.operand]
    if made is None or made.op not in ("attr", "sub"):
        return False
    record = definition(place.unit, made.args[0])
    if record is None or record.op not in ("call", "method"):
        return False
    called = called_words(facts, place.unit, record)
    return bool(called & ROW_READERS)


def has_no_host(atom: Atom, reads: Reads) -> bool:
    """``not urlparse(url).netloc`` or ``not URL(url).is_absolute()`` holds: the address is relative."""
    if atom.method == "is_absolute":
        return atom.sense is False and bool(reads.calls & PARSERS)
    return atom.op == "truth" and atom.sense is False and reads_host(reads)


def is_registered(facts: Facts, atom: Atom) -> bool:
    """``url in client.redirect_uris`` of a record that was looked up: the whole address was written down before."""
    if atom.op not in ("In", "Eq") or len(atom.operands) != 2:
        return False
    listed = definition(atom.unit, atom.operands[1])
    reads = facts.reads(atom.unit, atom.operands[1])
    tested = facts.reads(atom.unit, atom.operands[0])
    is_made_here = listed is not None and listed.op in ("build", "fstring", "binop")
    looked_up, free = (bool(made.called & ROW_READERS) for made in (reads, tested))
    return looked_up and not free and not is_made_here


def starts_with(facts: Facts, atom: Atom, sense: bool, prefix: str) -> bool:
    """``url.startswith(prefix)`` holds, or does not."""
    if atom.op != "call" or atom.sense is not sense or atom.instr.op != "method" or len(atom.operands) < 2:
        return False
    return atom.instr.extra[0] == "startswith" and prefix in facts.elements(facts.value(atom.unit, atom.operands[1]))
