"""Flask-WTF: forms of Flask, and the protection against forged requests."""

from __future__ import annotations

from real.detector.models.kinds import Role, SourceKind
from real.detector.models.rows import Library, Setting, arg, calls, sources

LIBRARY = Library(
    "flask-wtf",
    "flask-wtf==1.3.0",
    (
        *calls(Role.CSRF, (), "flask_wtf.{,csrf.}CSRFProtect"),
        *sources(SourceKind.HTTP, "the data of a form are what the client sent", "flask_wtf.FlaskForm().data"),
        *calls(Role.CSRF, (), "flask_wtf.csrf.CsrfProtect", until="Flask-WTF 1"),
        *calls(Role.CSRF_EXEMPT, arg(0, "view"), "flask_wtf.{,csrf.}CSRFProtect().exempt"),
        *calls(Role.CSRF_FORM, (), "flask_wtf.{FlaskForm,Form}"),
        Setting("WTF_CSRF_ENABLED", Role.CSRF_SWITCH),
        Setting("WTF_CSRF_CHECK_DEFAULT", Role.CSRF_SWITCH),
    ),
)
