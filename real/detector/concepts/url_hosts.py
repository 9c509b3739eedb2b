"""What rules about URLs share: which part of a text decides the host, and which tests say that the host is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from real.detector.analysis.atoms import Atom
from real.detector.analysis.charsets import Charset, admits_only
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.calls import passed_to
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.patterns import pattern_call
from real.detector.concepts.text_pieces import members, ordered_pieces
from real.detector.concepts.validators import dependencies, validators
from real.detector.ir.definitions import definition, reading, root
from real.detector.ir.instructions import CallShape, Edge, Instr, Unit
from real.detector.models.catalogue import calls_of, rows_of
from real.detector.models.kinds import Role
from real.detector.models.rows import Framework

PARSERS = frozenset(calls_of(Role.URL_PARSER))
JOINERS = frozenset(calls_of(Role.URL_JOINER))
_DECODING = frozenset(calls_of(Role.DECODES))
UNPARSERS = frozenset(calls_of(Role.URL_UNPARSER))
# Calls and methods that give back the same URL in another form.
_SAME = PARSERS | calls_of(Role.URL_COPY).keys()
_SAME_METHODS = frozenset({"geturl", "strip", "lstrip", "rstrip", "lower", "encode", "decode", "unicode_string"})
# A scheme and a host that is complete, because something follows it that ends it.
_FIXED = re.compile(r"[a-zA-Z][\w+.-]*://[^/?#\\]+[/?#]|/[^/\\]")
_WHOLE_HOST = re.compile(r"[a-zA-Z][\w+.-]*://[^/?#\\@]+")
# What follows the first label of a host: the rest of a domain name, complete.
_DOMAIN = re.compile(r"\.[\w-]+(?:\.[\w-]+)*(?::\d+)?(?:[/?#]|$)")
_LABEL = Charset("-_")
_QUOTING = tuple(row.api for row in rows_of(Framework) if row.quotes)
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Place:
    """An operand of ``unit`` that decides the host, and the places at which it is passed on, nearest last.

    An edge is the step of control on which the operand becomes what is used: the missing ``else`` of a test.
    """

    unit: Unit
    at: tuple[Instr | Edge, ...]
    operand: int
    inner: tuple[Place, ...] = ()  # the same data where it came through before: in helpers, in validators of a model


def hosts(facts: Facts, unit: Unit, instr: Instr, operand: int, relative: str = "/") -> list[Place]:
    """The untrusted operands that decide the host of a URL; none where a literal part before them does.

    Texts that are put together are followed to their first part, into helpers that the program calls and to the
    callers of helpers. ``relative`` is what a relative URL of the same host starts with at least.
    """
    return list(_Hosts(facts, relative).of(unit, (instr,), operand, 0))


class _Hosts:
    def __init__(self, facts: Facts, relative: str) -> None:
        self.facts = facts
        self.relative = relative
        self.seen: set[tuple[Unit, int, object]] = set()  # with the last place: a join may have it twice

    def of(self, unit: Unit, at: tuple[Instr | Edge, ...], operand: int, depth: int) -> Iterator[Place]:
        facts = self.facts
        if not facts.is_untrusted(facts.value(unit, operand)):
            return  # a test has proved it, which its root does not know
        operand = reading(unit, operand)
        made = unit.defs[operand]
        is_join = made is not None and made.op == "phi"
        key = (unit, operand, None if is_join else at[-1])
        if key in self.seen or not facts.is_untrusted(facts.value(unit, operand)):
            return
        self.seen.add(key)
        if made is not None and made.op == "phi":
            for inner, last in _arguments(unit, made):
                yield from self.of(unit, (*at, last), inner, depth)
            return
        following = self._inside(unit, made) if made is not None and depth < _MAX_DEPTH else None
        if following is None:
            yield from self._whole(unit, at, operand, depth)
        for inner in following or ():
            yield from self.of(unit, at, inner, depth)

    def _whole(self, unit: Unit, at: tuple[Instr | Edge, ...], operand: int, depth: int) -> Iterator[Place]:
        """An operand that is no text which is put together here: where it comes from."""
        facts, made = self.facts, unit.defs[operand]
        here = Place(unit, at, operand, _returns(validators(facts, unit, operand)))
        if made is None or depth >= _MAX_DEPTH:
            yield here
        elif made.op in ("call", "method") and facts.called(made):
            yield from self._from_helper(unit, at, made, depth)
        elif made.op == "iterate" and (yields := self._yields(unit, made)):
            for callee, step in yields:
                yield from self.of(callee, (step,), step.args[0], depth + 1)
        elif made.op == "param" and facts.call_sites(unit) and not facts.is_open(unit):
            for caller, call, bound in facts.call_sites(unit):
                for passed in facts.passed(caller, call, unit, bound, str(made.extra)):
                    yield from self.of(caller, (call,), passed, depth + 1)
        elif made.op == "param" and (injected := dependencies(facts, unit, str(made.extra))):
            yield replace(here, inner=_returns(injected))
        else:
            yield here

    def _yields(self, unit: Unit, iterate: Instr) -> list[tuple[Unit, Instr]]:
        """``for url in allowed(urls)``: where generators of the program give what is iterated, if they alone do."""
        call = unit.defs[root(unit, iterate.args[0])]
        callees = self.facts.called(call) if call is not None and call.op in ("call", "method") else []
        if not every(callee.is_generator for callee in callees):
            return []
        steps = [(callee, step) for callee in callees for step in self.facts.instructions(callee, "yield")]
        return [] if any(step.extra for _, step in steps) else steps

    def _from_helper(self, unit: Unit, at: tuple[Instr | Edge, ...], call: Instr, depth: int) -> Iterator[Place]:
        for callee in self.facts.called(call):
            for step in self.facts.instructions(callee, "return"):
                for place in _Hosts(self.facts, self.relative)._local(callee, (step,), step.args[0], depth + 1):
                    made = callee.defs[place.operand] if place.unit is callee else None
                    if made is not None and made.op == "param":
                        for passed in passed_to(self.facts, unit, call, callee).get(str(made.extra), ()):
                            for outer in self.of(unit, at, passed, depth + 1):
                                yield replace(outer, inner=(place,))
                    else:
                        yield place

    def _local(self, unit: Unit, at: tuple[Instr | Edge, ...], operand: int, depth: int) -> Iterator[Place]:
        """The same without going on to the callers, which the call that led here already is."""
        if not self.facts.is_untrusted(self.facts.value(unit, operand)):
            return
        operand = reading(unit, operand)
        made = unit.defs[operand]
        if made is not None and made.op == "param":
            if self.facts.is_untrusted(self.facts.value(unit, operand)):
                yield Place(unit, at, operand)
            return
        if made is not None and made.op == "phi":
            steps = [(inner, (*at, last)) for inner, last in _arguments(unit, made)]
        else:
            following = self._inside(unit, made) if made is not None else None
            if following is None:
                yield from self.of(unit, at, operand, depth)
                return
            steps = [(inner, at) for inner in following]
        for inner, places in steps:
            if (unit, inner, places[-1]) not in self.seen:
                self.seen.add((unit, inner, places[-1]))
                yield from self._local(unit, places, inner, depth)

    def _inside(self, unit: Unit, made: Instr) -> list[int] | None:
        """The operands that decide the host of what an instruction makes; ``None`` if it is no text that is made."""
        if made.op == "phi":
            return list(made.args)
        if made.op in ("fstring", "binop", "inplace") or (made.op == "method" and made.extra[0] in ("format", "join")):
            return self._first(unit, made)
        if made.op == "method" and made.extra[0] in (*_SAME_METHODS, "_replace"):
            return self._replaced(unit, made)
        names = self.facts.library_names(unit, made)
        arguments = made.args[1:]
        if names & JOINERS and len(arguments) > 1:
            return self._joined(unit, arguments)
        if names & UNPARSERS and arguments:
            parts = members(self.facts, unit, arguments[0])
            return parts[1:2] if len(parts) > 1 else arguments[:1]
        return arguments[:1] if names & _SAME and arguments else None

    def _replaced(self, unit: Unit, made: Instr) -> list[int]:
        """``parsed.geturl()``, ``parsed._replace(netloc=HOST)``."""
        shape = made.extra[1]
        if made.extra[0] == "_replace" and isinstance(shape, CallShape) and "netloc" in shape.keywords:
            return [made.args[1 + len(shape.starred) + shape.keywords.index("netloc")]]
        return list(made.args[:1])

    def _joined(self, unit: Unit, arguments: list[int]) -> list[int]:
        """``urljoin(base, url)``: the second has its way unless it is relative for certain."""
        pieces = ordered_pieces(self.facts, unit, arguments[1])
        start = pieces[0] if pieces and isinstance(pieces[0], str) else ""
        if re.match(r"/[^/\\]|[^/:\\?#]+[/?#]", start):
            return arguments[:1]
        return arguments[:2]

    def _first(self, unit: Unit, made: Instr) -> list[int] | None:
        """The first untrusted part of a text, unless what precedes it decides the host."""
        prefix = ""
        pieces = ordered_pieces(self.facts, unit, made.dst)
        if pieces == [made.dst]:
            return None
        for index, piece in enumerate(pieces):
            if isinstance(piece, str):
                prefix += piece
            elif self._is_fixed(prefix, unit, piece) or self._is_path_of_known(prefix, unit, made, piece):
                return []
            elif self.facts.is_untrusted(self.facts.value(unit, piece)):
                following = pieces[index + 1 :]
                safe = self._is_label(unit, made, piece, following) or self._is_configured(unit, piece, following)
                return [] if safe else [piece]
            else:
                after = pieces[index + 1] if index + 1 < len(pieces) else ""
                if prefix or not (isinstance(after, str) and after.startswith("://")):
                    return []  # a part that the program chose decides
                prefix = "scheme"
        return []

    def _is_fixed(self, prefix: str, unit: Unit, following: int) -> bool:
        """Whether a literal beginning decides the host, whatever follows."""
        if _FIXED.match(prefix) or (prefix and prefix.startswith(self.relative)):
            return True
        return prefix == "/" and (self._is_route_part(unit, following) or self._has_no_slash_before(unit, following))

    def _has_no_slash_before(self, unit: Unit, operand: int) -> bool:
        """``"/" + url.lstrip("/")`` in a framework that encodes addresses: browsers take a backslash for a slash."""
        made = definition(unit, operand)
        if made is None or made.op != "method" or made.extra[0] not in ("strip", "lstrip") or len(made.args) != 2:
            return False
        stripped = self.facts.constants(unit, made.args[1])
        is_stripped = bool(stripped) and every(isinstance(text, str) and "/" in text for text in stripped)
        return is_stripped and app_of(self.facts).uses(*_QUOTING)

    def _is_path_of_known(self, prefix: str, unit: Unit, made: Instr, operand: int) -> bool:
        """``f"https://{parts.hostname}{parts.path}"`` with a tested host: beside one, the path begins with a slash."""
        path = unit.defs[root(unit, operand)]
        if path is None or path.op != "attr" or path.extra != "path" or not _WHOLE_HOST.fullmatch(prefix):
            return False
        parsed = root(unit, path.args[0])
        source = unit.defs[parsed]
        return (
            source is not None
            and bool(self.facts.library_names(unit, source) & PARSERS)
            and any(
                step.op == "attr" and step.extra in ("hostname", "netloc") and root(unit, step.args[0]) == parsed
                for step in self.facts.definitions(unit, made.dst)
            )
        )

    def _is_label(self, unit: Unit, made: Instr, operand: int, following: list[str | int]) -> bool:
        """A label before the program's own domain, f"https://{name}.example.com", tested to be letters only."""
        if not following or not isinstance(following[0], str) or not _DOMAIN.match(following[0]):
            return False
        return self.facts.is_guarded(unit, made, [operand], lambda atom, _: _has_plain_characters(self.facts, atom))

    def _is_configured(self, unit: Unit, operand: int, following: list[str | int]) -> bool:
        """``f"{self.base}/users"``: an object that was set up for one server, whoever sets it up."""
        made = unit.defs[root(unit, operand)]
        if made is None or made.op != "attr" or not unit.is_method or not unit.params.positional:
            return False
        holder = unit.defs[root(unit, made.args[0])]
        if holder is None or holder.op != "param" or holder.extra != unit.params.positional[0]:
            return False
        starts = bool(following) and isinstance(following[0], str) and following[0].startswith("/")
        setters = {
            other.name
            for other in self.facts.functions
            for step in self.facts.instructions(other)
            if other.parent is unit.parent and step.op == "setattr" and step.extra == made.extra
        }
        return starts and setters == {"__init__"} and not self._is_made_here(unit)

    def _is_made_here(self, unit: Unit) -> bool:
        """Whether the program makes objects of the class, so that it is seen what they are made of."""
        owner = unit.parent
        start = next((f for f in self.facts.functions if f.parent is owner and f.name == "__init__"), None)
        return start is not None and bool(self.facts.call_sites(start))

    def _is_route_part(self, unit: Unit, operand: int) -> bool:
        """A part of the path that the route matched: it has no slash unless the route says ``path:``."""
        made = unit.defs[root(unit, operand)]
        if made is None or made.op != "param":
            return False
        part = re.compile(rf"<(?:string:)?{re.escape(str(made.extra))}>")
        routes = self.facts.declarations(unit).constants
        return any(isinstance(route, str) and part.search(route) for route in routes)


