"""Pages of frameworks whose responses are told in the program: attributes, JSONP (CWE-79)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.witness import every
from real.detector.concepts.markup import PAGE
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names, tables
from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Sink
from real.detector.models.when import IsHtml
from real.detector.vocabulary import words

_BODIES = last_names(Role.PAGE_BODY)
_ANSWERS = frozenset({"resp", "response"})
# What makes a response whose arguments say of which type it is.
RESPONSES = {api: row for api, row in tables((Kind.HTML,)).calls.items() if isinstance(row.when, IsHtml)}
WATCHED = frozenset({"set_header", *(api.rpartition(".")[2] for api in RESPONSES)})


def response_bodies(facts: Facts) -> Iterator[Defect]:
    """``resp.text = f"<p>{name}</p>"``."""
    for unit, step in facts.function_steps("setattr"):
        if step.extra not in _BODIES:
            continue
        holder = definition(unit, step.args[0])
        # a parameter, `request.response`
        if holder is None or holder.op not in ("param", "attr") or not words(str(holder.extra)) & _ANSWERS:
            continue
        value = facts.value(unit, step.args[1])
        pieces = facts.pieces(unit, step.args[1])
        if facts.is_untrusted(value) and pieces.is_built and any(PAGE.search(text) for text in pieces.literals):
            yield Defect(step, "untrusted data is part of the page of the response", facts.trace(value))


def callbacks(facts: Facts) -> Iterator[Defect]:
    """``Response(f"{callback}({data})", mimetype="application/javascript")``: the client names what runs."""
    for site, row in facts.tabled(RESPONSES):
        told = row.when.arguments if row.when is not None else ()
        types = {str(kind) for argument in told for kind in site.constants(None, argument.name)}
        if not any("javascript" in kind for kind in types):
            continue
        for operand in bodies(site, row):
            first = _first_operand(site.unit, definition(site.unit, operand))
            if first is not None and facts.is_untrusted(facts.value(site.unit, first)):
                yield Defect(site.instr, "the client names the function that its browser calls")


def bodies(site: CallSite, row: Sink) -> list[int]:
    """The operands that are the page, as the row of the response says."""
    return site.operands(
        tuple(argument.position for argument in row.arguments if argument.position is not None),
        tuple(name for argument in row.arguments for name in argument.names),
    )


def _first_operand(unit: Unit, made: Instr | None) -> int | None:
    """What a text begins with, where that is no literal."""
    if made is not None and made.op == "fstring" and made.extra and made.extra[0] is None:
        return int(made.args[0])
    if made is not None and made.op == "binop" and made.extra == "Add":
        left = definition(unit, made.args[0])
        return _first_operand(unit, left) if left is not None and left.op in ("fstring", "binop") else int(made.args[0])
    return None


def is_other_type(facts: Facts, flow: Flow) -> bool:
    """Whether tornado is told before that it does not send HTML."""
    for step in facts.before(flow.unit, flow.instr):
        if step.op == "method" and step.extra[0] == "set_header" and len(step.args) > 2:
            told = [{str(text).lower() for text in facts.constants(flow.unit, arg)} for arg in step.args[1:3]]
            if "content-type" in told[0] and told[1] and not any("html" in t or "xml" in t for t in told[1]):
                return True
    return False


def is_document(facts: Facts, flow: Flow, operand: int) -> bool:
    """Whether a value is a dict, which tornado sends as JSON."""
    made = definition(flow.unit, operand)
    objs = facts.value(flow.unit, operand).objs
    return (made is not None and made.op == "build" and made.extra[0] == "dict") or (
        bool(objs) and every(obj.kind == "dict" for obj in objs)
    )
