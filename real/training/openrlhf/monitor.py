"""Monitor a training: turn its output into events, detect hangs, and decide when to stop it."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from real.errors import InfrastructureError, RealError
from real.io.text_lines import lines_of
from real.training.openrlhf.log_parser import Reported, not_finite, read_line, step_record
from real.training.openrlhf.plan import TrainingPlan
from real.training.openrlhf.row_audit import check_rows, rows_of
from real.training.trainer import TrainingEvent

if TYPE_CHECKING:
    from real.settings import RootCfg

_TAIL = 400  # lines kept for the explanation of a failure


class LogTail:
    """Iterates over the complete lines that were appended to a file since the last iteration."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.exists() else 0

    def __iter__(self) -> Iterator[str]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self._at += whole
        yield from lines_of(text[:whole].decode(errors="replace"))


class TrainingMonitor:
    """Enters what a training reports; every method may raise the ``RealError`` that should end it."""

    def __init__(
        self,
        root: RootCfg,
        plan: TrainingPlan,
        *,
        components: frozenset[str],
        first: int,
        say: Callable[[str], None],
    ) -> None:
        self._root, self._plan = root, plan
        self._components = components
        self._first = first
        self._say = say
        self._alive_at = time.monotonic()
        self._scored_size = 0
        self.step = first
        self.tail: deque[str] = deque(maxlen=_TAIL)

    def take(self, line: str) -> TrainingEvent | None:
        """Process one line of output; returns the event that it reports, or ``None``."""
        self._alive_at = time.monotonic()
        self.tail.append(line)
        try:
            reported = read_line(line)
        except ValueError as error:
            self._say(str(error))
            return None
        if reported is None:
            return None
        if reported.evaluation:
            return self._evaluation(reported)
        if reported.step <= self.step:  # a job that is followed again tells its steps again
            return None
        self.step = reported.step
        return TrainingEvent(reported.step, step_record(reported, self._components))

    def check(self, event: TrainingEvent) -> None:
        """Raise ``RealError`` if a recorded step is a reason to stop: no numbers, too much masked, rows repeated."""
        if event.is_evaluation:
            return
        self._refuse(event.metrics)
        every = self._root.trainer.checkpoint_every
        if event.step <= self._first + 2 or event.step % every == 0:
            check_rows(rows_of(self._plan.files.scored, self._plan.files.missed), self._plan.schedule, complete=False)

    def look(self) -> None:
        """Raise ``InfrastructureError`` if nothing was printed or scored for ``trainer.openrlhf.stall_minutes``."""
        scored = self._plan.files.scored
        size = scored.stat().st_size if scored.exists() else 0
        if size != self._scored_size:
            self._scored_size, self._alive_at = size, time.monotonic()
        limit = self._root.trainer.openrlhf.stall_minutes
        if time.monotonic() - self._alive_at > 60 * limit:
            raise InfrastructureError(
                f"OpenRLHF has given no sign of life for {limit} minutes after step {self.step}; it was stopped",
                hint="The same command resumes from its last checkpoint. The limit: trainer.openrlhf.stall_minutes.",
            )

    def check_complete(self) -> None:
        """Raise ``InfrastructureError`` if a training that ended with 0 has not reported its last step."""
        missing = self._root.trainer.steps - self.step
        if missing:
            raise InfrastructureError(
                f"OpenRLHF ended after step {self.step} of {self._root.trainer.steps}",
                hint=f"Its output is in {self._plan.files.log}. The same command resumes.",
            )

    def _evaluation(self, reported: Reported) -> TrainingEvent:
        record: dict[str, float] = {key: value for key, value in reported.metrics.items() if math.isfinite(value)}
        rates = {key: value for key, value in record.items() if key.endswith("_pass1")}
        shown = ", ".join(
            f"{key.removeprefix('eval_').removesuffix('_pass1')} {value:.3f}" for key, value in rates.items()
        )
        self._say(f"step {reported.step}: joint pass rate on the test split, greedy: {shown}")
        metrics = {f"eval/{key.removeprefix('eval_')}": value for key, value in record.items()}
        return TrainingEvent(reported.step, metrics, is_evaluation=True)

    def _refuse(self, record: Mapping[str, float]) -> None:
        if broken := not_finite(record):
            raise RealError(
                f"{' and '.join(broken)} became not a number at step {self.step}; the training was stopped",
                hint="Try a lower trainer.actor_lr, and trainer.rollout_correction=clip.",
            )
        if "masked" not in record:
            raise InfrastructureError(
                f"OpenRLHF reports no share of masked samples for step {self.step}; the training was stopped",
                hint=f"Without it broken rewards would go unseen. Its output is in {self._plan.files.log}.",
            )
        share, limit = record["masked"], self._root.reward.max_masked
        if share > limit:
            raise InfrastructureError(
                f"{share:.0%} of step {self.step} could not be scored (reward.max_masked is {limit:.0%})",
                hint=f"{self._plan.files.scored} has the reasons; then the same command resumes.",
            )
