"""One program to one analysis: parsing, MyPy, and what the hardened policy adds. Runs in a worker's child."""

from __future__ import annotations

from dataclasses import dataclass, replace

from real.source_text import without_mark
from real.typecheck.config import Policy
from real.typecheck.diagnostics import analysis_of, findings_of, without_first_lines
from real.typecheck.hardened.any_types import FROM_MYPY
from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.starter import StarterError
from real.typecheck.hardened.syntax_passes import advice, syntactic_findings
from real.typecheck.submission import Submission
from real.typecheck.supplied_names import Supplied, SuppliedNames
from real.typecheck.unanalyzable import why_unanalyzable
from real.typecheck.warm_mypy import WarmMypy
from real.types import Analysis, AnalysisStatus, Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """An analysis; after ``reusable=False`` this process must not make another."""

    analysis: Analysis
    reusable: bool = True


class ProgramChecker:
    """Checks programs one after another under one policy, in one process."""

    def __init__(self, policy: Policy, *, with_advice: bool = False) -> None:
        """Load MyPy (about two seconds)."""
        self._hardened = policy is Policy.hardened
        self._with_advice = with_advice
        self.mypy = WarmMypy(hardened=self._hardened)
        self._supplied_names = SuppliedNames(self.mypy.exported)

    def check(self, submission: Submission) -> Checked:
        """The analysis of one program, with its own lines. Whatever is raised is a failure of the type checker."""
        submission = submission._replace(code=without_mark(submission.code))
        code = submission.code
        reason = why_unanalyzable(code)
        if reason is not None:
            return Checked(Analysis(AnalysisStatus.UNANALYZABLE, reason=reason))
        supplied = self._supplied(submission)
        program = ProgramTree(code, supplied.imported)
        try:
            extra = syntactic_findings(program, submission.starter) if self._hardened else []
            remarks = advice(program, submission.starter) if self._with_advice else []
        except StarterError as error:
            return Checked(Analysis(AnalysisStatus.ERROR, reason=f"the starter code cannot be read: {error}"))
        result = self.mypy.check(supplied.text + code)
        found = without_first_lines([*findings_of(result.diagnostics), *result.typed], supplied.lines)
        if self._hardened:
            found = _merged([_renamed(finding) for finding in found], extra)
        return Checked(analysis_of(found, remarks), result.reusable)

    def _supplied(self, submission: Submission) -> Supplied:
        if self._hardened or not submission.prelude:
            return self._supplied_names.for_program(submission)
        return Supplied("from typing import *\n")  # the released evaluation's own line, whatever the program binds


def _renamed(finding: Finding) -> Finding:
    rule = FROM_MYPY.get(finding.rule.removeprefix("mypy:"))
    return replace(finding, rule=rule.code, fix=rule.fix) if rule else finding


def _merged(found: list[Finding], extra: list[Finding]) -> list[Finding]:
    """All findings by place, one of a kind per line, and dead code reported once."""
    dead = {finding.line for finding in found if finding.rule == "mypy:unreachable"}
    kept: dict[tuple[int, str], Finding] = {}
    for finding in [*found, *extra]:
        if finding.rule.startswith("dead:") and finding.line in dead:
            continue
        key = (finding.line, finding.rule if finding.fix else f"{finding.rule}{finding.column}{finding.message}")
        kept.setdefault(key, finding)
    return sorted(kept.values(), key=lambda finding: (finding.line, finding.column))
