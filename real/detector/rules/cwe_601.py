"""CWE-601: URL redirection to an untrusted site (https://cwe.mitre.org/data/definitions/601.html)

What: the address that a browser is sent to is chosen outside.

Why: a link that starts with the name of a trusted site leads to another one, which asks for the password again; and a
redirect after login can carry the token to whoever chose the address.

Bad:
    return redirect(request.args["next"])

Good:
    target = request.args["next"]
    if urlparse(target).netloc not in {"", "www.example.com"}:
        abort(400)
    return redirect(target)

Good in Django:
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"

What silences it:
- an address that the program wrote, or one whose host it wrote: url_for("index"), f"/users/{name}",
  f"https://www.example.com/{path}";
- an allow-list: a test, on every way to the redirect, of the host (urlparse(url).netloc, .hostname) or of the whole
  address against what the program names, a prefix such as "https://www.example.com/", the request's own host;
- a test that the address has no host: `not urlparse(url).netloc`, or that it starts with "/" and not with "//", or that
  it matches a pattern that admits neither a scheme nor two slashes;
- a record that was looked up and lists the whole address (`url in client.redirect_uris`), a signature of the address.

What does not: a test that it starts with "/" or "http", a search for the site's name anywhere in it
("example.com" in url), a list of sites to refuse, a test whose outcome the redirect does not depend on, quote(), which
leaves slashes alone.

A library function that returns an address which it puts together by urljoin() is reported too: an absolute address as
its second argument replaces the first (the documentation of urllib.parse warns of it). So is one that takes an address
apart, puts a query behind one from outside, and returns the result with no test of a host; and a function named for
redirects that returns an address which begins with one slash, or with two; and get_success_url() and the like of
Django's views.

Sources: https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html,
https://docs.python.org/3/library/urllib.parse.html#urllib.parse.urljoin,
https://flask.palletsprojects.com/en/stable/api/#flask.redirect,
https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpResponseRedirect
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from real.detector.analysis.atoms import Atom
from real.detector.analysis.called_names import called_words
from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.returned import Returned
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import COPIES, Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._known_hosts import is_host_test, reads_host
from real.detector.rules._refusals import PATTERN_MODULES
from real.detector.rules._web import (
    JOINERS,
    PARSERS,
    Place,
    hosts,
    is_guarded,
    parsed_urls,
    places_of,
)
from real.detector.vocabulary import words

# A relative address keeps the host only if its first character after the slash is no slash.
_RELATIVE = "/."

_QUERY_BUILDERS = frozenset(calls_of(Role.QUERY_BUILDER))
_OWN_ADDRESSES = last_names(Role.OWN_ADDRESS)
_HEADER_SETTERS = frozenset({"send_header", "add_header", "set_header"})
_LOOKUPS = names(
    """get_object_or_404 filter filter_by first one one_or_none scalar scalars scalar_one scalar_one_or_none fetchone
    fetchall execute find_one"""
)
_ADDRESS_METHODS = last_names(Role.ADDRESS_METHOD)
# Words in the names of functions that say where a browser goes on.
_REDIRECTS = names("redirect next target goto return continue forward destination")
# Addresses of other sites: with a scheme, or with what browsers take for two slashes; and with two slashes.
_SCHEMES = ("http://e.org", "https:e.org", "/\\e.org", "\\\\e.org", "javascript:1")
_HOSTS = ("//e.org", "//e")
_TEXTS = frozenset({"fstring", "binop", "inplace", "phi"})


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    def is_test(atom: Atom, reads: Reads) -> bool:
        return is_host_test(facts, atom, reads) or _has_no_host(atom, reads) or _is_registered(facts, atom)

    if flow.instr.op in ("return", "yield"):
        if _lets_slashes_pass(facts, flow.unit, flow.instr):
            return False
        return facts.is_controlled(flow.unit, flow.instr, is_test)
    places = places_of(facts, flow, _RELATIVE)
    places = [place for place in places if not _is_own_address(place) and not _is_recorded(facts, place)]
    return is_guarded(facts, places, is_test) or any(
        is_guarded(facts, places, begins) and is_guarded(facts, places, lambda atom, _: _is_no_host(facts, atom))
        for begins in (
            lambda atom, _: _starts_with(facts, atom, True, "/"),
            lambda atom, _: _is_local_pattern(facts, atom, _SCHEMES),
        )
    )


def _is_no_host(facts: Facts, atom: Atom) -> bool:
    """``not url.startswith("//")``, or a pattern that says so."""
    return _starts_with(facts, atom, False, "//") or _is_local_pattern(facts, atom, _HOSTS)


def _is_local_pattern(facts: Facts, atom: Atom, refused: tuple[str, ...]) -> bool:
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
    if call.op != "method" or call.extra[0] not in ("match", "fullmatch", "search"):
        return False
    receiver = facts.value(atom.unit, call.args[0])
    held = [obj.fields["pattern"].consts or () for obj in receiver.objs if "pattern" in obj.fields]
    if not held and not library_paths(receiver) & PATTERN_MODULES:
        return False
    patterns = [text for consts in held for text in consts] or list(facts.constants(atom.unit, call.args[1]))
    return bool(patterns) and every(_refuses(str(text), call.extra[0], refused) for text in patterns)


@lru_cache(maxsize=256)
def _refuses(pattern: str, method: str, addresses: tuple[str, ...]) -> bool:
    try:
        matches = getattr(re.compile(pattern), method)
    except (re.error, RecursionError, OverflowError):
        return False
    return not any(matches(address) for address in addresses)


def _lets_slashes_pass(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """A return of an address that is known to begin with one slash, and may begin with two."""
    tests = facts.controlling_tests(unit, instr)
    return any(_starts_with(facts, atom, True, "/") for atom in tests) and not any(
        _is_no_host(facts, atom)
        or _has_no_host(atom, facts.atom_reads(atom))
        or is_host_test(facts, atom, facts.atom_reads(atom))
        or (atom.op == "NotIn" and facts.constants(atom.unit, atom.operands[0]) & {"//", "\\"})
        for atom in tests
    )


def _is_own_address(place: Place) -> bool:
    """``redirect(request.url)``: the page that was asked for, on the host that was asked."""
    made = place.unit.defs[place.operand]
    return made is not None and made.op == "attr" and made.extra in _OWN_ADDRESSES


def _is_recorded(facts: Facts, place: Place) -> bool:
    """``redirect(link.target)`` of a record that was looked up: the outside chooses which one, not where it leads."""
    made = place.unit.defs[place.operand]
    if made is None or made.op not in ("attr", "sub"):
        return False
    record = definition(place.unit, made.args[0])
    if record is None or record.op not in ("call", "method"):
        return False
    called = called_words(facts, place.unit, record)
    return bool(called & _LOOKUPS)


def _has_no_host(atom: Atom, reads: Reads) -> bool:
    """``not urlparse(url).netloc`` or ``not URL(url).is_absolute()`` holds: the address is relative."""
    if atom.op == "call" and atom.instr.op == "method" and atom.instr.extra[0] == "is_absolute":
        return atom.sense is False and bool(reads.calls & PARSERS)
    return atom.op == "truth" and atom.sense is False and reads_host(reads)


def _is_registered(facts: Facts, atom: Atom) -> bool:
    """``url in client.redirect_uris`` of a record that was looked up: the whole address was written down before."""
    if atom.op not in ("In", "Eq") or len(atom.operands) != 2:
        return False
    listed = definition(atom.unit, atom.operands[1])
    reads = facts.reads(atom.unit, atom.operands[1])
    tested = facts.reads(atom.unit, atom.operands[0])
    is_made_here = listed is not None and listed.op in ("build", "fstring", "binop")
    looked_up, free = (bool(made.called & _LOOKUPS) for made in (reads, tested))
    return looked_up and not free and not is_made_here


def _starts_with(facts: Facts, atom: Atom, sense: bool, prefix: str) -> bool:
    """``url.startswith(prefix)`` holds, or does not."""
    if atom.op != "call" or atom.sense is not sense or atom.instr.op != "method" or len(atom.operands) < 2:
        return False
    return atom.instr.extra[0] == "startswith" and prefix in facts.elements(facts.value(atom.unit, atom.operands[1]))


def _is_built(facts: Facts, returned: Returned) -> bool:
    """The result is an address that urljoin() makes, a query behind an address from outside, or a target of a redirect
    that was tested for one slash only."""
    unit = returned.unit
    if unit.is_method and unit.name in _ADDRESS_METHODS:
        return bool(hosts(facts, unit, returned.instr, returned.operand, _RELATIVE))
    made = definition(unit, returned.operand)
    if made is not None and (made.op == "param" or (made.op == "method" and made.extra[0] == "strip")):
        return bool(words(unit.name) & _REDIRECTS) and _lets_slashes_pass(facts, unit, returned.instr)
    kinds = set(_ingredients(facts, unit, returned.operand, set()))
    if "joined" not in kinds and not ("query" in kinds and parsed_urls(facts, unit)):
        return False
    return bool(hosts(facts, unit, returned.instr, returned.operand, _RELATIVE))


def _ingredients(facts: Facts, unit: Unit, operand: int, seen: set[tuple[Unit, int]]) -> Iterator[str]:
    """How a text is made: by urljoin(), with a query."""
    made = unit.defs[operand] if operand < len(unit.defs) else None
    if made is None or (unit, operand) in seen:
        return
    seen.add((unit, operand))
    called = facts.library_names(unit, made)
    if called & JOINERS:
        if any(facts.is_untrusted(facts.value(unit, argument)) for argument in made.args[2:]):
            yield "joined"  # the first argument alone is what the caller says that its own site is
    elif called & _QUERY_BUILDERS:
        yield "query"
    elif made.op in COPIES:
        yield from _ingredients(facts, unit, made.args[1] if made.op == "pathload" else made.args[0], seen)
    elif made.op in _TEXTS or (made.op == "method" and made.extra[0] in ("format", "join", "geturl")):
        for inner in made.args:
            yield from _ingredients(facts, unit, inner, seen)
    elif made.op == "call":
        for callee in facts.called(made):
            for step in facts.instructions(callee):
                if step.op == "return":
                    yield from _ingredients(facts, callee, step.args[0], seen)


def _check(facts: Facts) -> Iterator[Defect]:
    """Addresses in a Location header."""
    for unit in facts.units:
        for instr in facts.instructions(unit):
            operand = _location(facts, unit, instr)
            if operand is None:
                continue
            value = facts.value(unit, operand)
            if not facts.is_untrusted(value):
                continue
            places = hosts(facts, unit, instr, operand, _RELATIVE)
            if places and not is_guarded(
                facts, places, lambda atom, reads: is_host_test(facts, atom, reads) or _has_no_host(atom, reads)
            ):
                yield Defect(instr, "the outside chooses the Location header", facts.trace(value))


def _location(facts: Facts, unit: Unit, instr: Instr) -> int | None:
    """The value of a Location header that an instruction sets: an item, an argument, or a pair in a list of headers."""
    is_item = instr.op == "setsub"
    is_call = instr.op == "method" and instr.extra[0] in _HEADER_SETTERS and len(instr.args) == 3
    is_pair = instr.op == "build" and instr.extra[0] == "tuple" and len(instr.args) == 2
    if not (is_item or is_call or is_pair):
        return None
    name, value = instr.args[-2:]
    return int(value) if facts.constants(unit, name) & {"Location", "location"} else None


RULE = Rule(
    cwe="CWE-601",
    title="Open redirect",
    doc=__doc__ or "",
    fix="redirect only to addresses of your own: test that urlparse(url).netloc is empty or in a constant set of hosts",
    what="address",
    kinds=(Kind.REDIRECT,),
    returned=ReturnSink("is an address that urljoin() or a query was used for, with no test of its host", _is_built),
    guard=_is_guarded,
    check=_check,
)
