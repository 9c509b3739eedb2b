"""Labels and number formats of tables, figures and the report."""

from __future__ import annotations

import math
from collections.abc import Iterable

METRIC_LABELS = {"function": "Function", "quality": "Quality", "func_qual": "Func.-Qual.", "safety": "Safety tests"}

REWARD_LABELS = {
    "hybrid": "hybrid (REAL)",
    "function_only": "function only",
    "quality_only": "quality only",
    "safety_unit_tests": "safety unit tests",
}

# They draw samples in their own way, whatever decoding the evaluation names.
SAMPLING_METHODS = {"codeguard_plus": "CodeGuard+", "rejection_sampling": "Rejection sampling"}

REWARD_ORDER = ("function_only", "quality_only", "safety_unit_tests", "hybrid")  # rows of the paper's Tables 4 and 5


def number(value: float, digits: int = 3) -> str:
    """A rate with fixed digits, or ``n/a`` where nothing was measured."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "n/a"


def interval(low: float, high: float) -> str:
    """An interval with two digits: ``[0.13, 0.26]``."""
    return f"[{low:.2f}, {high:.2f}]"


def rate_text(rate: float, low: float, high: float) -> str:
    """A rate with its interval: ``0.187 [0.13, 0.26]``."""
    return f"{number(rate)} {interval(low, high)}"


def points(difference: float, low: float | None = None, high: float | None = None) -> str:
    """A difference of rates with its sign, and its interval where there is one: ``+0.350 [+0.26, +0.44]``."""
    if not math.isfinite(difference):
        return "n/a"
    text = f"{difference:+.3f}"
    return text if low is None or high is None else f"{text} [{low:+.2f}, {high:+.2f}]"


def reward_rank(name: str) -> tuple[int, str]:
    """Sort key of reward variants: those of the paper in its order, then others by name."""
    return (REWARD_ORDER.index(name) if name in REWARD_ORDER else len(REWARD_ORDER), name)


def sampling_methods(methods: Iterable[str]) -> list[str]:
    """One sentence on those of these methods that sample, or none."""
    named = [SAMPLING_METHODS[method] for method in sorted(set(methods) & set(SAMPLING_METHODS))]
    return [f"The sampling of {' and '.join(named)} is the method's own."] if named else []
