"""Python: what comes in from a terminal, a command line or the environment."""

from __future__ import annotations

from real.detector.models.kinds import Role, SourceKind
from real.detector.models.rows import Library, arg, calls, sources

LIBRARY = Library(
    "inputs",
    "",
    (
        *calls(Role.ENVIRONMENT, (), "os.{environ,environb}"),
        *calls(Role.READS_ENVIRONMENT, arg(0, "key"), "os.getenv", "os.environ.get"),
        *sources(SourceKind.COMMAND_LINE, "sys.argv holds the command line", "sys.argv"),
        *sources(SourceKind.COMMAND_LINE, "sys.orig_argv holds the command line", "sys.orig_argv"),
        *sources(SourceKind.TERMINAL, "sys.stdin is what the user typed", "sys.stdin"),
        *sources(SourceKind.TERMINAL, "sys.__stdin__ is what the user typed", "sys.__stdin__"),
        *sources(SourceKind.TERMINAL, "getpass() returns what the user typed", "getpass.getpass()"),
        *sources(SourceKind.TERMINAL, "fileinput.input() reads what the user typed", "fileinput.input()"),
        *sources(SourceKind.TERMINAL, "fileinput reads what the user typed", "fileinput.FileInput()"),
        *sources(
            SourceKind.COMMAND_LINE,
            "{name}() returns the command line",
            "argparse.ArgumentParser().{parse_args,parse_known_args}()",
            "optparse.OptionParser().parse_args()",
            "getopt.getopt()",
        ),
        *sources(
            SourceKind.HTTP,
            "request, which nothing here defines, is what web frameworks call what the client sent",
            "request",
        ),
        *sources(SourceKind.WIDGET, "the line buffer is what the user typed", "readline.get_line_buffer()"),
    ),
)
