"""Celery: tasks."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Setting, calls

_PICKLES = ("pickle", "application/x-python-serialize")

LIBRARY = Library(
    "celery",
    "celery",
    (
        *calls(Role.CONNECTOR, (), "celery.Celery"),
        *calls(Role.TOLD_FORMATS, (), "celery.Celery"),
        *(Setting(name, Role.PICKLE_FORMAT, _PICKLES) for name in ("accept_content", "CELERY_ACCEPT_CONTENT")),
    ),
    unchecked="too large for the check",
)
