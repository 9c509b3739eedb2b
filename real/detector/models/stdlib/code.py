"""Python: code made from data."""

from __future__ import annotations

from real.detector.models.kinds import Kind, SourceKind
from real.detector.models.rows import Library, arg, sinks, sources

LIBRARY = Library(
    "code",
    "",
    (
        *sinks(Kind.MODULE, arg(0, "path_name"), "runpy.run_path"),
        *sinks(Kind.MODULE, arg(0, "mod_name"), "runpy.run_module"),
        *sinks(
            Kind.EXEC,
            arg(0, "source"),
            "code.InteractiveInterpreter().runsource",
            "code.InteractiveConsole().runsource",
            "builtins.exec",
        ),
        *sinks(Kind.EXEC, arg(0, "code"), "code.InteractiveInterpreter().runcode", "code.InteractiveConsole().runcode"),
        *sinks(Kind.EXEC, arg(0, "line"), "code.InteractiveConsole().push"),
        *sinks(Kind.MODULE_FILE, arg(1, "location"), "importlib.util.spec_from_file_location"),
        *sinks(Kind.MODULE, arg(1, "pathname"), "imp.load_source", until="Python 3.12"),
        *sinks(Kind.CODE_OBJECT, arg(0, "code"), "types.FunctionType", "types.LambdaType"),
        *sinks(Kind.EVAL, arg(0, "source"), "builtins.eval"),
        *sinks(Kind.EXEC, (arg(0, "stmt"), arg(1, "setup")), "timeit.timeit", "timeit.repeat", "timeit.Timer"),
        *sinks(Kind.EXEC, arg(0, "statement"), "cProfile.run", "profile.run", "pdb.run"),
        *sinks(Kind.EXEC, arg(0, "expression"), "pdb.runeval"),
        *sources(SourceKind.TERMINAL, "input() returns what the user typed", "builtins.input()"),
    ),
)
