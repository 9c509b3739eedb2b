"""PyPika: SQL that is built."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS
from real.detector.models.rows import Builder, Library

LIBRARY = Library("pypika", "pypika==0.51.1", (Builder("pypika", SQL_KINDS),))
