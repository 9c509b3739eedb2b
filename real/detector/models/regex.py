"""regex: regular expressions."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, Returns, arg, calls, sanitizers, sinks
from real.detector.models.when import Missing

LIBRARY = Library(
    "regex",
    "regex==2026.11.19",
    (
        Returns("regex.compile", "regex.Pattern"),
        *calls(Role.MATCHER, (arg(0, "pattern"), arg(1, "string"), arg(2, "flags")), "regex.match", shown="match"),
        *calls(
            Role.MATCHER, (arg(0, "pattern"), arg(1, "string"), arg(2, "flags")), "regex.fullmatch", shown="fullmatch"
        ),
        *calls(
            Role.MATCHER,
            (arg(0, "pattern"), arg(1, "string"), arg(2, "flags")),
            "regex.{search,findall,finditer}",
            shown="search",
        ),
        *calls(Role.MATCHER, (arg(0, "pattern"), arg(1, "string"), arg(3, "flags")), "regex.split", shown="search"),
        *calls(
            Role.MATCHER, (arg(0, "pattern"), arg(2, "string"), arg(4, "flags")), "regex.{sub,subn}", shown="search"
        ),
        *calls(Role.MATCHER, arg(0, "string"), "regex.compile().match", shown="match"),
        *calls(Role.MATCHER, arg(0, "string"), "regex.compile().fullmatch", shown="fullmatch"),
        *calls(Role.MATCHER, arg(0, "string"), "regex.compile().{search,findall,finditer,split}", shown="search"),
        *calls(Role.MATCHER, arg(1, "string"), "regex.compile().{sub,subn}", shown="search"),
        *sinks(
            Kind.REGEX,
            arg(0, "pattern"),
            "regex.{compile,match,fullmatch,search,findall,finditer,split,sub,subn}",
            when=Missing(arg(None, "timeout")),
        ),
        *sanitizers((Kind.REGEX,), "regex.escape"),
    ),
)
