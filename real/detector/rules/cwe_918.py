"""CWE-918: Server-side request forgery (https://cwe.mitre.org/data/definitions/918.html)

What: the host of a request that the program sends is chosen outside.

Why: the program sits behind the firewall. Whoever chooses the host reads from it what only it may reach: the metadata
service of the cloud, a database's web console, a router, services on localhost.

Bad:
    response = requests.get(request.args["url"])

Good:
    url = request.args["url"]
    if urlparse(url).hostname not in {"api.example.com", "cdn.example.com"}:
        abort(400)
    response = requests.get(url)

Good, where any public host is meant:
    address = ipaddress.ip_address(socket.gethostbyname(urlparse(url).hostname))
    if not address.is_global:
        raise ValueError(url)

What silences it:
- a scheme and host that the program wrote, with a slash after them: f"https://api.example.com/users/{name}";
- an allow-list, also one that a library class or function was set up with: a test, on every way to the request, that
  the host (urlparse(url).hostname, .netloc), or the whole URL, is one of those that the program names, has an ending
  such as ".example.com", or that the URL starts with "https://example.com/";
- a test of every address that the name resolves to: is_global, is_private, none of the networks to be refused; also in
  the resolver, transport or adapter of the program that the client uses;
- the same tests in a dependency or in a validator of the model's field that the URL comes from; a signature;
- a server that the environment names, or that a client is made for: f"{self.base}/items" of what __init__() is given.

What does not: a test of the addresses where the client is told to follow redirects, a test of the scheme only, a test
for is_loopback only, a list of hosts to refuse ("localhost", "10."), a search for the host's name anywhere in the URL,
a test whose outcome the request does not depend on, a host without a slash after it ("https://example.com" + path: the
path may start with "@evil.org").

Also reported: pages from outside that WeasyPrint renders with a fetcher that goes anywhere, readers of pandas that are
given a URL, and, in views only, connections of other protocols to a host that the client names.

A function that takes a URL apart and gives the same URL back is taken for one that checks URLs for its callers: it is
reported where its result does not depend on any test of the host.

Sources: https://docs.python.org/3/library/urllib.parse.html#url-parsing-security,
https://requests.readthedocs.io/en/latest/api/, https://www.python-httpx.org/api/,
https://docs.aiohttp.org/en/stable/client_reference.html
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.returned import Returned
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.addresses import every_address_is_tested, is_address_test, is_restricted_client
from real.detector.concepts.known_hosts import is_host_test
from real.detector.concepts.url_hosts import UNPARSERS, Place, hosts, is_guarded, parsed_urls, places_of
from real.detector.ir.call_shapes import named_operands, passed_operands
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.kinds import Kind, Role, SourceKind
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._fetchers import open_renderers, unrestricted_fetches

_MAX_STEPS = 20


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    if flow.instr.op in ("return", "yield"):
        return facts.is_controlled(flow.unit, flow.instr, lambda atom, reads: _is_test(facts, atom, reads))
    places = places_of(facts, flow)
    if _follows_redirects(facts, flow.unit, flow.instr):  # to any address: only a known host sends to none but its own
        asked = [place for place in places if not _is_configured(facts, place)]
        tested = is_guarded(facts, asked, lambda atom, reads: is_host_test(facts, atom, reads))
    else:
        tested = _are_tested(facts, places)
    return tested or is_restricted_client(facts, flow.unit, flow.instr)


def _follows_redirects(facts: Facts, unit: Unit, call: Instr) -> bool:
    """Whether a request, or the client that it is sent by, is told to follow redirects."""
    client = definition(unit, call.args[0]) if call.op == "method" else None
    while client is not None and client.op in ("enter", "await"):
        client = definition(unit, client.args[0])
    return any(
        name in ("allow_redirects", "follow_redirects") and facts.constants(unit, operand) == {True}
        for made in (call, client)
        if made is not None and made.op in ("call", "method")
        for name, operand in named_operands(made)
    )


def _is_test(facts: Facts, atom: Atom, reads: Reads) -> bool:
    return is_host_test(facts, atom, reads) or is_address_test(atom, reads)


def _are_tested(facts: Facts, places: list[Place]) -> bool:
    places = [
        place for place in places if not every_address_is_tested(facts, place) and not _is_configured(facts, place)
    ]
    return is_guarded(facts, places, lambda atom, reads: _is_test(facts, atom, reads))


def _is_configured(facts: Facts, place: Place) -> bool:
    """Whether who runs the program says which server it asks: by the environment, or when it makes a client of it."""
    entry = facts.entry(facts.value(place.unit, place.operand))
    if entry is SourceKind.ENVIRONMENT:
        steps = facts.definitions(place.unit, place.operand)
        if facts.is_open(place.unit) and any(step.op == "param" for step in steps):
            return False  # what the program itself passes says nothing of others
        return every(facts.entry(facts.value(place.unit, step.dst)) in (entry, None) for step in steps)
    return isinstance(entry, Unit) and _is_base_of_client(facts, place, entry)


def _is_base_of_client(facts: Facts, place: Place, start: Unit) -> bool:
    """``f"{self.base}/items"`` with what the constructor was given, and the program itself gives it nothing else."""
    made = definition(place.unit, place.operand)
    if start.name != "__init__" or made is None or made.op != "attr" or place.unit is start:
        return False
    is_part = every(root(place.unit, arg) != made.dst for at in place.at if isinstance(at, Instr) for arg in at.args)
    return is_part and not any(
        facts.is_untrusted(facts.value(caller, operand))
        for caller, call, bound in facts.call_sites(start)
        for operands in passed_operands(call, start, bound).values()
        for operand in operands
    )


def _check(facts: Facts) -> Iterator[Defect]:
    yield from open_renderers(facts)
    for site, operands, message in unrestricted_fetches(facts):
        for operand in operands:
            value = facts.value(site.unit, operand)
            if facts.is_untrusted(value) and not _are_tested(facts, hosts(facts, site.unit, site.instr, operand)):
                yield Defect(site.instr, message, facts.trace(value))


def _hands_back(facts: Facts, returned: Returned) -> bool:
    """The result is the very URL that the function takes apart."""
    unit = returned.unit
    parsed = parsed_urls(facts, unit)
    if not parsed:
        return False
    made = definition(unit, returned.operand)
    whole = made is not None and (
        (made.op == "method" and made.extra[0] == "geturl") or bool(facts.library_names(unit, made) & UNPARSERS)
    )
    if made is not None and whole:
        source = definition(unit, made.args[0] if made.op == "method" and made.extra[0] == "geturl" else made.args[1])
        return source in parsed
    return made is not None and made.op == "param" and _only_looks_at_host(facts, unit, made, parsed)


def _only_looks_at_host(facts: Facts, unit: Unit, param: Instr, parsed: list[Instr]) -> bool:
    """A parameter is parsed for nothing, or for its host."""
    calls = [call for call in parsed if any(definition(unit, arg) is param for arg in call.args[1:])]
    taken = {str(instr.extra) for instr in facts.instructions(unit, "attr") if definition(unit, instr.args[0]) in calls}
    return bool(calls) and taken <= {"hostname", "netloc"}


RULE = Rule(
    cwe="CWE-918",
    title="Server-side request forgery",
    doc=__doc__ or "",
    fix="before the request, test that urlparse(url).hostname is in a constant set of hosts, and stop if it is not",
    what="URL",
    kinds=(Kind.URL, Kind.HOST, Kind.RENDERED_URL, Kind.FETCHED_URL, Kind.RPC_URL, Kind.REQUEST_TARGET),
    returned=ReturnSink("is the URL that it took apart, with no test of the host", _hands_back),
    guard=_is_guarded,
    check=_check,
    asks=(Role.READS_ADDRESS, Role.CONNECTS, Role.RENDERS_PAGE),
)
