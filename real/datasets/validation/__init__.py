"""Validation of a data set without a model: its own programs must pass, or fail, what judges a model's programs.

``validator`` runs them, ``rows`` decides, ``journal`` remembers, ``summary`` prints.
"""

from __future__ import annotations

from real.datasets.validation.journal import ValidationJournal
from real.datasets.validation.rows import RowResult, RowStatus
from real.datasets.validation.validator import Validator

__all__ = ["RowResult", "RowStatus", "ValidationJournal", "Validator"]
