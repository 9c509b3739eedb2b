"""Flask-RESTful: resources that answer with JSON."""

from __future__ import annotations

from real.detector.models.rows import Framework, Library, handlers

LIBRARY = Library(
    "flask-restful",
    "flask-restful==0.3.10",
    (Framework("flask_restful"), *handlers("Resource", "flask_restful.Resource")),
)
