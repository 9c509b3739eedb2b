"""Pyppeteer: browsers."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pyppeteer",
    "pyppeteer",
    (*sinks(Kind.URL, arg(0, "url"), "pyppeteer.**.goto"),),
    unchecked="superseded by Playwright",
)
