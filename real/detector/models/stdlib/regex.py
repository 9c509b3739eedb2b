"""Python: regular expressions."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks

LIBRARY = Library(
    "re",
    "",
    (
        *sinks(Kind.REGEX, arg(0, "pattern"), "re.{compile,match,fullmatch,search,findall,finditer,split,sub,subn}"),
        *sanitizers((Kind.REGEX,), "fnmatch.translate", "glob.translate", "re.escape"),
    ),
)
