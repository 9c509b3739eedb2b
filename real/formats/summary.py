"""The one-line summary that ends the output: number of programs by status."""

from __future__ import annotations

from collections import Counter

from real.formats.record import Level, Scan, Standing
from real.types import AnalysisStatus

_HIDDEN = {Standing.DOUBTFUL: "of lower confidence not shown", Standing.UNCHANGED: "not on changed lines"}


def summary(run: Scan) -> str:
    """For example ``3 files: 1 clean, 2 with findings (5); 1 suppressed by a comment; baseline: 4 hidden``."""
    counts = Counter(program.status for program in run.programs)
    records = [record for program in run.programs for record in program.open]
    advice = sum(record.level is Level.NOTE for record in records)
    words = {
        AnalysisStatus.CLEAN: "clean",
        AnalysisStatus.FINDINGS: f"with findings ({len(records) - advice})",
        AnalysisStatus.PARTIAL: "analysed in part",
        AnalysisStatus.UNANALYZABLE: "unanalyzable",
        AnalysisStatus.ERROR: "not checked because of an error",
    }
    parts = [f"{counts[status]} {text}" for status, text in words.items() if counts[status]]
    parts += [f"{advice} advice"] if advice else []
    total = len(run.programs)
    line = f"{total} {run.tool.noun}{'' if total == 1 else 's'}: {', '.join(parts) or 'nothing to check'}"
    suppressed = sum(len(program.standing(Standing.SUPPRESSED)) for program in run.programs)
    if suppressed:
        line += f"; {suppressed} suppressed by {'a comment' if suppressed == 1 else 'comments'}"
    for standing, text in _HIDDEN.items():
        if count := sum(len(program.standing(standing)) for program in run.programs):
            line += f"; {count} {text}"
    line = f"{line}; {baseline_summary(run)}" if run.absent is not None else line
    return f"{line}; interrupted: {run.interrupted}" if run.interrupted else line


def baseline_summary(run: Scan) -> str:
    """How many findings the baseline hides, and how many of its entries no longer occur."""
    known = sum(len(program.standing(Standing.KNOWN)) for program in run.programs)
    text = f"baseline: {known} finding{'' if known == 1 else 's'} hidden"
    accepted = sum(program.is_accepted for program in run.programs)
    text += f", {accepted} that cannot be analysed accepted" if accepted else ""
    if run.absent:
        text += f", {run.absent} {'entry' if run.absent == 1 else 'entries'} no longer occur{'s' * (run.absent == 1)}"
    return text
