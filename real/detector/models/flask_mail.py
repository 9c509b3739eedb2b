"""Flask-Mail: mails."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("flask-mail", "Flask-Mail==0.10.0", (*sinks(Kind.HTML_MAIL, arg(3, "html"), "flask_mail.Message"),))
