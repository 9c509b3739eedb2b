"""Training curves: smoothing, and the step at which a reward component saturates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

ENOUGH = 5  # steps below which a curve has no shape to speak of
_MIN_CHANGE = 0.05  # a smaller change over the whole run is noise, and has no step of saturation


def series(records: Sequence[Mapping[str, object]], key: str) -> tuple[list[float], list[float]]:
    """Steps and values of one key of ``steps.jsonl``; records without a finite number under it are left out."""
    pairs = [
        (float(step), float(value))
        for record in records
        if isinstance(step := record.get("step"), int | float)
        and isinstance(value := record.get(key), int | float)
        and math.isfinite(value)
    ]
    return [step for step, _ in pairs], [value for _, value in pairs]


def smooth(values: Sequence[float]) -> list[float]:
    """Centred moving average over about a tenth of the run (at least 3 steps), narrower at both ends."""
    reach = max(1, len(values) // 20)
    smoothed = []
    for i in range(len(values)):
        near = min(reach, i, len(values) - 1 - i)
        window = values[i - near : i + near + 1]
        smoothed.append(sum(window) / len(window))
    return smoothed


def saturation_step(steps: Sequence[float], values: Sequence[float], share: float = 0.9) -> float | None:
    """First step from which the smoothed curve stays past ``share`` of its rise from the first to the final level.

    The levels are the smoothed first value and the mean of the last fifth of the run. ``None`` where the curve rises
    by less than 0.05: it has nothing to saturate to.
    """
    if len(values) < ENOUGH:
        return None
    curve = smooth(values)
    tail = curve[-max(1, len(curve) // 5) :]
    first, last = curve[0], sum(tail) / len(tail)
    if last - first < _MIN_CHANGE:
        return None
    level = first + share * (last - first)
    below = [i for i, value in enumerate(curve) if value < level]
    index = below[-1] + 1 if below else 0
    if index >= len(curve) - len(tail):  # noise dips below the level to the very end: take the first crossing instead
        index = next(i for i, value in enumerate(curve) if value >= level)
    return steps[index]


def saturation_order(records: Sequence[Mapping[str, object]]) -> str:
    """One sentence of facts on which component saturates first; says so where nothing can be told."""
    if max(len(series(records, f"r_{name}")[0]) for name in ("quality", "function")) < ENOUGH:
        return f"Fewer than {ENOUGH} steps: too few to tell what saturates first"
    reached = {name: saturation_step(*series(records, f"r_{name}")) for name in ("quality", "function")}
    quality, function = reached["quality"], reached["function"]
    if quality is not None and function is not None:
        return f"90 % of its rise: quality by step {quality:.0f}, function by step {function:.0f}"
    risen = [
        f"{name} has made 90 % of its rise by step {step:.0f}" for name, step in reached.items() if step is not None
    ]
    flat = [f"{name} does not rise by 0.05 or more" for name, step in reached.items() if step is None]
    return "; ".join(risen + flat).capitalize()
