"""Python: regular expressions."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, Returns, arg, calls, sanitizers, sinks

LIBRARY = Library(
    "re",
    "",
    (
        Returns("re.compile", "re.Pattern"),
        *calls(Role.MATCHER, (arg(0, "pattern"), arg(1, "string"), arg(2, "flags")), "re.match", shown="match"),
        *calls(Role.MATCHER, (arg(0, "pattern"), arg(1, "string"), arg(2, "flags")), "re.fullmatch", shown="fullmatch"),
        *calls(
            Role.MATCHER,
            (arg(0, "pattern"), arg(1, "string"), arg(2, "flags")),
            "re.{search,findall,finditer}",
            shown="search",
        ),
        *calls(Role.MATCHER, (arg(0, "pattern"), arg(1, "string"), arg(3, "flags")), "re.split", shown="search"),
        *calls(Role.MATCHER, (arg(0, "pattern"), arg(2, "string"), arg(4, "flags")), "re.{sub,subn}", shown="search"),
        *calls(Role.MATCHER, arg(0, "string"), "re.compile().match", shown="match"),
        *calls(Role.MATCHER, arg(0, "string"), "re.compile().fullmatch", shown="fullmatch"),
        *calls(Role.MATCHER, arg(0, "string"), "re.compile().{search,findall,finditer,split}", shown="search"),
        *calls(Role.MATCHER, arg(1, "string"), "re.compile().{sub,subn}", shown="search"),
        *sinks(Kind.REGEX, arg(0, "pattern"), "re.{compile,match,fullmatch,search,findall,finditer,split,sub,subn}"),
        *sanitizers((Kind.REGEX,), "fnmatch.translate", "glob.translate", "re.escape"),
    ),
)
