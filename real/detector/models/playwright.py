"""Playwright: browsers."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "playwright", "playwright", (*sinks(Kind.URL, arg(0, "url"), "playwright.**.goto"),), unchecked="needs a browser"
)
