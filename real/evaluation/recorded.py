"""What an outcome record of a run says the sandbox observed, for judging it again without running anything."""

from __future__ import annotations

from collections.abc import Mapping

from real.judge import RecordedOutcomes
from real.runs.records import recorded_outcomes


def recorded(record: Mapping[str, object], *, swapped: bool = False) -> RecordedOutcomes:
    """The outcomes of one line of ``outcomes_{stage}.jsonl``, ``swapped``: as the other protocol has them.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` where the record is damaged or of another version.
    """
    baseline = record["baseline"]
    own = recorded_outcomes(record, other=swapped)
    known = swapped or record.get("other_protocol") is not None
    other = recorded_outcomes(record, other=not swapped) if known else None
    return RecordedOutcomes(
        own.tests,
        own.safety,
        None if baseline is None else float(str(baseline)),
        other_protocol=other,
        flaky=bool(record.get("flaky", False)),
    )