def _returns(units: list[Unit]) -> tuple[Place, ...]:
    """The places at which functions hand out their results."""
    steps = ((unit, instr) for unit in units for block in unit.blocks for instr in block.instrs)
    return tuple(Place(unit, (instr,), instr.args[0]) for unit, instr in steps if instr.op == "return")


def _has_plain_characters(facts: Facts, atom: Atom) -> bool:
    """``name.isalnum()``, ``re.fullmatch(r"[a-z0-9-]+", name)``: none that ends a host."""
    if atom.op != "call" or atom.sense is not True or atom.instr.op != "method":
        return False
    method = str(atom.instr.extra[0])
    if method in ("isalnum", "isalpha", "isdigit", "isidentifier"):
        return True
    found = pattern_call(facts, atom.unit, atom.instr)
    return found is not None and every(admits_only(pattern, found[0], _LABEL) for pattern in found[1])


def _arguments(unit: Unit, phi: Instr) -> Iterator[tuple[int, Edge]]:
    """The arguments of a phi, each with the last step of the way on which it arrives."""
    block = next(block for block in unit.blocks if phi in block.instrs)
    for argument, pred in zip(phi.args, block.preds, strict=False):
        yield argument, Edge(pred, block)


def is_guarded(facts: Facts, places: list[Place], by: Callable[[Atom, Reads], bool]) -> bool:
    """Whether every operand that decides the host passes a test as ``by`` says on every way to where it is used."""
    return not places or every(_is_tested(facts, place, by) for place in places)  # or nothing untrusted decides it


