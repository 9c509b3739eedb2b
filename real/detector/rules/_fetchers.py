"""Calls that connect to an address of which they are not told that it is one: renderers, readers of files or URLs,
clients of other protocols.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import is_view
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.vocabulary import ADDRESS_WORDS, words

_READERS = calls_of(Role.READS_ADDRESS)
# Clients that are given a host; who asks for any host in a view scans the network.
_CLIENTS = calls_of(Role.CONNECTS)
_RENDERERS = calls_of(Role.RENDERS_PAGE)
_FETCHING = frozenset(tables((Kind.URL,)).calls) | calls_of(Role.FETCHER).keys()
_ADMITTING = frozenset({"In", "Eq"})


def unrestricted_fetches(facts: Facts) -> Iterator[tuple[CallSite, list[int], str]]:
    """The calls, the operands that are or hold addresses from outside, and what becomes of them."""
    for site, row in facts.tabled(_READERS):
        for operand in site.operands((0,), row.arguments[0].names)[:1]:
            if _is_named_address(facts, site, operand):
                yield site, [operand], "the outside chooses the URL that is read"
    for site, row in facts.tabled(_CLIENTS):
        if is_view(facts, site.unit):
            hosts = _host_of(site, site.operands((0,), row.arguments[0].names)[:1])
            yield site, hosts, "the outside chooses the host that is connected to"


def _host_of(site: CallSite, operands: list[int]) -> list[int]:
    """The first of a pair of host and port."""
    made = [site.unit.defs[root(site.unit, operand)] for operand in operands]
    return [step.args[0] for step in made if step is not None and step.op == "build" and step.args] or operands


def _is_named_address(facts: Facts, site: CallSite, operand: int) -> bool:
    reads = facts.reads(site.unit, operand)
    found = reads.params | reads.attributes | {key for key in reads.keys if isinstance(key, str)}
    return any(words(name) & ADDRESS_WORDS for name in found)


def open_renderers(facts: Facts) -> Iterator[Defect]:
    """``HTML(string=html)``: the page's images and styles are loaded from wherever it says."""
    for site, row in facts.tabled(_RENDERERS):
        fetcher, *pages = (site.argument(None, argument.name) for argument in row.arguments)
        page = next((page for page in pages if page is not None), None)
        if page is None or not facts.is_untrusted(page):
            continue
        own = [obj.unit for obj in fetcher.objs if obj.unit is not None] if fetcher is not None else []
        if fetcher is None or any(_fetches_anything(facts, unit) for unit in own):
            yield Defect(site.instr, "the page of the outside loads what it names from anywhere", facts.trace(page))


def _fetches_anything(facts: Facts, unit: Unit) -> bool:
    """Whether a fetcher of the program goes on to the network with no test of where."""
    return any(
        facts.library_names(unit, step) & _FETCHING
        and not any(_admits(atom) for atom in facts.controlling_tests(unit, step))
        for step in facts.instructions(unit, "call", "method")
    )


def _admits(atom: Atom) -> bool:
    if atom.op == "call":
        return atom.sense is True and atom.method in ("startswith", "fullmatch")
    return atom.op in _ADMITTING or (atom.op == "truth" and atom.instr.extra == "is_global" and atom.sense is True)
