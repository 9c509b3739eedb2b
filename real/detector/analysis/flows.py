"""What rules report, and how reports become findings: traces, one finding per defect, priority between rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from real.detector.analysis.tables import TaintRule
from real.detector.analysis.values import Step
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.kinds import SourceKind
from real.types import Confidence, Finding, TraceStep


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Untrusted data at a sink of the tables: what the rule's ``guard`` is asked about.

    ``operands`` are the values of ``unit`` that are untrusted there; ``bit`` is the rule's bit in taint masks.
    """

    rule: TaintRule
    bit: int
    unit: Unit
    instr: Instr
    operands: tuple[int, ...]
    why: Step | None
    label: str  # what the sink is called: "execute()"
    verb: str  # what becomes of the data there
    by_name: bool = False  # the sink is one for its method's name, on whatever object
    path: str = ""  # the qualified name of what is called, where that is known


@dataclass(frozen=True, slots=True, eq=False)
class Defect:
    """What a rule's ``check`` reports: where, and in one line what is wrong; ``trace`` leads up to it.

    ``is_disputed``: standards still allow it, or it may be about something else, so that few want to hear of it.
    ``lacks_check``: a function checks nothing, which may well be done around it.
    """

    instr: Instr
    message: str
    trace: tuple[TraceStep, ...] = ()
    is_disputed: bool = False
    lacks_check: bool = False


class Trace(tuple[TraceStep, ...]):
    """The steps of a taint, and where the data enter (``entry``): a kind of source, or the function of a parameter."""

    entry: SourceKind | Unit | None = None


def trace_of(why: Step | None, line: int = 0) -> Trace:
    """The steps of a taint, from where the data are read on, to what happens in ``line`` (0: not known)."""
    steps: list[TraceStep] = []
    entry = why.first.entry if why is not None else None
    while why is not None:
        line = line if line and why.is_import else why.line  # an import reads nothing: what follows does
        steps.append(TraceStep(line, why.note, why.col))
        why = why.prev
    trace = Trace(reversed(steps))
    trace.entry = entry
    return trace


def flow_finding(flow: Flow, confidence: Confidence) -> Finding:
    """The finding of a flow from a source to a sink."""
    last = TraceStep(flow.instr.line, f"reaches {flow.label}, which {flow.verb}", flow.instr.col)
    message = f"{flow.rule.title}: untrusted data reaches the {flow.rule.what} of {flow.label}"
    trace = (*trace_of(flow.why, flow.instr.line), last)
    return Finding(flow.rule.cwe, flow.instr.line, message, flow.instr.col, trace, flow.rule.fix, confidence)


def defect_finding(rule: TaintRule, defect: Defect, confidence: Confidence) -> Finding:
    """The finding of a defect that is no flow."""
    last = TraceStep(defect.instr.line, defect.message, defect.instr.col)
    message = f"{rule.title}: {defect.message}"
    trace = (*defect.trace, last)
    return Finding(rule.cwe, defect.instr.line, message, defect.instr.col, trace, rule.fix, confidence)


def without_duplicates(findings: Iterable[Finding], rules: Iterable[TaintRule]) -> list[Finding]:
    """One finding for each rule and place; where a rule yields to another that reports the same place, only the other.

    In source order.
    """
    by_place: dict[tuple[int, int], dict[str, Finding]] = {}
    for finding in findings:
        by_place.setdefault((finding.line, finding.column), {}).setdefault(finding.rule, finding)
    yields = {rule.cwe: rule.yields_to for rule in rules}
    kept = [finding for found in by_place.values() for cwe, finding in found.items() if not yields[cwe] & found.keys()]
    return sorted(kept, key=lambda finding: (finding.line, finding.column, finding.rule))
