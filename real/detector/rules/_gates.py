"""Gates that let too much pass: hooks, middleware, dependencies and permission classes whose test is of the wrong kind.

- a part of the path decides (`"/static/" in request.path`), so that any address can be made to have it;
- one of the methods that change an object is asked for, and the others pass;
- the role is put down from what the client says, and tested later;
- a dependency asks the client what it may do;
- a role or a domain is looked for as a part of a text.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.concepts.annotations import annotation_words
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.identity import says_who
from real.detector.concepts.known_endpoints import HOOKS
from real.detector.concepts.principals import Principal
from real.detector.concepts.request_parts import told
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.definitions import definition, untested
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._checks import refusals, told_by_client
from real.detector.vocabulary import PRIVILEGES, REQUEST_NAMES, ROLE_WORDS, words

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OF_OBJECTS = _UNSAFE - {"POST"}  # one that does not exist yet has no permissions
_PATHS = names("path path_info url raw_path")
_MIDDLEWARE_METHODS = names("__call__ dispatch process_request process_view")
_HOLDERS = REQUEST_NAMES | {"g", "self", "session", "state"}
_ORDERED = frozenset({"Lt", "LtE", "Gt", "GtE"})
_MAX_DEPTH = 4
_GIVEN = last_names(Role.CLIENT_PARAMETER)


def weak_gates(facts: Facts) -> Iterator[Defect]:
    """All of them, each once."""
    for unit in facts.functions:
        if _is_hook(facts, unit):
            yield from _by_part_of_path(facts, unit)
        elif unit.is_method and unit.name in ("has_permission", "has_object_permission"):
            yield from _of_some_methods(facts, unit)
        yield from _stored_role(facts, unit)
        yield from _part_of_role(facts, unit)
        yield from _told_dependency(facts, unit)


def _is_hook(facts: Facts, unit: Unit) -> bool:
    if facts.declarations(unit).last_words & HOOKS:
        return True
    if not unit.is_method or unit.name not in _MIDDLEWARE_METHODS or unit.parent is None:
        return False
    return any(words(name) & {"middleware"} for name in {unit.parent.name, *facts.declarations(unit).words})


def _asks_who(facts: Facts, unit: Unit) -> bool:
    return any(says_who(facts, unit, instr) for instr in facts.instructions(unit))


def _by_part_of_path(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``"/static/" in request.path``: an address of anything can have that part."""
    if not _asks_who(facts, unit):
        return
    helpers = {callee for instr in facts.instructions(unit) for callee in facts.called(instr)}
    within = [inner for inner in facts.functions if inner is unit or {inner, inner.parent} & helpers]
    for inner in within:
        for instr in facts.instructions(inner):
            held: int | None = None
            if instr.op == "compare" and instr.extra[0] in ("In", "NotIn"):
                held = instr.args[1]
            elif instr.op == "method" and instr.extra[0] in ("endswith", "find", "count") and len(instr.args) > 1:
                held = instr.args[0]
            if isinstance(held, int) and _is_path(facts, inner, untested(inner, held)):
                yield Defect(instr, f"{unit.name}() lets pass what has a part anywhere in its path")
                return


def _is_path(facts: Facts, unit: Unit, made: Instr | None, depth: int = 0) -> bool:
    """Whether a value is the path of the request, be it that of which a helper is told."""
    if made is None or depth > _MAX_DEPTH:
        return False
    if made.op == "attr" and made.extra in _PATHS:
        holder = facts.reads(unit, made.dst)
        known = holder.last_names | holder.params | holder.attributes
        return bool(known & {"request", "req", "scope"})
    if made.op == "cell" and unit.parent is not None:
        params = [step for step in facts.instructions(unit.parent, "param") if step.extra == made.extra[1]]
        return any(_is_path(facts, unit.parent, step, depth + 1) for step in params)
    return made.op == "param" and any(
        _is_path(facts, caller, untested(caller, operand), depth + 1)
        for caller, call, bound in facts.call_sites(unit)
        for operand in passed_operands(call, unit, bound).get(str(made.extra), ())
    )


def _methods(facts: Facts, unit: Unit, compare: Instr) -> frozenset[str]:
    """The methods with which a comparison compares that of the request."""
    if compare.op != "compare" or len(compare.args) != 2:
        return frozenset()
    for one, other in (compare.args, compare.args[::-1]):
        if "method" in facts.reads(unit, one).attributes:
            held = facts.constants(unit, other) | facts.elements(facts.value(unit, other))
            return frozenset(const for const in held if isinstance(const, str) and const.isupper())
    return frozenset()


