"""Python: what makes code, or replaces it, while a program runs (``analysis/replaced_code.py`` says what follows)."""

from __future__ import annotations

from real.detector.models.kinds import Replaces
from real.detector.models.rows import Library, Returns, replacers

LIBRARY = Library(
    "replaced code",
    "",
    (
        *replacers(
            Replaces.RUNS_CODE,
            "builtins.{exec,eval,compile}",
            "runpy.{run_path,run_module}",
            "code.{interact,compile_command}",
            "code.{InteractiveInterpreter,InteractiveConsole}().{runsource,runcode}",
            "code.InteractiveConsole().push",
            "codeop.{compile_command,Compile(),CommandCompiler()}",
            "timeit.{timeit,repeat,Timer,main}",
            "typing.ForwardRef",
            "{cProfile,profile,pdb}.{run,runctx}",
            "pdb.runeval",
            "{cProfile,profile}.Profile().{run,runctx}",
            "{bdb.Bdb,pdb.Pdb}().{run,runctx,runeval,set_trace,runcall}",
            "trace.Trace().{run,runctx}",
            "doctest.{debug_src,script_from_examples,run_docstring_examples}",
            "test.support.run_in_subinterp",
            "importlib.machinery.{SourceFileLoader,SourcelessFileLoader}().{exec_module,load_module,get_code}",
        ),
        *replacers(
            Replaces.MAKES_FUNCTION,
            "types.{FunctionType,LambdaType,CodeType}",
            "marshal.{loads,load}",
        ),
        *replacers(Replaces.UNPICKLES, "pickle.{load,loads,Unpickler}"),
        *replacers(Replaces.MEMORY, "ctypes.{pythonapi,py_object,PyDLL}"),
        *replacers(Replaces.ADDRESSES, "ctypes.{memmove,memset,cast}"),
        *replacers(
            Replaces.ADDRESSES, "ctypes.{c_void_p,c_char,c_byte,c_ubyte,c_long,c_ulong,c_uint64,c_size_t}.from_address"
        ),
        *replacers(Replaces.ASSIGNS, "functools.{update_wrapper,wraps}"),
        *replacers(
            Replaces.FINDS_MODULES,
            "sys.{meta_path,path_hooks,path_importer_cache,modules}",
        ),
        Returns("builtins.open", "io.TextIOWrapper"),
        Returns("os.fdopen", "io.TextIOWrapper"),
        # a module that the program has written itself before
        *replacers(
            Replaces.WRITES_FILE,
            "builtins.open().{write,writelines}",
            "os.fdopen().write",
            "builtins.print",
            "pathlib.Path().{write_text,write_bytes,rename,replace}",
            "os.{write,rename,replace,symlink,link}",
            "shutil.{copy,copy2,copyfile,move,unpack_archive}",
            "zipfile.ZipFile().{writestr,extractall}",
        ),
        *replacers(
            Replaces.LOADS_FILE,
            "importlib.{import_module,reload}",
            "builtins.__import__",
            "importlib.util.{spec_from_file_location,spec_from_loader,find_spec}",
            "imp.load_source",
            "zipimport.zipimporter",
            "pkgutil.resolve_name",
        ),
        *replacers(
            Replaces.PATCHES,
            "unittest.mock.patch",
            "unittest.mock.patch.{object,dict,multiple}",
            "pytest.MonkeyPatch().{setattr,setitem}",
        ),
        *replacers(
            Replaces.HOOK,
            "sys.{stdin,stdout,stderr,excepthook,displayhook,unraisablehook,breakpointhook,tracebacklimit}",
            "threading.excepthook",
            "warnings.{showwarning,formatwarning}",
            "json.JSONEncoder.default",
            "logging.{raiseExceptions,lastResort}",
            "ssl._create_default_https_context",
            "socket.socket",
        ),
    ),
)
