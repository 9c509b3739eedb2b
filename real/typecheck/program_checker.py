"""One program to one analysis: screening, MyPy, and what the hardened policy adds. Runs in a worker's child."""

from __future__ import annotations

from dataclasses import dataclass, replace

from real.errors import UsageError
from real.typecheck.config import HARDENED
from real.typecheck.diagnostics import analysis_of, findings_of, without_first_lines
from real.typecheck.hardened.any_types import FROM_MYPY
from real.typecheck.hardened.starter import StarterError
from real.typecheck.hardened.syntax_passes import advice, syntactic_findings
from real.typecheck.preamble import Preamble, parse_imports
from real.typecheck.submission import Submission
from real.typecheck.unanalyzable import why_unanalyzable
from real.typecheck.warm_mypy import WarmMypy
from real.types import Analysis, AnalysisStatus, Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """An analysis; after ``reusable=False`` this process must not make another."""

    analysis: Analysis
    reusable: bool = True


class ProgramChecker:
    """Analyses programs one after another under one policy."""

    def __init__(self, policy: str, preamble: str, *, with_advice: bool = False) -> None:
        """Load MyPy (about two seconds); raises ``UsageError`` when the preamble is not usable."""
        self._hardened = policy == HARDENED
        self._with_advice = with_advice
        imports = parse_imports(preamble)
        self.mypy = WarmMypy(hardened=self._hardened, preload=preamble)
        self._preamble = Preamble(imports, self.mypy.exported)

    def check_preamble(self) -> None:
        """Raise ``UsageError`` where the preamble has findings: they would be held against every program."""
        whole = self._preamble.whole
        if whole and (found := findings_of(self.mypy.check(whole).diagnostics)):
            raise UsageError(f"the preamble of the type checker does not pass by itself: {found[0].message}")

    def check(self, submission: Submission) -> Checked:
        """The analysis of one program. Exceptions mean that the type checker failed."""
        code = submission.code.removeprefix("\ufeff")
        reason = why_unanalyzable(code)
        if reason is not None:
            return Checked(Analysis(AnalysisStatus.UNANALYZABLE, reason=reason))
        try:
            extra = syntactic_findings(code, submission.starter) if self._hardened else []
            remarks = advice(code, submission.starter) if self._with_advice else []
        except StarterError as error:
            return Checked(Analysis(AnalysisStatus.ERROR, reason=f"the starter code cannot be read: {error}"))
        before = self._preamble.before(code)
        result = self.mypy.check(before + code)
        found = without_first_lines([*findings_of(result.diagnostics), *result.typed], before.count("\n"))
        if self._hardened:
            found = _merged([_renamed(finding) for finding in found], extra)
        return Checked(analysis_of(found, remarks), result.reusable)


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
