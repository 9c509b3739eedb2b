"""WTForms: forms."""

from __future__ import annotations

from real.detector.models.kinds import Role, SourceKind
from real.detector.models.rows import Library, arg, calls, sources

LIBRARY = Library(
    "wtforms",
    "wtforms==3.3.2",
    (
        *calls(Role.CSRF_FORM, (), "wtforms.{Form,form.BaseForm}"),
        *calls(Role.CSRF_FORM, (), "wtforms.ext.SecureForm", until="WTForms 3"),
        *sources(
            SourceKind.HTTP,
            "the data of a field are what the client sent",
            "wtforms.{StringField,TextAreaField,PasswordField,HiddenField,SearchField,URLField,TelField}().data",
        ),
        *sources(SourceKind.HTTP, "the data of a form are what the client sent", "wtforms.Form().data"),
        *calls(Role.VALIDATOR, arg(0, "regex"), "wtforms.validators.{Regexp,regexp}", shown="match"),
    ),
)
