"""WTForms: forms."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "wtforms",
    "wtforms==3.3.2",
    (
        *calls(Role.CSRF_FORM, (), "wtforms.{Form,form.BaseForm}"),
        *calls(Role.CSRF_FORM, (), "wtforms.ext.SecureForm", until="WTForms 3"),
        *calls(Role.VALIDATOR, arg(0, "regex"), "wtforms.validators.{Regexp,regexp}", shown="match"),
    ),
)
