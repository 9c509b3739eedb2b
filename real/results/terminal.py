"""The table of pass rates that a run prints at its end."""

from __future__ import annotations

from collections.abc import Mapping

from real.evaluation.rates import Metrics, Rate
from real.io.columns import align
from real.results.labels import METRIC_LABELS, number, points, rate_text


def before_after(
    before: Metrics, after: Metrics | None = None, difference: Mapping[str, tuple[float, float, float]] | None = None
) -> str:
    """Aligned text: one line a metric, its rate and 95 % interval before and after, and the change in points."""
    rows = [["", "before", "after", "change"] if after else ["", "pass rate"]]
    later = after.rates() if after else {}
    for name, rate in before.rates().items():
        row = [METRIC_LABELS[name], _cell(rate)]
        if after:
            row += [_cell(later[name]) if name in later else "", _change(rate, later.get(name), difference, name)]
        rows.append(row)
    return "\n".join([*align(rows), "", *_pass_at_k(before, after), _footnote(before, after)])


def _pass_at_k(before: Metrics, after: Metrics | None) -> list[str]:
    """One line for each stage and k above 1, where tasks have several samples."""
    stages = [("before", before)] + ([("after", after)] if after else [])
    return [
        f"{stage}, pass@{k}: " + ", ".join(f"{METRIC_LABELS[name]} {number(rate)}" for name, rate in rates.items())
        for stage, metrics in stages
        for k, rates in metrics.pass_at_k.items()
        if k != "1"
    ]


def _cell(rate: Rate) -> str:
    return rate_text(rate.rate, rate.low, rate.high)


def _change(old: Rate, new: Rate | None, difference: Mapping[str, tuple[float, float, float]] | None, name: str) -> str:
    if difference and name in difference:
        return points(*difference[name])
    return points(new.rate - old.rate) if new else ""


def _footnote(before: Metrics, after: Metrics | None) -> str:
    counts = [("before", before)] + ([("after", after)] if after else [])
    masked = [f"{m.masked} {stage}" for stage, m in counts if m.masked]
    sizes = {m.n for _, m in counts}
    size = f"{before.n}" if len(sizes) == 1 else " and ".join(f"{m.n} ({stage})" for stage, m in counts)
    what = "samples, several of each task" if before.pass_at_k else "tasks"
    note = f"{size} {what}, 95 % intervals in brackets"
    return note + (f"; left out after failures of the machine: {', '.join(masked)}" if masked else "")
