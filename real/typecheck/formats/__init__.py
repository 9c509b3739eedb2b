"""Ways to show findings, by name; nothing here knows which tool found them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from real.typecheck.formats.document import as_json
from real.typecheck.formats.github import as_github
from real.typecheck.formats.report import Report, Tool
from real.typecheck.formats.sarif import as_sarif
from real.typecheck.formats.text import as_text

Format = Callable[[Sequence[Report], Tool], str]

FORMATS: dict[str, Format] = {"text": as_text, "json": as_json, "sarif": as_sarif, "github": as_github}

__all__ = ["FORMATS", "Format", "Report", "Tool"]
