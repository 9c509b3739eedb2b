"""Cells of spreadsheets (CWE-1236): a text that begins with ``=``, ``+``, ``-`` or ``@`` is computed by who opens it.

Counted are exports that are handed to somebody: rows of a csv writer over a response or a buffer, and files named .csv
that a view writes. Other files, which the program writes for itself, are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import called_words
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import is_view
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names

WRITERS = frozenset({"writerow", "writerows"})
_OUTPUTS = names("StringIO HttpResponse StreamingHttpResponse Response StreamingResponse TextIOWrapper BytesIO Echo")
_ADDING = frozenset({"append", "extend", "insert"})
_READINGS = frozenset({"attr", "sub", "iterate", "unpack"})
_NUMBERS = names("int float len round Decimal isoformat strftime sum count date")
_SHARED = frozenset({"const", "cell", "builtin", "import"})  # what many values are made of
_MAX_DEPTH = 6
_MAX_HELPERS = 3


def formulas(facts: Facts) -> Iterator[Defect]:
    """Rows with text of others, in an export in which nothing looks at how a cell begins."""
    for site in facts.calls(*WRITERS):
        if not site.path.startswith(tuple(calls_of(Role.CSV_WRITER))) or not _is_handed_out(facts, site):
            continue
        if any(_holds_text(facts, site.unit, c) and not _is_asked(facts, site.unit, c) for c in _cells(facts, site)):
            yield Defect(site.instr, "a cell that begins with = or @ is a formula to who opens the file")
            return


def _is_handed_out(facts: Facts, site: CallSite) -> bool:
    reads = facts.reads(site.unit, site.instr.args[0])
    if {call.rpartition(".")[2].removesuffix("()") for call in reads.calls} & _OUTPUTS:
        return True
    named = any(isinstance(const, str) and const.endswith(".csv") for const in reads.constants)
    return named and is_view(facts, site.unit)


def _cells(facts: Facts, site: CallSite) -> list[int]:
    """What is written, one by one where a row is put together here."""
    found: list[int] = []
    work = site.operands((0,), ("row", "rows"))[:1]
    while work:
        operand = root(site.unit, work.pop())
        made = site.unit.defs[operand]
        inside = _elements(site.unit, operand) if made is not None and made.op == "build" else []
        work += inside
        if not inside:
            found.append(operand)
    return found


def _elements(unit: Unit, operand: int) -> list[int]:
    made = unit.defs[operand]
    stores = (step for block in unit.blocks for step in block.instrs if _puts(step))
    put = [step.args[-1] for step in stores if root(unit, step.args[0]) == operand]
    return [*(made.args if made is not None else ()), *put]


def _puts(step: Instr) -> bool:
    return step.op in ("add", "member", "setsub") or (step.op == "method" and step.extra[0] in _ADDING)


def _holds_text(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> bool:
    """A cell that is read from a record, or comes from outside, as it is."""
    made = unit.defs[operand]
    if made is None or made.op == "const" or depth > _MAX_DEPTH:
        return False
    if made.op in ("call", "method"):
        called = called_words(facts, unit, made)
        if called & _NUMBERS:
            return False
        return any(_holds_text(facts, unit, root(unit, arg), depth + 1) for arg in made.args)
    if made.op in ("phi", "build"):
        inside = made.args if made.op == "phi" else _elements(unit, operand)
        return any(_holds_text(facts, unit, root(unit, arg), depth + 1) for arg in inside)
    if made.op == "param":
        return facts.is_untrusted(facts.value(unit, operand))
    return made.op in _READINGS


def _is_asked(facts: Facts, unit: Unit, cell: int) -> bool:
    """Whether it matters how the text of a cell begins: by a test of it here, or in a function that makes it."""
    made = {step for step in facts.definitions(unit, cell) if step.op not in _SHARED}
    for test in _formula_tests(facts, unit):
        if not made.isdisjoint(facts.definitions(unit, *test.args)):
            return True
    helpers = {callee: 0 for step in made for callee in _functions(facts, step)}
    work = list(helpers)
    while work:
        helper = work.pop()
        if any(True for _ in _formula_tests(facts, helper)):
            return True
        for callee in {c for step in facts.instructions(helper) for c in _functions(facts, step)} - helpers.keys():
            if helpers[helper] < _MAX_HELPERS:
                helpers[callee] = helpers[helper] + 1
                work.append(callee)
    return False


def _functions(facts: Facts, step: Instr) -> list[Unit]:
    """The functions of the program that an instruction calls, or makes where they stand (generators)."""
    if step.op == "function":
        return [step.extra[0]]
    return facts.called(step) if step.op in ("call", "method") else []


def _formula_tests(facts: Facts, unit: Unit) -> Iterator[Instr]:
    """The tests of how a text begins on whose outcome something depends."""
    return (
        step
        for step in facts.instructions(unit)
        if _is_formula_test(facts, unit, step) and not facts.is_idle(unit, step)
    )


def _is_formula_test(facts: Facts, unit: Unit, step: Instr) -> bool:
    if step.op == "compare":
        operands = step.args[1:]
    elif step.op == "method" and step.extra[0] in ("startswith", "match", "sub", "fullmatch", "lstrip", "search"):
        operands = step.args
    else:
        return False
    for operand in operands:
        value = facts.value(unit, operand)
        held = [obj.fields["pattern"].consts or () for obj in value.objs if "pattern" in obj.fields]
        texts = {*facts.elements(value), *(text for consts in held for text in consts)}
        joined = "".join(sorted(text for text in texts if isinstance(text, str)))
        if "=" in joined and "@" in joined:
            return True
    return False
