"""Upper limits of what a request asks for: of a number, of a size (CWE-770)."""

from __future__ import annotations

import ast

from real.detector.analysis.atoms import Atom
from real.detector.analysis.called_names import library_words
from real.detector.analysis.declared_types import parameter
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import is_handler, is_view
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.kinds import SourceKind
from real.detector.models.library import names
from real.detector.vocabulary import words

_MEASURES = names("len sum qsize getsizeof getsize")
COMPARISONS = frozenset({"Lt", "LtE", "Gt", "GtE"})
_MAX_DEPTH = 5
_CLIENTS = frozenset({SourceKind.HTTP, SourceKind.PEER})


def is_bounded(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> bool:  # noqa: PLR0911
    """Whether a number has an upper limit that the program sets: ``min(n, LIMIT)``, also inside other calls."""
    if not facts.is_untrusted(facts.value(unit, operand)):
        return True
    made = definition(unit, operand)
    if made is None or depth > _MAX_DEPTH:
        return False
    called = library_words(facts, unit, made)
    passed = made.args
    if made.op == "attr" and _is_limited_field(facts, unit, made):
        return True
    if made.op == "binop" and made.extra in ("Mod", "BitAnd"):
        return not facts.is_untrusted(facts.value(unit, passed[1]))
    if called & {"min", "clip"}:
        return any(is_bounded(facts, unit, arg, depth + 1) for arg in passed[1:])
    if made.op == "phi" or (made.op == "binop" and made.extra in ("Add", "Sub", "FloorDiv", "Div")):
        return every(is_bounded(facts, unit, arg, depth + 1) for arg in passed)
    if called & {"max", "int", "abs", "round", "float"}:
        return every(is_bounded(facts, unit, arg, depth + 1) for arg in passed[1:])
    results = [(callee, step.args[0]) for callee in facts.called(made) for step in facts.instructions(callee, "return")]
    return bool(results) and every(is_bounded(facts, callee, result, depth + 1) for callee, result in results)


def _is_limited_field(facts: Facts, unit: Unit, made: Instr) -> bool:
    """``body.count`` of a pydantic model that says ``count: int = Field(le=1000)``, or checks it with a validator."""
    holder = definition(unit, made.args[0])
    if holder is None or holder.op != "param":
        return False
    annotation, _ = parameter(unit, str(holder.extra))
    named = ast.unparse(annotation) if annotation is not None else ""
    cls = next((inner.node for inner in facts.units if inner.kind == "class" and inner.name == named), None)
    for node in getattr(cls, "body", ()):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == made.extra:
            calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
            return any(keyword.arg in ("le", "lt") for call in calls for keyword in call.keywords)
    return False


def is_compared(facts: Facts, unit: Unit, instr: Instr, operand: int) -> bool:
    """Whether a number, or something made of the same data, is compared with a limit, and the instruction depends on
    it."""
    origins = facts.reads(unit, operand).origins

    def limits(atom: Atom, reads: Reads) -> bool:
        return atom.op in COMPARISONS and atom.necessary and bool(reads.origins & origins)

    return facts.is_controlled(unit, instr, limits)


def is_measured(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """Whether a size is compared with a limit before, or the result's size after it."""

    def is_size(reads: Reads) -> bool:
        called = reads.called
        told = {*map(str, reads.keys), *reads.last_names, *reads.attributes}
        return bool(called & _MEASURES) or any(words(name.replace("-", "_")) & {"length", "size"} for name in told)

    def compares(atom: Atom, reads: Reads) -> bool:
        return atom.op in COMPARISONS and is_size(reads)

    if facts.is_controlled(unit, instr, compares):
        return True
    return any(
        step.op == "compare"
        and not COMPARISONS.isdisjoint(step.extra)
        and any(is_size(facts.reads(unit, arg)) for arg in step.args)
        for step in facts.instructions(unit)
    )


def is_requested(facts: Facts, unit: Unit, value: Value) -> bool:
    """Whether a value comes from a request, or from a parameter of what a web framework calls."""
    entry = facts.entry(value)
    if isinstance(entry, SourceKind):
        return entry in _CLIENTS
    return entry is not None and (is_view(facts, unit) or is_handler(facts, entry))
