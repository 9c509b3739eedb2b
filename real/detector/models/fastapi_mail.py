"""fastapi-mail: mails."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import MissingOrNamed

LIBRARY = Library(
    "fastapi-mail",
    "fastapi-mail==1.6.8",
    (
        *sinks(
            Kind.HTML_MAIL,
            arg(None, "body"),
            "fastapi_mail.MessageSchema",
            when=MissingOrNamed(
                arg(None, "subtype"), ("fastapi_mail.MessageType.html", "fastapi_mail.schemas.MessageType.html")
            ),
        ),
    ),
)
