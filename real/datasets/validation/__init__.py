"""Validation of a data set without a model: its own programs must pass, or fail, what judges a model's programs.

``engine`` runs them, ``rows`` decides, ``journal`` remembers, ``report`` prints.
"""

from __future__ import annotations

from real.datasets.validation.engine import LIMITS, Validator
from real.datasets.validation.journal import Journal
from real.datasets.validation.rows import RowReport, RowStatus

__all__ = ["LIMITS", "Journal", "RowReport", "RowStatus", "Validator"]
