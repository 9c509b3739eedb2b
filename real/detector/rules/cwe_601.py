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
- one slash before what has none at its beginning, `"/" + url.lstrip("/")`, where the framework encodes addresses
  (Flask, Django, Starlette): browsers take a backslash for a slash, and skip tabs;
- a record that was looked up and lists the whole address (`url in client.redirect_uris`), a signature of the address.

What does not: a test that it starts with "/" or "http", a search for the site's name anywhere in it
("example.com" in url), a list of sites to refuse, a test whose outcome the redirect does not depend on, quote(), which
leaves slashes alone.

A library function that returns an address which it puts together by urljoin() is reported too: an absolute address as
its second argument replaces the first (the documentation of urllib.parse warns of it). So is one that takes an address
apart, puts a query behind one from outside, and returns the result with no test of a host; and a function named for
redirects that returns an address which begins with one slash, or with two; one that writes outside data behind the host
of an address without a slash between; and get_success_url() and the like of Django's views.

Sources: https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html,
https://docs.python.org/3/library/urllib.parse.html#urllib.parse.urljoin,
https://flask.palletsprojects.com/en/stable/api/#flask.redirect,
https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpResponseRedirect
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.returned import Returned
from real.detector.analysis.slices import Reads
from real.detector.concepts.known_hosts import is_host_test
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.concepts.url_hosts import JOINERS, hosts, is_guarded, parsed_urls, places_of
from real.detector.ir.call_shapes import named_operands
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import COPIES, Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Kind, Role
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._local_addresses import (
    SCHEMES,
    has_no_host,
    is_local_pattern,
    is_no_host,
    is_own_address,
    is_recorded,
    is_registered,
    lets_slashes_pass,
    starts_with,
)
from real.detector.vocabulary import REDIRECT_WORDS, words

_HOSTS = frozenset({"netloc", "hostname"})
# A relative address keeps the host only if its first character after the slash is no slash.
_RELATIVE = "/."

_QUERY_BUILDERS = frozenset(calls_of(Role.QUERY_BUILDER))
_HEADER_SETTERS = frozenset({"send_header", "add_header", "set_header"})
_ADDRESS_METHODS = last_names(Role.ADDRESS_METHOD)
# Words in the names of functions that say where a browser goes on.
_TEXTS = frozenset({"fstring", "binop", "inplace", "phi"})
_ANSWERS = frozenset({"header", "headers", "resp", "response"})


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    def is_test(atom: Atom, reads: Reads) -> bool:
        return is_host_test(facts, atom, reads) or has_no_host(atom, reads) or is_registered(facts, atom)

    if flow.instr.op in ("return", "yield"):
        if lets_slashes_pass(facts, flow.unit, flow.instr):
            return False
        return facts.is_controlled(flow.unit, flow.instr, is_test)
    places = places_of(facts, flow, _RELATIVE)
    places = [place for place in places if not is_own_address(place) and not is_recorded(facts, place)]
    return is_guarded(facts, places, is_test) or any(
        is_guarded(facts, places, begins) and is_guarded(facts, places, lambda atom, _: is_no_host(facts, atom))
        for begins in (
            lambda atom, _: starts_with(facts, atom, True, "/"),
            lambda atom, _: is_local_pattern(facts, atom, SCHEMES),
        )
    )


def _is_built(facts: Facts, returned: Returned) -> bool:
    """The result is an address that urljoin() makes, a query behind an address from outside, a host that outside data
    goes on with, or a target of a redirect that was tested for one slash only."""
    unit = returned.unit
    if unit.is_method and unit.name in _ADDRESS_METHODS:
        return any(
            not is_own_address(place) and not is_recorded(facts, place)
            for place in hosts(facts, unit, returned.instr, returned.operand, _RELATIVE)
        )
    made = definition(unit, returned.operand)
    if made is not None and (made.op == "param" or (made.op == "method" and made.extra[0] == "strip")):
        return bool(words(unit.name) & REDIRECT_WORDS) and lets_slashes_pass(facts, unit, returned.instr)
    if _goes_on_with_host(facts, returned):
        return True
    kinds = set(_ingredients(facts, unit, returned.operand, set()))
    if "joined" not in kinds and not ("query" in kinds and parsed_urls(facts, unit)):
        return False
    return bool(hosts(facts, unit, returned.instr, returned.operand, _RELATIVE))


def _goes_on_with_host(facts: Facts, returned: Returned) -> bool:
    """``f"{base.scheme}://{base.netloc}{path}"``: without a slash between, ``@evil.org`` says the host."""
    unit = returned.unit
    parsed = parsed_urls(facts, unit)
    if not parsed or facts.is_controlled(unit, returned.instr, lambda atom, _: starts_with(facts, atom, True, "/")):
        return False
    for before, after in itertools.pairwise(ordered_pieces(facts, unit, returned.operand)):
        if isinstance(before, int) and isinstance(after, int):
            host, rest = definition(unit, before), definition(unit, after)
            is_host = host is not None and host.op == "attr" and host.extra in _HOSTS
            is_part = rest is not None and rest.op == "attr" and definition(unit, rest.args[0]) in parsed
            if is_host and host is not None and definition(unit, host.args[0]) in parsed and not is_part:
                return facts.is_untrusted(facts.value(unit, after))
    return False


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
            for step in facts.instructions(callee, "return"):
                yield from _ingredients(facts, callee, step.args[0], seen)


def _check(facts: Facts) -> Iterator[Defect]:
    """Addresses in a Location header."""
    for unit, instr in facts.steps():
        operand = _location(facts, unit, instr)
        if operand is None:
            continue
        value = facts.value(unit, operand)
        if not facts.is_untrusted(value):
            continue
        places = hosts(facts, unit, instr, operand, _RELATIVE)
        if places and not is_guarded(
            facts, places, lambda atom, reads: is_host_test(facts, atom, reads) or has_no_host(atom, reads)
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
    told = facts.constants(unit, name)
    if is_item and "location" in told:
        held = (words(holder) for holder in {*facts.reads(unit, instr.args[0]).words, *_variables(unit, instr.args[0])})
        if _ANSWERS.isdisjoint(itertools.chain.from_iterable(held)) and not _are_headers(facts, unit, instr.args[0]):
            return None  # where something is
    return int(value) if told & {"Location", "location"} else None


def _are_headers(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a mapping is given to an answer as its headers: by that name, or at the end of what a view returns."""
    made = definition(unit, operand)
    for step in facts.instructions(unit, "call", "method", "build"):
        is_given = [arg for arg in step.args if definition(unit, arg) is made]
        if not is_given:
            continue
        if step.op == "build" and step.extra[0] == "tuple" and len(step.args) in (2, 3) and step.args[-1] in is_given:
            return True
        if any(name == "headers" for name, arg in named_operands(step) if arg in is_given):
            return True
        if step.op == "method" and "headers" in facts.reads(unit, step.args[0]).words:
            return True
    return False


def _variables(unit: Unit, operand: int) -> Iterator[str]:
    """The names of the variables that an operand has been put into."""
    made = unit.defs[operand]
    while made is not None and made.op in COPIES:
        yield str(made.extra or "")
        made = unit.defs[made.args[0]]


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
