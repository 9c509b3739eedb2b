"""What of a response is its page: the body, status and headers of a tuple apart, and the type that is set (CWE-79).

Flask takes ``(body, status)``, ``(body, headers)`` and ``(body, status, headers)`` from a view and from
make_response() (its API, "make_response"); a dict or a list is sent as JSON. A content type may stand in the headers,
or be set on the response before it is returned.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import COPIES, Instr, Unit
from real.detector.models.library import names

_CONTENT_TYPE = "content-type"
_TYPE_ATTRIBUTES = names("mimetype content_type media_type")
_SETTERS = names("set setdefault add __setitem__ set_header")
# type "/" subtype, with parameters (RFC 9110, 8.3.1)
_MIME = re.compile(r"(?:text|application|image|audio|video)/[\w.+-]+\s*(?:;.*)?")
_MAKER = "make_response"
_JSON = names("dict list set")
_MAX_JOINS = 4
_KEY = 2  # operands of a method with one argument: its receiver and the argument


def is_other_type(types: frozenset[str]) -> bool:
    """Whether content types are known, and none of them is shown as a page."""
    return every(not any(word in kind for word in ("html", "xml", "svg")) for kind in types)


def page_operands(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> list[int]:
    """The operands that are sent as a page where a view returns ``operand``, or make_response() gets it."""
    made = definition(unit, operand)
    if made is None or depth > _MAX_JOINS:
        return [operand]
    if made.op == "phi":
        return [page for arg in made.args for page in page_operands(facts, unit, arg, depth + 1)]
    if made.op != "build":
        return [operand]
    kind = made.extra[0]
    if kind in _JSON:
        return []
    if kind != "tuple" or not made.args or (isinstance(made.extra[1], tuple) and any(made.extra[1])):
        return [operand]
    types = frozenset(kind for arg in made.args[1:] for kind in header_types(facts.value(unit, arg)))
    return [] if is_other_type(types) else page_operands(facts, unit, made.args[0], depth + 1)


def header_types(value: Value) -> frozenset[str]:
    """The content types in a mapping, or a list of pairs, of headers; none where it cannot be told."""
    found: set[str] = set()
    for obj in value.objs:
        if obj.kind == "dict":
            for key, held in obj.fields.items():
                if isinstance(key, str) and key.lower() == _CONTENT_TYPE:
                    found |= _texts(held)
        elif obj.kind in ("list", "tuple"):
            for pair in (inner for held in (*obj.fields.values(), obj.elements) for inner in held.objs):
                first, second = pair.fields.get(0), pair.fields.get(1)
                if first is not None and second is not None and _texts(first) == {_CONTENT_TYPE}:
                    found |= _texts(second)
    return frozenset(found)


def _texts(value: Value) -> set[str]:
    return {const.lower() for const in value.consts or () if isinstance(const, str)}


def is_no_page(facts: Facts, flow: Flow) -> bool:
    """Whether a response that a call makes is of another type, or holds outside data in its headers only."""
    unit, call = flow.unit, flow.instr
    types = types_set_later(facts, unit, call)
    if types:
        return is_other_type(types)
    if is_other_type(types_of_call(facts, unit, call, flow.operands)):
        return True
    if {name.rpartition(".")[2] for name in facts.library_names(unit, call)} != {_MAKER}:
        return False
    pages = [page for operand in flow.operands for page in page_operands(facts, unit, operand)]
    return not any(facts.is_untrusted(facts.value(unit, page)) for page in pages)


def types_of_call(facts: Facts, unit: Unit, call: Instr, bodies: Sequence[int]) -> frozenset[str]:
    """The content types that a call which makes a response says, in headers or by an argument; ``bodies`` say none."""
    shape = shape_of(call)
    if shape is None or any(shape.starred):
        return frozenset()
    others = [arg for arg in call.args[1:] if arg not in bodies]
    return frozenset(
        kind for arg in others for kind in (header_types(facts.value(unit, arg)) or _types(facts, unit, arg))
    )


def _types(facts: Facts, unit: Unit, operand: int) -> set[str]:
    """The content types that an argument names, whichever it is."""
    return {text for text in _constants(facts, unit, operand) if _MIME.fullmatch(text)}


def types_set_later(facts: Facts, unit: Unit, made: Instr) -> frozenset[str]:
    """The content types that a response gets after it has been made, where that happens on every way to its return."""
    returns = facts.returns_of(unit, made)
    types: set[str] = set()
    certain = False
    for step in facts.instructions(unit):
        found = _set_on(facts, unit, step, made)
        if found:
            types |= found
            certain = certain or every(step in facts.before(unit, end) for end in returns)
    is_page = bool(types) and not is_other_type(frozenset(types))
    return frozenset(types) if certain or is_page else frozenset()


def _set_on(facts: Facts, unit: Unit, step: Instr, made: Instr) -> set[str]:
    """``r.mimetype = t``, ``r["Content-Type"] = t``, ``r.headers["Content-Type"] = t``, ``r.headers.update({...})``."""
    if step.op == "setattr" and step.extra in _TYPE_ATTRIBUTES:
        return _constants(facts, unit, step.args[1]) if _is_of(unit, step.args[0], made) else set()
    if step.op == "setsub" and _is_of(unit, step.args[0], made):
        key = _constants(facts, unit, step.args[1])
        return _constants(facts, unit, step.args[2]) if key == {_CONTENT_TYPE} else set()
    if step.op != "method" or len(step.args) < _KEY or not _is_of(unit, step.args[0], made):
        return set()
    if step.extra[0] == "update":
        return set(header_types(facts.value(unit, step.args[1])))
    if step.extra[0] in _SETTERS and len(step.args) > _KEY:
        key = _constants(facts, unit, step.args[1])
        return _constants(facts, unit, step.args[2]) if key == {_CONTENT_TYPE} else set()
    return set()


def _is_of(unit: Unit, operand: int, made: Instr) -> bool:
    """Whether an operand is a response, or its headers."""
    holder = unit.defs[operand]
    while holder is not None and holder is not made and (holder.op in COPIES or _is_headers(holder)):
        holder = unit.defs[holder.args[0]]
    return holder is made


def _is_headers(instr: Instr) -> bool:
    return instr.op == "attr" and instr.extra == "headers"


def _constants(facts: Facts, unit: Unit, operand: int) -> set[str]:
    return _texts(facts.value(unit, operand))
