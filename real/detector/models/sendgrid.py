"""SendGrid: mails."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import May

LIBRARY = Library(
    "sendgrid",
    "sendgrid==6.12.5",
    (
        *sinks(Kind.HTML_MAIL, arg(4, "html_content"), "sendgrid.helpers.mail.Mail"),
        *sinks(Kind.HTML_MAIL, arg(0, "content"), "sendgrid.helpers.mail.HtmlContent"),
        *sinks(
            Kind.HTML_MAIL,
            arg(1, "content"),
            "sendgrid.helpers.mail.Content",
            when=May(arg(0, "mime_type"), ("text/html",)),
        ),
    ),
)
