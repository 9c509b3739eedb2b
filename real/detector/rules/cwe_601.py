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
- a test that the address has no host: `not urlparse(url).netloc`, or that it starts with "/" and not with "//".

What does not: a test that it starts with "/" or "http", a search for the site's name anywhere in it
("example.com" in url), a list of sites to refuse, a test whose outcome the redirect does not depend on, quote(), which
leaves slashes alone.

A library function that returns an address which it puts together by urljoin() is reported too: an absolute address as
its second argument replaces the first (the documentation of urllib.parse warns of it). So is one that takes an address
apart, puts a query behind one from outside, and returns the result with no test of a host.

Sources: https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html,
https://docs.python.org/3/library/urllib.parse.html#urllib.parse.urljoin,
https://flask.palletsprojects.com/en/stable/api/#flask.redirect,
https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpResponseRedirect
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.atoms import Atom
from real.detector.facts import Facts
from real.detector.flows import Defect, Flow
from real.detector.ir import Instr, Unit
from real.detector.returned import Returned
from real.detector.rule import ReturnSink, Rule, Sink
from real.detector.rules._web import (
    JOINERS,
    Place,
    hosts,
    is_guarded,
    is_host_test,
    parsed_urls,
    places_of,
    reads_host,
)
from real.detector.slices import Reads

_WHY = "sends the browser there"
_LOCATION = Sink(_WHY, (0,), ("location", "url", "to", "redirect_to", "path"))
_RESPONSE = Sink(_WHY, (0,), ("url", "location", "redirect_to"))
_AIOHTTP = Sink(_WHY, (0,), ("location",))

# A relative address keeps the host only if its first character after the slash is no slash.
_RELATIVE = "/."

_CALLS: dict[str, Sink] = {
    "flask.redirect": _LOCATION,
    "flask.helpers.redirect": _LOCATION,
    "werkzeug.utils.redirect": _LOCATION,
    "werkzeug.redirect": _LOCATION,
    "quart.redirect": _LOCATION,
    "bottle.redirect": _LOCATION,
    "sanic.response.redirect": _LOCATION,
    "cherrypy.HTTPRedirect": Sink(_WHY, (0,), ("urls",)),
    "web.seeother": _RESPONSE,
    "web.redirect": _RESPONSE,
    "django.shortcuts.redirect": Sink(_WHY, (0,), ("to",)),
    "django.http.HttpResponseRedirect": Sink(_WHY, (0,), ("redirect_to",)),
    "django.http.HttpResponsePermanentRedirect": Sink(_WHY, (0,), ("redirect_to",)),
    "django.http.response.HttpResponseRedirect": Sink(_WHY, (0,), ("redirect_to",)),
    **{f"{package}.responses.RedirectResponse": _RESPONSE for package in ("fastapi", "starlette")},
    **{
        f"{package}.{name}": _AIOHTTP
        for package in ("aiohttp.web", "pyramid.httpexceptions", "aiohttp.web_exceptions")
        for name in ("HTTPFound", "HTTPSeeOther", "HTTPMovedPermanently", "HTTPTemporaryRedirect")
    },
}
_QUERY_BUILDERS = frozenset({"urllib.parse.urlencode", "urllib.parse.quote", "urllib.parse.quote_plus"})
_OWN_ADDRESSES = frozenset({"url", "base_url", "url_root", "host_url"})  # of Flask's request
_HEADER_SETTERS = frozenset({"send_header", "add_header", "set_header"})
_COPIES = frozenset({"assign", "copy", "pi", "pathload"})
_TEXTS = frozenset({"fstring", "binop", "inplace", "phi"})


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    def is_test(atom: Atom, reads: Reads) -> bool:
        return is_host_test(facts, atom, reads) or _has_no_host(atom, reads)

    if flow.instr.op in ("return", "yield"):
        return facts.is_controlled(flow.unit, flow.instr, is_test)
    places = places_of(facts, flow, _RELATIVE)
    places = [place for place in places if not _is_own_address(place)]
    if is_guarded(facts, places, is_test):
        return True
    return is_guarded(facts, places, lambda atom, _: _starts_with(facts, atom, True, "/")) and is_guarded(
        facts, places, lambda atom, _: _starts_with(facts, atom, False, "//")
    )


def _is_own_address(place: Place) -> bool:
    """``redirect(request.url)``: the page that was asked for, on the host that was asked."""
    made = place.unit.defs[place.operand]
    return made is not None and made.op == "attr" and made.extra in _OWN_ADDRESSES


def _has_no_host(atom: Atom, reads: Reads) -> bool:
    """``not urlparse(url).netloc`` holds: the address is relative."""
    return atom.op == "truth" and atom.sense is False and reads_host(reads)


def _starts_with(facts: Facts, atom: Atom, sense: bool, prefix: str) -> bool:
    """``url.startswith(prefix)`` holds, or does not."""
    if atom.op != "call" or atom.sense is not sense or atom.instr.op != "method" or len(atom.operands) < 2:
        return False
    return atom.instr.extra[0] == "startswith" and prefix in facts.elements(facts.value(atom.unit, atom.operands[1]))


def _is_built(facts: Facts, returned: Returned) -> bool:
    """The result is an address that urljoin() makes, or a query behind an address from outside."""
    unit = returned.unit
    kinds = set(_ingredients(facts, unit, returned.operand, set()))
    if "joined" not in kinds and not ("query" in kinds and parsed_urls(facts, unit)):
        return False
    return bool(hosts(facts, unit, returned.instr, returned.operand, _RELATIVE))


def _ingredients(facts: Facts, unit: Unit, operand: int, seen: set[int]) -> Iterator[str]:
    """How a text is made: by urljoin(), with a query."""
    made = unit.defs[operand] if operand < len(unit.defs) else None
    if made is None or operand in seen:
        return
    seen.add(operand)
    names = facts.library_names(unit, made)
    if names & JOINERS:
        if any(facts.is_untrusted(facts.value(unit, argument)) for argument in made.args[2:]):
            yield "joined"  # the first argument alone is what the caller says that its own site is
    elif names & _QUERY_BUILDERS:
        yield "query"
    elif made.op in _COPIES:
        yield from _ingredients(facts, unit, made.args[1] if made.op == "pathload" else made.args[0], seen)
    elif made.op in _TEXTS or (made.op == "method" and made.extra[0] in ("format", "join", "geturl")):
        for inner in made.args:
            yield from _ingredients(facts, unit, inner, seen)
    elif made.op == "call":
        for callee in facts.called(made):
            for step in facts.instructions(callee):
                if step.op == "return":
                    yield from _ingredients(facts, callee, step.args[0], set())


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
    calls=_CALLS,
    rooted={"tornado.web.RequestHandler()": {"redirect": _RESPONSE}},
    returned=ReturnSink("is an address that urljoin() or a query was used for, with no test of its host", _is_built),
    sanitizers=frozenset(
        {
            "flask.url_for",  # builds the address of a view of the program
            "quart.url_for",
            "django.urls.reverse",
        }
    ),
    guard=_is_guarded,
    check=_check,
)
