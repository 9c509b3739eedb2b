"""The odd one out: all endpoints of a router, class or file ask who comes, and one that hands out a record, or starts
something, does not.

That one changes a record is told without siblings to compare (``cwe_862``); a reading alone may well be for everybody,
unless everything beside it is not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import Endpoint
from real.detector.concepts.known_endpoints import known_endpoints
from real.detector.concepts.principals import Principal
from real.detector.concepts.receivers import is_library
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import below, calls_of
from real.detector.models.kinds import Role
from real.detector.vocabulary import CLIENT_DATA, OPEN_WORDS, PUBLIC_WORDS, REQUEST_NAMES

_LEAST = 3  # endpoints that do ask, for a rule to be seen in them
_LEAST_BESIDE_ACTING = 2  # where one is for doing something
_FOR_EVERYBODY = OPEN_WORDS | PUBLIC_WORDS
_SHARED = frozenset({"cell", "builtin", "import", "attr"})


def odd_ones(facts: Facts) -> Iterator[Defect]:
    """One finding for each group in which exactly one does not ask."""
    groups: dict[Unit | str | None, list[tuple[Endpoint, Principal]]] = {}
    for endpoint, who in known_endpoints(facts):
        groups.setdefault(_group_of(endpoint), []).append((endpoint, who))
    for group in groups.values():
        strangers = [(endpoint, who) for endpoint, who in group if not who.level]
        if len(strangers) != 1 or strangers[0][1].open_declared or strangers[0][0].words & _FOR_EVERYBODY:
            continue
        endpoint, who = strangers[0]
        others = f"all {len(group) - 1} endpoints beside it ask who comes"
        reading = _reading(facts, who) if len(group) > _LEAST else None
        if reading is not None:
            yield Defect(reading, f"{endpoint.unit.name}() hands out the record to whoever asks; {others}")
        elif not endpoint.is_safe and len(group) > (1 if endpoint.owner is not None else _LEAST_BESIDE_ACTING):
            acting = _acting(facts, endpoint)
            if acting is not None and every(other.declares for _, other in group if other is not who):
                yield Defect(acting, f"{endpoint.unit.name}() acts for whoever asks; {others}", lacks_check=True)


def _acting(facts: Facts, endpoint: Endpoint) -> Instr | None:
    """Where an endpoint that answers to POST and the like, or on a socket, does something outside of itself.

    It starts a program, or calls a method of something that it shares and wants no answer.
    """
    unit = endpoint.unit
    if not endpoint.methods and "websocket" not in facts.declarations(unit).last_words:
        return None
    starting = calls_of(Role.STARTS).keys() | calls_of(Role.RUNS_PROGRAM).keys()
    for step in facts.instructions(unit, "call", "method"):
        known = facts.library_names(unit, step)
        if known & starting:
            return step
        awaited = next((other for other in facts.instructions(unit, "await") if other.args[0] == step.dst), step)
        holder = definition(unit, step.args[0]) if step.op == "method" and facts.is_idle(unit, awaited) else None
        shared = holder is not None and holder.op in _SHARED and not _is_of_request(holder)
        if shared and not any(is_library(name) or name.startswith(below(Role.LOG)) for name in known):
            return step
    return None


def _group_of(endpoint: Endpoint) -> Unit | str | None:
    """The class of an endpoint, or the router that its decorator names."""
    if endpoint.owner is not None:
        return endpoint.owner.unit
    for decorator in getattr(endpoint.unit.node, "decorator_list", ()):
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            return function.value.id
    return None


def _reading(facts: Facts, who: Principal) -> Instr | None:
    """Where an endpoint looks up by what the client sends what it answers with, in something that it shares."""
    unit = who.unit
    for instr in facts.instructions(unit):
        if instr.op not in ("return", "yield"):
            continue
        for step in facts.definitions(unit, instr.args[0]):
            if step.op not in ("method", "sub") or not any(_is_client(facts, who, arg) for arg in step.args[1:]):
                continue
            holder = definition(unit, step.args[0])
            if holder is not None and holder.op in _SHARED and not _is_of_request(holder):
                return step
    return None


def _is_client(facts: Facts, who: Principal, operand: object) -> bool:
    return isinstance(operand, int) and who.is_client(facts, operand)


def _is_of_request(holder: Instr) -> bool:
    """``request.args``: that is what the client sends, and not what it asks for."""
    text = str(holder.extra[1] if holder.op in ("cell", "builtin") else holder.extra)
    return text.rpartition(".")[2] in CLIENT_DATA | REQUEST_NAMES
