"""Interval estimates for one pass rate and for the difference of two on the same tasks."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal distribution


def wilson(passed: int, n: int) -> tuple[float, float]:
    """Wilson score interval (95 %) of ``passed`` out of ``n``; (0, 1) where nothing was observed.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    Raises ``ValueError`` unless ``0 <= passed <= n``.
    """
    if not 0 <= passed <= n:
        raise ValueError(f"{passed} passed of {n} samples is no proportion")
    if n == 0:
        return 0.0, 1.0
    p, z2 = passed / n, Z_95 * Z_95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # Rounding must not move a bound to the wrong side of an observed 0 or 1.
    low = 0.0 if passed == 0 else max(0.0, centre - half)
    high = 1.0 if passed == n else min(1.0, centre + half)
    return low, high


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
