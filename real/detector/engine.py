"""One analysis from source text to ``Analysis``: parse, lower, solve, report, and turn every failure into a status.

**What was not seen.** A program is never thrown away for one line. What the analysis cannot follow is noted with its
line (``Records.unseen``), and the rest is reported as usual. One rule says what that means, here and nowhere else:

- Noted is only what *could hide a flow* from a source to a sink of the program: code made from text, a namespace or a
  module that is replaced by something unknown, the code object of a function that is exchanged, a name of a library
  that is replaced and relied on (``replaced_code``), and all that was left when the budget was spent. A program with
  such a place and no finding is ``PARTIAL``, which is never clean: writing that line must not pay.
- Not noted is what can be followed, or what nothing can go through: a class made by ``type()`` from known
  parts, ``__code__`` or a frame that is read, an own object put into ``sys.modules[__name__]``. It costs nothing.
- Findings of the rest count as always; they say more than that something was not seen.

When the budget is spent, the units are looked at once more, each by itself (``Solver.solve_alone``), for the rules to
which that is enough (``Rule.local``): patterns, constants, and data that go from a parameter to a sink in one function.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from real.detector.analysis.outside_text import OutsideText
from real.detector.analysis.reliance import Reliance
from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.solver import Solver
from real.detector.frontend.build import build
from real.detector.frontend.escapes import Escapes
from real.detector.frontend.linking.modules import Module
from real.detector.ir.instructions import Program
from real.detector.limits import OF_PROGRAM, Budget, BudgetExceededError, Limits, UnanalyzableError
from real.detector.linked import of_own_file, own_lines, unseen_in_own_file
from real.detector.reporting import Shares, report
from real.detector.rule import Rule
from real.detector.watchdog import within
from real.types import Analysis, AnalysisStatus, Confidence, Finding, Unseen

_OF_LINKED, _LEAST = 30, 20_000  # steps for each value of a linked program, and for a small one; most take ten
_IN_ALL = 3.0  # times the seconds of the analysis: the front end, the analysis, and each unit by itself


def analyse(
    code: str,
    rules: Sequence[Rule],
    limits: Limits = OF_PROGRAM,
    *,
    is_imported: bool = False,
    module: Module | None = None,
) -> Analysis:
    """Analyse ``code`` within ``limits``; never raises, and always ends. ``is_imported``, ``module``: see ``scan``.

    A program that is too much with what it imports from its project is analysed without, and the result has a note.
    """
    limits = limits.of(code)
    if module is not None:
        found = _contained(code, tuple(rules), limits, is_imported=is_imported, module=module)
        if found.status not in (AnalysisStatus.UNANALYZABLE, AnalysisStatus.ERROR):
            return found
        alone = _contained(code, tuple(rules), limits, is_imported=is_imported)
        if alone.status in (AnalysisStatus.UNANALYZABLE, AnalysisStatus.ERROR):
            return alone  # it was not the project
        return replace(alone, note=f"analysed without what it imports from its project: {found.reason}")
    return _contained(code, tuple(rules), limits, is_imported=is_imported)


def _contained(
    code: str, rules: tuple[Rule, ...], limits: Limits, *, is_imported: bool, module: Module | None = None
) -> Analysis:
    try:
        with within(_IN_ALL * max(limits.seconds, 1.0)):
            findings, unseen = _analysed(code, rules, limits, is_imported=is_imported, module=module)
    except UnanalyzableError as error:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason=str(error) or "the program took too much CPU time")
    except RecursionError:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason="the source is nested too deeply to analyse")
    except (
        Exception
    ) as error:  # contained on purpose: one program must not end a training run, and ERROR is never clean
        return Analysis(AnalysisStatus.ERROR, reason=f"detector failure: {type(error).__name__}: {error}")
    reason = "; ".join(f"{part.what} (line {part.line})" if part.line else part.what for part in unseen)
    if findings:
        return Analysis(AnalysisStatus.FINDINGS, tuple(findings), reason, unseen=unseen)
    return Analysis(AnalysisStatus.PARTIAL if unseen else AnalysisStatus.CLEAN, reason=reason, unseen=unseen)


def _analysed(
    code: str,
    rules: tuple[Rule, ...],
    limits: Limits,
    *,
    is_imported: bool,
    module: Module | None = None,
    around: frozenset[int] = frozenset(),
) -> tuple[list[Finding], tuple[Unseen, ...]]:
    program, escapes = build(code, characters=limits.characters, module=module, around=around)
    budget = Budget(limits.seconds, _allowed(program, limits.steps))
    solver = Solver(program, _compiled(rules), budget, escapes, is_imported=is_imported)
    try:
        solver.solve()
        findings = report(solver, rules)
    except BudgetExceededError as error:
        if program.files:  # without them it may be enough
            raise
        return _alone(program, escapes, rules, limits), (Unseen(0, str(error)),)
    budget.allow(limits.steps)  # to tell whether what was noted hides anything costs little
    outside = OutsideText(solver.guards, solver.state)
    hidden = {
        Unseen(instr.line, what)
        for instr, (unit, what) in solver.records.unseen.items()
        if not outside.runs(unit, instr)  # CWE-95, or nothing: it hides no line of the author's
    }
    hidden |= {
        Unseen(instr.line, "a module that the program has written before") for instr in solver.replaced.modules.loaded()
    }
    reliance = Reliance(solver.heap, solver.state, solver.records, solver.guards)
    hidden |= {
        Unseen(instr.line, f"replaced code: {replaced.path or 'something of this module'}")
        for (instr, _), replaced in solver.replaced.found.items()
        if reliance.hides(instr, replaced)
    }
    unseen = tuple(sorted(hidden, key=lambda part: (part.line, part.what)))
    if module is not None and program.files:
        findings, unseen = of_own_file(findings, program.files, module.path), unseen_in_own_file(unseen)
    shown = [finding for finding in findings if finding.confidence is not Confidence.LOW]
    if program.has_more and shown and not around:
        with contextlib.suppress(BudgetExceededError):  # what is imported may speak against it
            lines = own_lines(shown)
            return _analysed(code, rules, limits, is_imported=is_imported, module=module, around=lines)
    return findings, unseen


def _allowed(program: Program, steps: int) -> int:
    """The steps for a program: with other files in it less, because it can still be analysed without them."""
    return min(steps, _OF_LINKED * sum(unit.values for unit in program.units) + _LEAST) if program.files else steps


def _alone(program: Program, escapes: Escapes, rules: tuple[Rule, ...], limits: Limits) -> list[Finding]:
    """What the rules find for which a look at each unit by itself is enough; nothing where that is too much as well."""
    chosen = tuple(rule for rule in rules if rule.local)
    if not chosen:
        return []
    budget = Budget(limits.seconds, limits.steps)
    try:
        solver = Solver(program, _compiled(chosen), budget, escapes, is_imported=True)
        solver.solve_alone(budget)
    except BudgetExceededError:  # of time
        return []
    return report(solver, chosen, Shares(budget, limits.steps // (2 * len(chosen))))


@lru_cache(maxsize=64)
def _compiled(rules: tuple[Rule, ...]) -> RuleSet:
    return RuleSet(rules)
