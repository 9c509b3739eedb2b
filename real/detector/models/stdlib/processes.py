"""Python: processes and shells."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role, SourceKind
from real.detector.models.rows import Call, Library, Module, Returns, arg, calls, sanitizers, sinks, sources
from real.detector.models.when import Truthy

# The ninth parameter of Popen, which the others pass their arguments on to.
_SHELL = Truthy(arg(8, "shell"))

LIBRARY = Library(
    "processes",
    "",
    (
        Module("signal", Role.SIGNALS),
        *calls(Role.EXIT, (), "sys.exit", "os.{_exit,abort}", "builtins.{exit,quit}"),
        *calls(Role.RUNS_PROGRAM, arg(0, "args"), "subprocess.{run,Popen,call,check_call,check_output}"),
        *calls(Role.RUNS_PROGRAM, arg(0, "file"), "os.{execl,execle,execlp,execlpe,execvp,execvpe}"),
        *calls(Role.RUNS_PROGRAM, arg(0, "path"), "{os,posix}.{execv,execve,posix_spawn,posix_spawnp}"),
        *calls(
            Role.RUNS_PROGRAM, arg(1, "file"), "os.{spawnl,spawnle,spawnlp,spawnlpe,spawnv,spawnve,spawnvp,spawnvpe}"
        ),
        *calls(Role.RUNS_PROGRAM, arg(0, "argv"), "pty.spawn"),
        Call("**.create_subprocess_exec", Role.RUNS_PROGRAM, (arg(0, "program"),), of=("asyncio",)),
        Call("**.subprocess_exec", Role.RUNS_PROGRAM, (arg(1, "program"),), of=("asyncio.AbstractEventLoop",)),
        # Before 3.15, what begins with a dash is an option of the browser (CVE-2026-4519).
        *calls(Role.OPENS_BROWSER, arg(0, "url"), "webbrowser.{open,open_new,open_new_tab}"),
        *calls(Role.OPENS_BROWSER, arg(0, "url"), "webbrowser.get().{open,open_new,open_new_tab}"),
        Returns("webbrowser.get", "webbrowser.BaseBrowser"),
        *sinks(Kind.SHELL, arg(0, "command"), "os.system", "posix.system"),
        *sinks(
            Kind.SHELL,
            arg(0, "cmd"),
            "os.popen",
            "subprocess.{getoutput,getstatusoutput}",
            "asyncio.{,subprocess.}create_subprocess_shell",
        ),
        *sinks(
            Kind.SHELL,
            arg(0, "command"),
            "os.{popen2,popen3,popen4}",
            "popen2.{popen3,Popen3}",
            "commands.{getoutput,getstatusoutput}",
            until="Python 3",
        ),
        *sinks(Kind.SHELL, arg(0, "args"), "subprocess.{run,Popen,call,check_call,check_output}", when=_SHELL),
        *sinks(Kind.SHELL, arg(0, "command"), "platform.popen", until="Python 3.8"),
        *sinks(Kind.SHELL, arg(1, "cmd"), "**.subprocess_shell", of=("asyncio.AbstractEventLoop",)),
        *sanitizers((Kind.SHELL,), "pipes.quote", until="Python 3.13"),
        *sanitizers((Kind.SHELL,), "shlex.join"),
        *sanitizers((Kind.SHELL, Kind.XML), "shlex.quote"),
        *sources(SourceKind.ENVIRONMENT, "os.environ is set by the caller", "os.environ"),
        *sources(SourceKind.ENVIRONMENT, "os.environb is set by the caller", "os.environb"),
        *sources(SourceKind.ENVIRONMENT, "os.getenv() reads what the caller set", "os.getenv()"),
        *sources(SourceKind.PEER, "os.read() returns outside data", "os.read()"),
        *calls(
            Role.RUNS_FILE,
            (),
            "subprocess.{run,check_call,call,Popen,check_output}",
            "os.{system,execv,execl}",
            "runpy.run_path",
            "shutil.unpack_archive",
        ),
        *calls(Role.STARTS, arg(0, "args"), "subprocess.{run,call}"),
        *calls(Role.STARTS, arg(0, "command"), "os.system"),
        *calls(Role.RUNS_FILE, (), "os.startfile", until="other systems than Windows"),
    ),
)
