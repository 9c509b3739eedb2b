"""What detector and type checker find in answers, without running a test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from real.extract import extract
from real.protocols import rules
from real.training.workspace import Workspace
from real.types import Analysis, AnalysisStatus, Check, Completion, Finding, Program, Task


def programs_of(ws: Workspace, tasks: Sequence[Task], completions: Sequence[Completion]) -> list[Program]:
    """What the run's protocol takes for the programs of the answers."""
    protocol = ws.cfg.evaluation.protocol
    pairs = zip(tasks, completions, strict=True)
    return [extract(completion.text, rules(protocol, task.dataset).extraction) for task, completion in pairs]


def analyses_of(
    ws: Workspace, tasks: Sequence[Task], programs: Sequence[Program]
) -> list[Mapping[Check, Analysis] | None]:
    """The analyses of each program by the judge's own checks; ``None`` where there is no program."""
    asked = {
        str(index): (task, program.code)
        for index, (task, program) in enumerate(zip(tasks, programs, strict=True))
        if program.code is not None
    }
    found = ws.judge.static_checks.run(asked)
    return [found.get(str(index)) for index in range(len(programs))]


def defects(analyses: Mapping[Check, Analysis] | None) -> float:
    """How many findings there are; infinite where something could not be analysed, which no program is preferred to."""
    if analyses is None or any(a.unseen or a.status is AnalysisStatus.UNANALYZABLE for a in analyses.values()):
        return math.inf
    return float(sum(len(analysis.findings) for analysis in analyses.values()))


def all_findings(analyses: Mapping[Check, Analysis] | None) -> list[Finding]:
    """The findings of every check, in the order of lines."""
    found = [finding for analysis in (analyses or {}).values() for finding in analysis.findings]
    return sorted(found, key=lambda finding: (finding.line, finding.rule))


def count_findings(ws: Workspace, tasks: Sequence[Task], completions: Sequence[Completion]) -> list[float]:
    """``defects`` of each answer."""
    return [defects(found) for found in analyses_of(ws, tasks, programs_of(ws, tasks, completions))]
