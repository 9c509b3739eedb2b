"""Plan the rows of the prompt file: whole epochs, shuffled by the run's seed, in exactly as many rows as needed.

OpenRLHF passes over its file ``num_episodes`` times and shuffles each pass; a last, smaller batch would be trained on
as well and shift the bounds of every later update. So the file has a multiple of the rollout batch, and every step
has its full batch. OpenRLHF 0.11.2 draws that shuffle from a generator that no flag seeds: which rows share a batch
is not repeatable there, how often each row is seen is.
"""

from __future__ import annotations

from dataclasses import dataclass

from real.training.cursor import rollout_rows

MAX_ROWS = 65_536  # a file of about 100 MB
_FEW_STEPS = 20


@dataclass(frozen=True, slots=True)
class PromptSchedule:
    """``passes`` passes over a file of ``steps_per_pass * batch`` rows (OpenRLHF calls a pass an episode).

    Each row is answered ``samples`` times in a pass.
    """

    passes: int
    steps_per_pass: int
    batch: int
    samples: int = 1

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return self.steps_per_pass * self.batch


def plan_passes(steps: int, batch: int, samples: int = 1) -> PromptSchedule:
    """Return the fewest passes of equal length (20 steps or more) that keep the file below ``MAX_ROWS`` rows."""
    for count in range(1, steps + 1):
        each, rest = divmod(steps, count)
        if rest:
            continue
        if each * batch <= MAX_ROWS and each >= _FEW_STEPS:
            return PromptSchedule(count, each, batch, samples)
        if each < _FEW_STEPS:
            break
    return PromptSchedule(1, steps, batch, samples)


def tasks_of_rows(schedule: PromptSchedule, n_tasks: int, seed: int) -> list[int]:
    """Return the task index of every row of the file."""
    found: list[int] = []
    for step in range(schedule.steps_per_pass):
        found += rollout_rows(n_tasks, schedule.batch, step, seed)
    return found