def _of_some_methods(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """A permission that refuses for one of the methods that change an object, and returns ``True`` for the others."""
    compares = list(facts.instructions(unit, "compare"))
    tested = [(instr, _methods(facts, unit, instr)) for instr in compares]
    asked = frozenset(method for _, found in tested for method in found)
    wanted = _OF_OBJECTS if unit.name == "has_object_permission" else _UNSAFE
    wanted &= _allowed_methods(facts) or wanted
    if not asked & _UNSAFE or asked >= wanted or asked - _UNSAFE:
        return
    reads = [facts.reads(unit, instr.dst) for instr in compares]
    if any("SAFE_METHODS" in read.last_names for read in reads):
        return
    if any(instr.op == "attr" and instr.extra == "action" for instr in facts.instructions(unit)):
        return
    for instr in facts.instructions(unit):
        made = definition(unit, instr.args[0]) if instr.op == "return" else None
        if made is not None and made.op == "const" and made.extra is True:
            first = next(step for step, found in tested if found)
            yield Defect(first, f"{unit.name}() lets {min(wanted - asked)} pass like reading")
            return


def _allowed_methods(facts: Facts) -> frozenset[str]:
    """What the views of the program answer to, where one says so."""
    found: set[str] = set()
    for cls in app_of(facts).classes.values():
        member = cls.members.get("http_method_names")
        if member is not None:
            found |= {str(const).upper() for const in facts.elements(facts.value(*member))}
    return frozenset(found)


def _stored_role(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``g.role = request.headers.get("X-Role")``: what is tested later is what the client says."""
    for instr in facts.instructions(unit):
        if instr.op == "setattr":
            named = {str(instr.extra)}
        elif instr.op == "setsub":
            named = {str(const) for const in facts.constants(unit, instr.args[1])}
        else:
            continue
        if not any(words(name) & ROLE_WORDS for name in named):
            continue
        base = facts.reads(unit, instr.args[0])
        last = base.last_names | base.params
        source = told(facts, unit, instr.args[-1]) if last & _HOLDERS else None
        if source is not None and any(words(str(key)) & ROLE_WORDS for key in facts.constants(unit, source.args[1])):
            if facts.is_guarded(unit, instr, [instr.args[-1]], lambda atom, _: atom.op in _ORDERED):
                continue  # a rank is compared with that of who asks
            yield Defect(instr, f"{unit.name}() puts down as a role what the client says")
            return


def _part_of_role(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``"admin" in session.get("role", "")`` and ``"@example.com" in email``: parts of other texts pass."""
    for instr in facts.instructions(unit, "compare"):
        if instr.extra[0] not in ("In", "NotIn"):
            continue
        wanted = [const for const in facts.constants(unit, instr.args[0]) if isinstance(const, str)]
        if not wanted:
            continue
        domain = every(const.startswith("@") and "." in const for const in wanted)
        if not domain and not any(words(const) & PRIVILEGES for const in wanted):
            continue
        made = definition(unit, instr.args[1])
        if made is not None and _is_text(facts, unit, made, domain):
            yield Defect(instr, f"{unit.name}() tests for a part of a text, so that a part of the name passes")
            return


def _is_text(facts: Facts, unit: Unit, made: Instr, domain: bool) -> bool:
    if domain:
        named = str(made.extra) if made.op in ("param", "attr") else ""
        keys = facts.constants(unit, made.args[1]) if made.op in ("method", "sub") and len(made.args) > 1 else ()
        return any(words(str(name)) & {"email", "mail"} for name in (named, *keys))
    if made.op != "method" or made.extra[0] != "get" or len(made.args) < 3:
        return False
    default = facts.constants(unit, made.args[2])
    return bool(default) and every(isinstance(const, str) for const in default)


def _told_dependency(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """A dependency of FastAPI that compares a header or a cookie which says what its sender may do."""
    given = {name for name, reads in facts.defaults(unit).items() if reads.last_words & _GIVEN}
    given |= {name for name, seen in annotation_words(unit, _GIVEN).items() if seen & _GIVEN}
    if not any(words(name) & ROLE_WORDS for name in given):
        return
    answering = {endpoint.unit for endpoint in app_of(facts).endpoints}
    if unit not in answering:
        who = Principal(unit, params=frozenset(unit.params.names) - given)
        yield from told_by_client(facts, who, refusals(facts, unit))
