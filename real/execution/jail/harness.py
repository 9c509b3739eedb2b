"""What runs in a case's own process: the program, as close to an ordinary interpreter as possible.

Nothing here can be trusted once the program has started; nothing here knows what is expected.
"""

from __future__ import annotations

import _thread
import atexit
import gc
import json
import resource
import sys
import threading
import types
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from . import interpreter
from .program_output import ClaimWriter
from .values import ValueLimitError, encode

_TEXT_LIMIT = 500
_MODULE = "program"  # the name of a program that is called: its main block does not run

_end_threads: Callable[[], None] = getattr(threading, "_shutdown")  # noqa: B009 - private, but what an interpreter calls
_run_exit_functions: Callable[[], None] = getattr(atexit, "_run_exitfuncs")  # noqa: B009


class LoadError(Exception):
    """The program (or its set-up) failed before any case could run."""


def describe(error: BaseException) -> dict[str, Any]:
    """The type and the last line of an error, whatever its ``__str__`` does, and its number if it has one."""
    if isinstance(error, MemoryError):  # the hard limit leaves a little room to say so
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    kind = type(error).__name__
    try:
        text = f"{kind}: {error}" if str(error) else kind
    except BaseException as worse:
        text = f"{kind} (its text failed with {type(worse).__name__})"
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(interpreter.PROGRAM):
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"line {line}: " if line else ""
    number = error.errno if type(error) is OSError or type(error) is BlockingIOError else None
    return {"error": (where + text)[:_TEXT_LIMIT], "type": kind[:_TEXT_LIMIT], "errno": number}


def _send(claims: ClaimWriter, message: dict[str, Any]) -> None:
    claims.send(json.dumps(message).encode("ascii"))


def _exit_code(error: SystemExit) -> int:
    code = error.code
    return 0 if code is None else code & 0xFF if isinstance(code, int) else 1


def _flush(output: Any) -> None:  # noqa: ANN401 - a stream, or what the program made of it
    """Flush standard output, the one that the program was given and what it put in its place."""
    for stream in {id(output): output, id(sys.stdout): sys.stdout}.values():
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()


def run_script(code: types.CodeType, claims: ClaimWriter) -> int:
    """Run a program as ``__main__``, its prompts marked in its output; returns its exit code."""
    status, report = 0, {}
    gc.enable()  # off in the processes above, whose memory it would only spread
    names = interpreter.begin("__main__", code)
    output = sys.stdout
    try:
        try:
            exec(code, names)
        except SystemExit as error:
            status = _exit_code(error)
        except BaseException as error:
            status, report = 1, describe(error)
            error.__traceback__ = None
        if _thread._count():
            _end_threads()
        _run_exit_functions()
        _flush(output)
        interpreter.end(names)
        _flush(output)
    except BaseException as error:  # from the exit functions or from a flush: as fatal as at any interpreter's end
        status, report = status or 1, report or describe(error)
    if report:
        _send(claims, report)
    return status


def _load(
    sources: list[types.CodeType], claims: ClaimWriter, supplied: dict[str, object] | None = None
) -> dict[str, Any]:
    gc.enable()
    names = interpreter.begin(_MODULE, sources[-1])
    names.update(supplied or {})
    try:
        for code in sources:
            exec(code, names)
    except BaseException as error:
        _send(claims, describe(error))
        raise LoadError from error
    return names


def resolve(entry: str, names: dict[str, Any]) -> Callable[..., object]:
    """The function or, on a new instance, the method that ``entry`` names."""
    head, _, method = entry.partition(".")
    if head not in names:
        raise NameError(f"the program defines no {head!r}")
    found: Callable[..., object] = getattr(names[head](), method) if method else names[head]
    return found


def _claim_value(value: object, claims: ClaimWriter) -> dict[str, Any]:
    try:
        return {"value": encode(value, claims.max_bytes)}
    except ValueLimitError as error:
        return {"error": f"the result is too large: {error}", "type": "ValueLimitError"}


def _claim_call(call: Callable[[], Any], claims: ClaimWriter) -> dict[str, Any]:
    try:
        return _claim_value(call(), claims)
    except BaseException as error:
        return {**describe(error), "raised": True}


def run_call(
    code: types.CodeType,
    entry: str,
    args: list[Any],
    kwargs: dict[str, Any],
    claims: ClaimWriter,
    *,
    supplied: dict[str, object] | None = None,
) -> int:
    """Load a program, with ``supplied`` names, call its entry point once and claim what it returned."""
    try:
        names = _load([code], claims, supplied)
    except LoadError:
        return 1
    _send(claims, _claim_call(lambda: resolve(entry, names)(*args, **kwargs), claims))
    with suppress(BaseException):  # what an interpreter does at its end; whatever the program has put there
        sys.stderr.flush()
    return 0


def run_literals(sources: list[types.CodeType], entry: str, arguments: list[str], claims: ClaimWriter) -> int:
    """Load set-up and program, then call the entry point once per case, in order, claiming after each."""
    try:
        names = _load(sources, claims)
    except LoadError:
        return 1
    _send(claims, {"loaded": True})
    call_each(names, entry, arguments, claims)
    return 0


def call_each(names: dict[str, Any], entry: str, arguments: list[str], claims: ClaimWriter) -> None:
    """Call the entry point once per case, among ``names``, claiming after each."""
    for source in arguments:
        _send(claims, _claim_call(partial(_call_literal, names, entry, source), claims))


def _call_literal(names: dict[str, Any], entry: str, source: str) -> object:
    function = resolve(entry, names)
    given = eval(source, names)
    if isinstance(given, dict):
        return function(**given)
    return function(*given) if isinstance(given, tuple) else function(given)


def run_expectations(sources: list[types.CodeType], expected: list[str], claims: ClaimWriter) -> int:
    """Evaluate what a test expects; runs in a jail that never sees the program."""
    try:
        names = _load(sources, claims)
    except LoadError:
        return 1
    _send(claims, {"loaded": True})
    for source in expected:
        try:
            value = eval(source, names)
        except BaseException as error:
            _send(claims, describe(error))
            continue
        raises = isinstance(value, type) and issubclass(value, BaseException)
        _send(claims, {"exception": value.__name__} if raises else _claim_value(value, claims))
    return 0
