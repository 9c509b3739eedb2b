"""Flask-CORS: which pages may send requests."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "flask-cors",
    "flask-cors==6.0.5",
    (
        *calls(
            Role.CORS,
            (arg(None, "supports_credentials"), arg(None, "origins"), arg(None, "resources")),
            "flask_cors.{CORS,cross_origin}",
            shown="*",
        ),
    ),
)
