"""Python: code made from data."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role, SourceKind
from real.detector.models.rows import Library, arg, calls, modules, sinks, sources

LIBRARY = Library(
    "code",
    "",
    (
        *calls(Role.TRACEBACK, (), "traceback.{format_exc,format_exception,format_tb,format_stack}"),
        *calls(Role.TRACEBACK, (), "traceback.TracebackException().format"),
        *calls(Role.TRACEBACK, (), "cgitb.html", until="Python 3.13"),
        *calls(Role.READS_ANNOTATIONS, (), "typing.get_type_hints"),
        *calls(Role.READS_ANNOTATIONS, arg(None, "eval_str"), "inspect.{get_annotations,signature}"),
        *calls(Role.PEER_CODE, arg(1, "verify"), "logging.config.listen"),
        *calls(Role.RELOADS, arg(0, "module"), "importlib.reload"),
        *modules(Role.ANY_HARM, "builtins", "importlib", "os", "shutil", "subprocess", "sys"),
        *sinks(Kind.MODULE, arg(0, "path_name"), "runpy.run_path"),
        *sinks(Kind.MODULE, arg(0, "mod_name"), "runpy.run_module"),
        *sinks(
            Kind.EXEC, arg(0, "source"), "code.{InteractiveInterpreter,InteractiveConsole}().runsource", "builtins.exec"
        ),
        *sinks(Kind.EXEC, arg(0, "code"), "code.{InteractiveInterpreter,InteractiveConsole}().runcode"),
        *sinks(Kind.EXEC, arg(0, "line"), "code.InteractiveConsole().push"),
        *sinks(Kind.MODULE_FILE, arg(1, "location"), "importlib.util.spec_from_file_location"),
        *sinks(Kind.MODULE, arg(1, "pathname"), "imp.load_source", until="Python 3.12"),
        *sinks(
            Kind.MODULE_FILE,
            arg(1, "path"),
            "importlib.machinery.{SourceFileLoader,SourcelessFileLoader,ExtensionFileLoader}",
        ),
        *sinks(Kind.MODULE_FILE, arg(0, "path"), "zipimport.zipimporter"),
        *sinks(
            Kind.MODULE_NAME,
            arg(0, "name"),
            "importlib.{import_module,__import__}",
            "builtins.__import__",
            "pkgutil.resolve_name",
            "unittest.TestLoader().loadTestsFromName",
        ),
        *sinks(Kind.MODULE_NAME, arg(0, "names"), "unittest.TestLoader().loadTestsFromNames"),
        *sinks(Kind.MODULE_NAME, arg(0, "path"), "pydoc.{locate,safeimport}"),
        # a dict with the key "()" names what makes a handler; a file is evaluated in parts
        *sinks(Kind.CALLED_NAMES, arg(0, "config"), "logging.config.dictConfig"),
        *sinks(Kind.CALLED_NAMES, arg(0, "fname"), "logging.config.fileConfig"),
        *sinks(Kind.CODE_OBJECT, arg(0, "code"), "types.{FunctionType,LambdaType}"),
        *sinks(Kind.EVAL, arg(0, "source"), "builtins.eval"),
        *sinks(Kind.EXEC, (arg(0, "stmt"), arg(1, "setup")), "timeit.{timeit,repeat,Timer}"),
        *sinks(Kind.EXEC, arg(0, "statement"), "cProfile.run", "profile.run", "pdb.run"),
        *sinks(Kind.EXEC, arg(0, "statement"), "cProfile.runctx", "profile.runctx", "pdb.runctx"),
        *sinks(
            Kind.EXEC,
            arg(0, "cmd"),
            "cProfile.Profile().{run,runctx}",
            "profile.Profile().{run,runctx}",
            "trace.Trace().{run,runctx}",
            "bdb.Bdb().{run,runctx}",
            "pdb.Pdb().{run,runctx}",
        ),
        *sinks(Kind.EXEC, arg(0, "src"), "doctest.debug_src"),
        # interpreters of their own in the same process
        *sinks(Kind.EXEC, arg(1, "script"), "_xxsubinterpreters.run_string"),
        *sinks(Kind.EXEC, arg(1, "code", "script"), "_interpreters.{exec,run_string}"),
        *sinks(Kind.EXEC, arg(0, "code"), "concurrent.interpreters.create().exec"),
        *sinks(Kind.EXEC, arg(0, "code"), "test.support.run_in_subinterp", "_testcapi.run_in_subinterp"),
        *sinks(Kind.EVAL, arg(0, "expr"), "bdb.Bdb().runeval", "pdb.Pdb().runeval"),
        *sinks(Kind.EVAL, arg(0, "arg"), "typing.ForwardRef"),
        *sinks(Kind.EXEC, arg(0, "expression"), "pdb.runeval"),
        *sources(SourceKind.TERMINAL, "input() returns what the user typed", "builtins.input()"),
    ),
)
