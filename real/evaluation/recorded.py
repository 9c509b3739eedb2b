"""What an outcome record of a run says the sandbox observed, for judging it again without running anything."""

from __future__ import annotations

from collections.abc import Mapping

from real.judge import RecordedOutcomes
from real.runs.records import recorded_outcomes


def recorded(record: Mapping[str, object], *, swapped: bool = False) -> RecordedOutcomes:
    """The outcomes of one line of ``outcomes_{stage}.jsonl``, ``swapped``: as the other protocol has them.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` where the record is damaged or of another version.
    """
    tests, safety, baseline = record["function"], record["safety"], record["baseline"]
    if not isinstance(tests, Mapping) or not isinstance(safety, Mapping | None):
        raise TypeError("no outcomes")
    return RecordedOutcomes(
        recorded_outcomes(tests, swapped=swapped),
        None if safety is None else recorded_outcomes(safety, swapped=swapped),
        baseline=None if baseline is None else float(str(baseline)),
    )
