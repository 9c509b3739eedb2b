"""Flask-Classful: every public method of a view class is a view."""

from __future__ import annotations

from real.detector.models.rows import Handler, Library

LIBRARY = Library("flask-classful", "flask-classful==0.16.0", (Handler("flask_classful.FlaskView", (), "FlaskView"),))
