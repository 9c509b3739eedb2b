"""What of a request its sender wrote: nothing verifies it or looks it up."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.concepts.identity import SERVER_STATE
from real.detector.concepts.principals import USER_ATTRIBUTES
from real.detector.ir.definitions import definition, root, untested
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.vocabulary import CLIENT_DATA

_SAME_TEXT = names("lower upper strip split")
_MAX_HELPERS = 2
# What the server itself keeps with a request.
_OF_SERVER = SERVER_STATE | USER_ATTRIBUTES | {"app", "method"}
# What forms of Django and serializers of REST framework hold when they have validated what was sent.
VALIDATED = frozenset({"cleaned_data", "validated_data"})


def told(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> Instr | None:
    """Where a value, or one of its alternatives, is what the request says: nothing verifies it or looks it up."""
    work, seen = [operand], set()
    while work:
        made = definition(unit, work.pop())
        if made is None or made in seen:
            continue
        seen.add(made)
        if is_request_part(facts, unit, made):
            return made
        if made.op == "phi":
            work += made.args
        elif made.op == "method" and made.extra[0] in _SAME_TEXT:
            work.append(made.args[0])
        elif made.op in ("call", "method") and depth < _MAX_HELPERS:
            for callee in facts.called(made):
                for step in facts.instructions(callee):
                    found = told(facts, callee, step.args[0], depth + 1) if step.op == "return" else None
                    if found is not None:
                        return found
        elif made.op == "call" and "builtins.str" in facts.library_names(unit, made):
            work += made.args[1:]
    return None


def is_request_part(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``request.args.get("id")``, ``request.form["id"]``: what the client sent, and no record."""
    holder = untested(unit, step.args[0]) if step.op in ("sub", "method") else None
    if holder is None or holder.op != "attr" or holder.extra not in CLIENT_DATA:
        return False
    reads = facts.reads(unit, holder.args[0])
    return bool((reads.last_names | reads.params) & {"request", "req"})


def reads_client_data(facts: Facts, unit: Unit, request: str) -> bool:
    """Whether a function reads a part of the request, its parameter of that name, that the client may have written."""
    requests = {step.dst for step in facts.instructions(unit, "param") if step.extra == request}
    return any(
        str(step.extra if step.op == "attr" else step.extra[0]) not in _OF_SERVER
        and root(unit, step.args[0]) in requests
        for step in facts.instructions(unit, "attr", "method")
    )


def is_validated_elsewhere(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a value is a field that a form has validated, and no class of such a form is seen."""
    return not facts.reads(unit, operand).attributes.isdisjoint(VALIDATED) and not facts.shared(_validates)


def _validates(facts: Facts) -> bool:
    return any(
        obj.unit is not None
        for unit, step in facts.steps("attr")
        if step.extra in VALIDATED
        for obj in facts.value(unit, step.args[0]).objs
    )
