"""regex: regular expressions."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks
from real.detector.models.when import Missing

LIBRARY = Library(
    "regex",
    "regex==2026.11.19",
    (
        *sinks(
            Kind.REGEX,
            arg(0, "pattern"),
            "regex.{compile,match,fullmatch,search,findall,finditer,split,sub,subn}",
            when=Missing(arg(None, "timeout")),
        ),
        *sanitizers((Kind.REGEX,), "regex.escape"),
    ),
)
