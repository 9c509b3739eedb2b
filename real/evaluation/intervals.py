"""Interval estimates for one pass rate and for the difference of two on the same tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal distribution


def wilson(passed: int, n: int, effective_n: float | None = None) -> tuple[float, float]:
    """Wilson score interval (95 %) of ``passed`` out of ``n``; (0, 1) where nothing was observed.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    ``effective_n`` takes the place of ``n`` where samples depend on each other (see ``effective_size``). Raises
    ``ValueError`` unless ``0 <= passed <= n``.
    """
    if not 0 <= passed <= n:
        raise ValueError(f"{passed} passed of {n} samples is no proportion")
    if n == 0:
        return 0.0, 1.0
    p, size = passed / n, n if effective_n is None else effective_n
    z2 = Z_95 * Z_95
    centre = (p + z2 / (2 * size)) / (1 + z2 / size)
    half = Z_95 * math.sqrt(p * (1 - p) / size + z2 / (4 * size * size)) / (1 + z2 / size)
    # Rounding must not move a bound to the wrong side of an observed 0 or 1.
    low = 0.0 if passed == 0 else max(0.0, centre - half)
    high = 1.0 if passed == n else min(1.0, centre + half)
    return low, high


def effective_size(tasks: Sequence[tuple[int, int]]) -> float:
    """How many independent samples tell as much about a rate as those of ``tasks``, each (passed, samples), do.

    The variance of one sample, p (1 - p), over the variance of the rate, estimated from the tasks as clusters. It is
    the number of tasks where the samples of each agree, and never above the number of samples; the number of tasks too
    where all samples of all tasks agree, since nothing was seen to vary. Source: the Wilson interval with an effective
    sample size of C. Franco, R. Little, T. Louis and E. Slud, "Comparative study of confidence intervals for
    proportions in complex sample surveys", Journal of Survey Statistics and Methodology 7 (2019).
    """
    passed, samples = sum(p for p, _ in tasks), sum(n for _, n in tasks)
    p = passed / samples
    variance = sum((own - p * n) ** 2 for own, n in tasks) / samples**2
    if passed in (0, samples):
        return float(len(tasks))
    return min(float(samples), p * (1 - p) / variance) if variance > 0 else float(samples)


def clustered_difference(changes: Sequence[float], most: float = 1.0) -> tuple[float, float, float]:
    """The mean change of tasks' own rates, with a 95 % interval: (d, low, high); NaN and no bound without a task.

    ``most``: the largest change there is, 1 for rates and 2 for rewards, beyond which no interval goes.

    Normal approximation with the standard error between tasks, as for questions with several samples in E. Miller,
    "Adding error bars to evals" (2024, https://arxiv.org/abs/2411.00640). One task tells nothing of that error.
    """
    n = len(changes)
    if n == 0:
        return math.nan, -most, most
    d = sum(changes) / n
    if n == 1:
        return d, -most, most
    error = math.sqrt(sum((change - d) ** 2 for change in changes) / (n - 1) / n)
    return d, max(-most, d - Z_95 * error), min(most, d + Z_95 * error)


def newcombe_paired(both: int, first_only: int, second_only: int, neither: int) -> tuple[float, float, float]:
    """Difference (second minus first) of two pass rates on the same tasks, with its 95 % interval: (d, low, high).

    Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", Statistics in Medicine 17 (1998), method 10: Wilson limits of both margins, corrected for their
    correlation. The four arguments count tasks: passed both times, only the first, only the second, never.
    """
    n = both + first_only + second_only + neither
    if n == 0:
        return math.nan, -1.0, 1.0
    p1, p2 = (both + first_only) / n, (both + second_only) / n
    low1, high1 = wilson(both + first_only, n)
    low2, high2 = wilson(both + second_only, n)
    phi = _phi(both, first_only, second_only, neither)
    below1, above1, below2, above2 = p1 - low1, high1 - p1, p2 - low2, high2 - p2
    d = p2 - p1
    down = math.sqrt(max(0.0, below2**2 - 2 * phi * below2 * above1 + above1**2))
    up = math.sqrt(max(0.0, above2**2 - 2 * phi * above2 * below1 + below1**2))
    return d, max(-1.0, d - down), min(1.0, d + up)


def _phi(both: int, first_only: int, second_only: int, neither: int) -> float:
    """Correlation of the paired outcomes with Newcombe's continuity correction; 0 where a margin is empty."""
    margins = (both + first_only) * (second_only + neither) * (both + second_only) * (first_only + neither)
    if margins == 0:
        return 0.0
    covariance: float = both * neither - first_only * second_only
    if covariance > 0:
        covariance = max(0.0, covariance - (both + first_only + second_only + neither) / 2)
    return covariance / math.sqrt(margins)
