"""Library functions with a meaning of their own; every other one is an unknown call."""

from __future__ import annotations

import re

from real.detector.analysis.caller import Caller, LibraryFunction
from real.detector.analysis.callsites import Args
from real.detector.analysis.charsets import Charset, removes_harm
from real.detector.analysis.container_functions import CONTAINER_FUNCTIONS
from real.detector.analysis.dispatch import dispatcher
from real.detector.analysis.reflection import REFLECTION
from real.detector.analysis.values import (
    CLEAN,
    NO_OBJS,
    NUM,
    STR,
    Constant,
    Obj,
    Value,
    join,
    of_obj,
)
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr


def _str(calls: Caller, args: Args, instr: Instr) -> Value:
    values = args.everything()
    if len(values) == 1 and not values[0].objs:
        return Value(values[0].mask, values[0].why, NO_OBJS, values[0].consts if values[0].kind == STR else None, STR)
    return calls.heap.text([calls.containers.as_text(value, instr) for value in values], instr)


def _slice(calls: Caller, args: Args, instr: Instr) -> Value:
    """A slice holds what it is given, whatever that is."""
    return join(of_obj(calls.heap.api_result("builtins.slice", instr)), calls.heap.part_of(args.everything()))


def _partial(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "partial")
    calls.heap.put(obj, "function", args.first())
    _store_args(calls, obj, args.after(1))
    return of_obj(obj)


def _getter(kind: str) -> LibraryFunction:
    """``methodcaller(name, ...)`` and ``attrgetter(name)``; what any name gives, where it is not known."""

    def make(calls: Caller, args: Args, instr: Instr) -> Value:
        obj = calls.heap.site(instr, kind if args.first().consts else "dynattr")
        if args.first().consts:
            calls.heap.put(obj, "name", args.first())
            _store_args(calls, obj, args.after(1))
        else:
            calls.heap.put(obj, "self", CLEAN)
            calls.records.record_possible_sink(args.after(1), instr)
        return of_obj(obj)

    return make


def _store_args(calls: Caller, obj: Obj, args: Args) -> None:
    for index, value in enumerate(args.pos):
        calls.heap.put(obj, index, value)
    for name, value in args.named.items():
        calls.heap.put(obj, f"={name}", value)
    for extra in (args.rest, args.named_rest):
        if extra is not None:
            calls.heap.put_unknown(obj, extra)


def _wrapper(kind: str) -> LibraryFunction:
    def wrap(calls: Caller, args: Args, instr: Instr) -> Value:
        obj = calls.heap.site(instr, kind)
        calls.heap.put(obj, "function", args.first())
        if kind == "property":
            calls.heap.put(obj, "__doc__", args.named.get("doc", args.at(3)))
        return of_obj(obj)

    return wrap


def _re_sub(calls: Caller, args: Args, instr: Instr) -> Value:
    patterns, replacements = args.at(0).consts, args.at(1).consts
    result = calls.unknown.call(args.everything(), args, instr)
    if len(args.pos) != 3 or args.named or not patterns or not replacements:
        return result
    cleans = calls.heap.rules.harmless_where(lambda charset: _removes_harm(charset, patterns, replacements))
    return calls.heap.cleaned(Value(result.mask, result.why), cleans) if cleans else result


def _re_escape(calls: Caller, args: Args, instr: Instr) -> Value:
    texts = args.first().consts
    if len(args.pos) != 1 or not texts or not every(isinstance(text, str) for text in texts):
        return calls.unknown.call(args.everything(), args, instr)
    return Value(consts=frozenset(re.escape(text) for text in texts if isinstance(text, str)), kind=STR)


def _wrapped(calls: Caller, args: Args, instr: Instr) -> Value:
    """A wrapper of a function, which calls it with what it is called with."""
    if not args.pos:
        return of_obj(calls.heap.api("functools.same"))  # `lru_cache(maxsize=None)(f)`
    return args.first()


def _removes_harm(charset: Charset, patterns: frozenset[Constant], replacements: frozenset[Constant]) -> bool:
    return every(isinstance(pattern, str) and removes_harm(pattern, charset) for pattern in patterns) and every(
        charset.harmless_text(replacement) for replacement in replacements
    )


def _same(calls: Caller, args: Args, instr: Instr) -> Value:
    del calls, instr
    return args.first()


def _redirect(stream: str) -> LibraryFunction:
    """``redirect_stdout(buffer)``: what is printed goes there; which calls are inside is not followed."""

    def call(calls: Caller, args: Args, instr: Instr) -> Value:
        calls.heap.put(calls.heap.api("sys"), stream, args.first())
        return args.first()

    return call


def folded(path: str, args: Args) -> Value | None:
    """``ord("'")`` and ``chr(39)`` of constants."""
    consts = args.first().consts if path in ("builtins.ord", "builtins.chr") else None
    if not consts or args.first().objs:
        return None
    try:
        made = frozenset(ord(const) if path == "builtins.ord" else chr(const) for const in consts)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):  # raises when it runs
        return None
    return Value(consts=made, kind=NUM if path == "builtins.ord" else STR)


SPECIAL: dict[str, LibraryFunction] = {
    **CONTAINER_FUNCTIONS,
    **REFLECTION,
    "builtins.str": _str,
    "builtins.repr": _str,
    "builtins.ascii": _str,
    "builtins.format": _str,
    "types.MethodType": _partial,
    "builtins.slice": _slice,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "operator.methodcaller": _getter("methodcaller"),
    "operator.attrgetter": _getter("attrgetter"),
    "builtins.property": _wrapper("property"),
    "functools.cached_property": _wrapper("property"),
    "builtins.staticmethod": _wrapper("static"),
    "builtins.classmethod": _wrapper("classmethod"),
    "re.sub": _re_sub,
    "re.escape": _re_escape,
    "functools.singledispatch": dispatcher,
    "functools.singledispatchmethod": dispatcher,
    "functools.lru_cache": _wrapped,
    "functools.cache": _wrapped,
    "functools.same": _same,
    "asyncio.run": _same,  # a coroutine stands for its result
    "joblib.delayed": _wrapped,
    "asgiref.sync.sync_to_async": _wrapped,
    "asgiref.sync.async_to_sync": _wrapped,
    "typing.cast": lambda calls, args, instr: args.at(1),
    "contextlib.redirect_stdout": _redirect("stdout"),
    "contextlib.redirect_stderr": _redirect("stderr"),
}
