"""How much speaks for a finding: the weaker of where its data enter and of how its sink is known.

No verdict depends on this. People choose what they are shown by it (``real/linter/profiles.py``); a reward takes all.

Where the data enter. High: a request, the command line, standard input, a message, a parameter of an endpoint. Medium:
what others have stored, or not known. Low: a parameter of a function that anybody could call, but nobody is known to;
what code that is not seen makes of a request as a whole, or of a form whose fields it has validated; and the host of an
address in what would be a part of a path, in a function that only may be a view.

How the sink is known. High: by its own name or its library, or by the text of a statement. Medium: by a method's name,
in a program that imports a library with such methods. Low: by a method's name alone.

What is no flow. High: a fact of the text, such as a constant or a pattern. Medium: a check that is missing, in a
program with endpoints. Low: the same without; or where it may be around the function, in what is not seen, and nothing
else of the file says for itself who may use it; and what standards still allow.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow, Trace
from real.detector.analysis.routes import REQUEST_PARAMETERS
from real.detector.concepts.endpoints import Endpoint, app_of
from real.detector.concepts.protection import is_in_sight
from real.detector.concepts.request_parts import is_validated_elsewhere, reads_client_data
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import sink_libraries
from real.detector.models.kinds import SQL_KINDS, Kind, SourceKind
from real.detector.rule import Rule
from real.types import Confidence

# What is allowed is decided where such data are validated, not where they are used, as an escaper is.
_ADDRESSES = frozenset({Kind.REDIRECT, Kind.URL})
_ORDER = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
# How a statement of SQL begins, in a text that is made in the program.
_STATEMENT = re.compile(
    r"\s*(?:select\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\S+\s+set\s|delete\s+from\s|(?:create|alter|drop)\s+\w+\s"
    r"|replace\s+into\s|with\s+\w+\s+as\s|pragma\s|call\s|exec\s)",
    re.IGNORECASE,
)


class Evidence(Enum):
    """How it is known that a call is the sink that a rule takes it for."""

    LIBRARY = "by its qualified name, or as a method of something of the library"
    STATEMENT = "by what it is given, which begins as a statement does"
    IMPORT = "by the name of the method, in a program that imports a library that has it"
    NAME = "by the name of the method"


_WORTH = {
    Evidence.LIBRARY: Confidence.HIGH,
    Evidence.STATEMENT: Confidence.HIGH,
    Evidence.IMPORT: Confidence.MEDIUM,
    Evidence.NAME: Confidence.LOW,
}


def of_flow(facts: Facts, flow: Flow) -> Confidence:
    """The confidence of a flow from a source to a sink."""
    entry = flow.why.first.entry if flow.why is not None else None
    if _is_remote(facts, flow):
        return Confidence.LOW
    return min(_of_entry(facts, entry), _WORTH[evidence(facts, flow)], key=_ORDER.index)


def _is_remote(facts: Facts, flow: Flow) -> bool:
    """Whether what the data are is decided in code that is not seen: two links of the flow are guesses."""
    is_address = not _ADDRESSES.isdisjoint(flow.rule.kinds)
    if is_address and any(is_validated_elsewhere(facts, flow.unit, operand) for operand in flow.operands):
        return True
    first = flow.why.first if flow.why is not None else None
    if first is None or not isinstance(first.entry, Unit) or first.entry not in facts.shared(_endpoints):
        return False
    endpoint = facts.shared(_endpoints)[first.entry]
    if first.param in REQUEST_PARAMETERS:
        return not any(reads_client_data(facts, unit, first.param) for unit in (endpoint.unit, flow.unit))
    # A part of a path holds no slash (RFC 3986, 3.3), so that it names no host.
    return Kind.REDIRECT in flow.rule.kinds and endpoint.elsewhere and endpoint.owner is None


def of_defect(facts: Facts, rule: Rule, defect: Defect) -> Confidence:
    """The confidence of what a rule's own check reports."""
    if defect.is_disputed:
        return Confidence.LOW
    known = _of_entry(facts, defect.trace.entry) if isinstance(defect.trace, Trace) else Confidence.HIGH
    if not isinstance(defect.trace, Trace) and defect.trace:
        known = Confidence.MEDIUM  # put together by the rule
    if rule.is_pattern:
        return max(known, Confidence.MEDIUM, key=_ORDER.index)
    if rule.asks_for_checks:  # somebody must be able to ask for the operation
        if not facts.shared(_endpoints) or (defect.lacks_check and not _is_seen_around(facts, defect.instr)):
            return Confidence.LOW
        return min(known, Confidence.MEDIUM, key=_ORDER.index)
    return known


def _is_seen_around(facts: Facts, instr: Instr) -> bool:
    unit = facts.shared(_units_by_instr).get(instr)
    return unit is not None and is_in_sight(facts, unit)


def _units_by_instr(facts: Facts) -> dict[Instr, Unit]:
    return {instr: unit for unit, instr in facts.steps()}


def _of_entry(facts: Facts, entry: SourceKind | Unit | None) -> Confidence:
    if isinstance(entry, SourceKind):
        return Confidence.HIGH
    if entry is None:
        return Confidence.MEDIUM
    return Confidence.HIGH if entry in facts.shared(_endpoints) else Confidence.LOW


def _endpoints(facts: Facts) -> dict[Unit, Endpoint]:
    return {endpoint.unit: endpoint for endpoint in app_of(facts).endpoints}


def evidence(facts: Facts, flow: Flow) -> Evidence:
    """What speaks for the sink of a flow."""
    if not flow.by_name:
        return Evidence.LIBRARY
    libraries = _libraries(flow.rule.kinds)
    if flow.path and flow.path.partition(".")[0] in libraries:
        return Evidence.LIBRARY
    if not set(flow.rule.kinds).isdisjoint(SQL_KINDS) and is_statement(facts, flow):
        return Evidence.STATEMENT
    return Evidence.IMPORT if libraries & facts.shared(_imported) else Evidence.NAME


def is_statement(facts: Facts, flow: Flow) -> bool:
    """Whether the text that a sink is given begins as a statement, as far as it is made in the program."""
    return any(
        _STATEMENT.match(piece) for operand in flow.operands for piece in facts.pieces(flow.unit, operand).literals
    )


def imports_reader(facts: Facts, kinds: tuple[Kind, ...]) -> bool:
    """Whether the program imports a library with sinks of these kinds."""
    return bool(_libraries(kinds) & facts.shared(_imported))


def _imported(facts: Facts) -> frozenset[str]:
    """The first components of what the program imports."""
    return frozenset(
        str(instr.extra).partition(".")[0]
        for unit in facts.units
        for instr in facts.instructions(unit)
        if instr.op == "import"
    )


_libraries = cache(sink_libraries)
