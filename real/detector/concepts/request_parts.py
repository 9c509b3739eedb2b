"""What of a request its sender wrote: nothing verifies it or looks it up."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.ir.definitions import definition, untested
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.vocabulary import CLIENT_DATA

_SAME_TEXT = names("lower upper strip split")
_MAX_HELPERS = 2


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
