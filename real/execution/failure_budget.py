"""Stop a run when the machine fails too many of its programs for its figures to mean anything."""

from __future__ import annotations

from collections import Counter

from real.errors import InfrastructureError
from real.types import OutcomeStatus, TestOutcome

_TOLERATED = 0.05  # share of the requests of a run that the machine may fail
_FEW = 5  # so many failures are no accident


class FailureBudget:
    """Counts the requests of a run that the machine failed, and stops the run when they are too many."""

    def __init__(self) -> None:
        self._counted = self._failed = 0
        self._causes: Counter[str] = Counter()

    def add(self, outcomes: tuple[TestOutcome, ...]) -> None:
        """Count one request; raises ``InfrastructureError``."""
        self._counted += 1
        failed = [outcome for outcome in outcomes if outcome.status is OutcomeStatus.INFRA_ERROR]
        if not failed:
            return
        self._failed += 1
        self._causes[failed[0].detail] += 1
        if self._failed >= _FEW and self._failed > _TOLERATED * self._counted:
            cause, count = self._causes.most_common(1)[0]
            raise InfrastructureError(
                f"{self._failed} of the first {self._counted} programs could not be judged;"
                f" most often ({count}): {cause}",
                hint="Their verdicts would be guesses. `python -m real.execution doctor` shows what the sandbox lacks.",
            )