def _is_tested(facts: Facts, place: Place, by: Callable[[Atom, Reads], bool]) -> bool:
    decoded = {made for made in facts.definitions(place.unit, place.operand) if _decodes(facts, place.unit, made)}

    def is_of_result(atom: Atom, reads: Reads) -> bool:
        """A test, of what is left when all is decoded: what ``%2F`` stood for is none of the text before."""
        is_here = bool(decoded) and atom.unit is place.unit
        return not (is_here and decoded.isdisjoint(facts.definitions(atom.unit, *atom.operands))) and by(atom, reads)

    if any(facts.is_guarded(place.unit, at, [place.operand], is_of_result) for at in place.at):
        return True
    return bool(place.inner) and every(_is_tested(facts, inner, by) for inner in place.inner)


def _decodes(facts: Facts, unit: Unit, made: Instr) -> bool:
    return not facts.library_names(unit, made).isdisjoint(_DECODING)


def places_of(facts: Facts, flow: Flow, relative: str = "/") -> list[Place]:
    """The operands that decide the host of the URLs of a flow."""
    return [place for operand in flow.operands for place in hosts(facts, flow.unit, flow.instr, operand, relative)]


def parsed_urls(facts: Facts, unit: Unit) -> list[Instr]:
    """The calls in a function that take an untrusted URL apart."""
    return [
        instr
        for instr in facts.instructions(unit, "call", "method")
        if facts.library_names(unit, instr) & PARSERS
        and any(facts.is_untrusted(facts.value(unit, arg)) for arg in instr.args[1:])
    ]
