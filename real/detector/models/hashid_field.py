"""django-hashid-field: Hashids as a field of Django."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "django-hashid-field",
    "django-hashid-field==3.4.1",
    (*calls(Role.REVERSIBLE, arg(None, "salt"), "hashid_field.HashidField", "hashid_field.HashidAutoField"),),
)
