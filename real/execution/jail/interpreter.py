"""The interpreter as ``python3 program.py`` sets it up, as far as that is harmless.

``become_template`` does in the launcher what all programs share; ``begin`` and ``end`` surround one program. What still
differs is listed in ``docs/execution.md``.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import io
import operator
import os
import resource
import sys
import threading
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .input_prompts import marked

PROGRAM = "program.py"
_THREAD_STACK = 4 << 20  # each thread's counts as memory of the program; the machine's default may be far larger
_DEPTH_OF_EXEC = 2 if sys.version_info < (3, 12) else 0  # calls in C counted as Python's own before
_LARGEST_LIMIT = (1 << 31) - 1  # of recursion: a C int
_UNLIMITED_DIGITS = 0  # the limit on converting long integers guards services, and here CPU time is bounded


def become_template(box: str) -> None:
    """Make this process what every case starts as; done once, in the launcher.

    The standard streams are opened on the kinds of file they will stand for: a seekable one, a pipe, a device.
    ``box`` is the working directory that programs will find themselves in.
    """
    kept = [os.dup(fd) for fd in range(3)]
    pipe = os.pipe()
    for target, fd in enumerate((os.memfd_create("stdin"), pipe[1], os.open("/dev/null", os.O_RDWR))):
        os.dup2(fd, target)
        os.close(fd)
    os.close(pipe[0])
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(fd, name)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for target, fd in enumerate(kept):
        os.dup2(fd, target)
        os.close(fd)
    builtins.input = _input
    _add_builtins_of_site()
    threading.stack_size(_THREAD_STACK)
    os.environ.update(HOME=box, TMPDIR=box, PWD=box)
    sys.argv, sys.orig_argv = [PROGRAM], ["python3", PROGRAM]
    sys.set_int_max_str_digits(_UNLIMITED_DIGITS)
    resource.setrlimit = _lenient(resource.setrlimit)
    package = __name__.rpartition(".")[0]
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def _stream(fd: int, name: str) -> Any:  # noqa: ANN401 - its attribute ``mode`` is declared read-only
    """A standard stream as the interpreter opens it in the locale C.UTF-8."""
    raw: Any = io.FileIO(fd, "rb" if fd == 0 else "wb", closefd=False)
    raw.name = f"<{name}>"
    buffer = io.BufferedReader(raw) if fd == 0 else io.BufferedWriter(raw)
    errors = "backslashreplace" if name == "stderr" else "surrogateescape"
    stream: Any = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors, line_buffering=name == "stderr")
    stream.mode = "r" if fd == 0 else "w"
    return stream


def _add_builtins_of_site() -> None:
    """Add ``exit``, ``quit``, ``help``, ``copyright``, ``credits`` and ``license``, without what else ``site`` does."""
    import site

    site.setquit()
    site.setcopyright()
    site.sethelper()


def _lenient(set_limit: Callable[[int, tuple[int, int]], None]) -> Callable[[int, tuple[int, int]], None]:
    """``resource.setrlimit``; a limit above what this process may have becomes the highest that it may."""

    def setrlimit(resource_id: int, limits: tuple[int, int], /) -> None:
        highest = resource.getrlimit(resource_id)[1]
        if highest != resource.RLIM_INFINITY:
            limits = tuple(  # type: ignore[assignment]
                highest if limit == resource.RLIM_INFINITY or limit > highest else limit for limit in limits
            )
        set_limit(resource_id, limits)

    return setrlimit


def _input(prompt: object = "", /) -> str:
    """``input`` as at a terminal: the prompt is shown to nobody, so it never mixes with the output."""
    str(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError("EOF when reading a line")
    return line.removesuffix("\n")


def _marking_input(output: Any) -> Callable[..., str]:  # noqa: ANN401 - a stream, or what the program made of it
    """``input`` that writes its prompt to ``output`` too, in marks: who judges decides whether it counts."""

    def ask(prompt: object = "", /) -> str:
        text = str(prompt)
        if text and sys.stdout is output:
            with suppress(Exception):  # closed, or no text that can be encoded: no program shall fail for our marks
                output.write(marked(text))
        return _input()

    return _named(ask, "input")


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "builtins"
    return function


_named(_input, "input")


class _Loader(importlib.machinery.SourceFileLoader):
    """Knows the text of a program that lies in no file: tracebacks and ``inspect`` show it all the same."""

    def get_data(self, path: str) -> bytes:
        """The program as bytes; anything else as ever."""
        text = _texts.get(path)
        return super().get_data(path) if text is None else text.encode("utf-8", "surrogatepass")


_texts: dict[str, str] = {}  # of the one program that this process is for, by its path


def compiled(text: str, path: str) -> types.CodeType:
    """Compile a program as the file ``path``, and remember its text; raises what ``compile`` raises."""
    _texts[path] = text
    return compile(text, path, "exec", dont_inherit=True)


def asks_for_its_file(names: set[str]) -> bool:
    """Whether a program that mentions ``names`` may read its own file; others find none in their directory."""
    return not names.isdisjoint(("__file__", "argv"))


def begin(name: str, code: types.CodeType) -> dict[str, Any]:
    """Make the module ``name`` for a program that is about to run in this process; returns its names."""
    path = code.co_filename
    if name == "__main__":
        builtins.input = _marking_input(sys.stdout)
    sys.path.insert(0, os.path.dirname(path))  # noqa: PTH120 - where a program's own modules are
    module = types.ModuleType(name)
    module.__dict__.update(
        __builtins__=builtins, __file__=path, __loader__=_Loader(name, path), __cached__=None, __annotations__={}
    )
    sys.modules[name] = module
    _hide_frames_above()
    return module.__dict__


def _hide_frames_above() -> None:
    """Let the program recurse as deeply as if its first frame were the first of all."""
    frame: types.FrameType | None = sys._getframe(2)
    depth = _DEPTH_OF_EXEC
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    read, write = sys.getrecursionlimit, sys.setrecursionlimit

    def getrecursionlimit() -> int:
        return read() - depth

    def setrecursionlimit(limit: int, /) -> None:
        limit = operator.index(limit)
        write(min(limit + depth, max(limit, _LARGEST_LIMIT)) if limit > 0 else limit)

    write(read() + depth)
    sys.getrecursionlimit, sys.setrecursionlimit = getrecursionlimit, setrecursionlimit


def end(names: dict[str, Any]) -> None:
    """Drop a program's global names, as an interpreter does at its end, where that can have an effect: ``__del__``."""
    if not any("__del__" in text for text in _texts.values()):
        return
    for private in (True, False):
        for name in [name for name in names if name != "__builtins__" and name.startswith("_") is private]:
            names[name] = None
