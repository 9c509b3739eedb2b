"""Celery: tasks."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "celery", "celery", (*calls(Role.CONNECTOR, (), "celery.Celery"),), unchecked="too large for the check"
)
