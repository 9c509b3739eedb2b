"""django-hashids: Hashids as a field of Django."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "django-hashids",
    "django-hashids==0.7.1",
    (*calls(Role.REVERSIBLE, arg(None, "salt"), "django_hashids.HashidsField"),),
)
