"""Functions that are handed over by name, and the calls that the library makes of them.

``pool.submit(f, x)`` is ``f(x)``, ``Timer(1, f, [x])`` and ``Thread(target=f, args=(x,))`` are, too: each of them calls
what it is given with arguments that stand beside it. That holds for functions of libraries as for the program's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from real.detector.analysis.caller import Caller
from real.detector.analysis.callsites import Args
from real.detector.analysis.values import Value, join_all, ordered
from real.detector.ir.instructions import Instr


@dataclass(frozen=True, slots=True)
class _Handing:
    """Where a call takes a function, and how it passes on what follows: as it is, packed, or by element."""

    position: int
    keyword: str
    style: Callable[[Caller, Args, int, Instr], Args]


def _following(calls: Caller, args: Args, position: int, instr: Instr) -> Args:
    """``submit(f, a, b=c)`` -> ``f(a, b=c)``."""
    del calls, instr
    return Args(args.pos[position + 1 :], args.named, args.rest, args.named_rest)


def _packed(calls: Caller, args: Args, position: int, instr: Instr) -> Args:
    """``Timer(1, f, [a], {"b": c})`` and ``Thread(target=f, args=(a,), kwargs={"b": c})`` -> ``f(a, b=c)``."""
    made = Args()
    listed = _named(args, ("args", "argument"), position + 1)
    mapped = _named(args, ("kwargs", "kwds"), position + 2)
    if listed is not None:
        items = calls.arguments.known_items(listed)
        if items is not None:
            made.pos = items
        else:
            made.rest = calls.containers.iterate(listed, instr)
    for obj in ordered(mapped.objs) if mapped is not None else ():
        calls.heap.touch(obj)
        made.named.update({key: value for key, value in obj.fields.items() if isinstance(key, str)})
        if obj.elements.kind:
            made.named_rest = obj.elements
    return made


def _each(calls: Caller, args: Args, position: int, instr: Instr) -> Args:
    """``map(f, xs, ys)`` -> ``f(x, y)``."""
    rest = calls.containers.iterate(args.rest, instr) if args.rest is not None else None
    return Args([calls.containers.iterate(value, instr) for value in args.pos[position + 1 :]], {}, rest)


def _each_packed(calls: Caller, args: Args, position: int, instr: Instr) -> Args:
    """``starmap(f, pairs)`` -> ``f(*pair)``."""
    return Args(rest=calls.containers.iterate(calls.containers.iterate(args.at(position + 1), instr), instr))


def _named(args: Args, keywords: tuple[str, ...], position: int) -> Value | None:
    for keyword in keywords:
        if keyword in args.named:
            return args.named[keyword]
    return args.pos[position] if position < len(args.pos) else args.named_rest


_TARGET = _Handing(1, "target", lambda calls, args, position, instr: _packed(calls, args, position + 1, instr))
# By the last name of what is called: methods of executors, pools, loops and schedulers, whoever holds them.
_HANDINGS = {
    "submit": _Handing(0, "fn", _following),
    "to_thread": _Handing(0, "func", _following),
    "call_soon": _Handing(0, "callback", _following),
    "call_soon_threadsafe": _Handing(0, "callback", _following),
    "run_sync": _Handing(0, "func", _following),
    "run_in_threadpool": _Handing(0, "func", _following),
    "addCleanup": _Handing(0, "function", _following),
    "add_task": _Handing(0, "func", _following),
    "spawn": _Handing(0, "func", _following),
    "callback": _Handing(0, "callback", _following),
    "run_in_executor": _Handing(1, "func", _following),
    "call_later": _Handing(1, "callback", _following),
    "call_at": _Handing(1, "callback", _following),
    "add_reader": _Handing(1, "callback", _following),
    "add_signal_handler": _Handing(1, "callback", _following),
    "finalize": _Handing(1, "func", _following),
    "apply": _Handing(0, "func", _packed),
    "apply_async": _Handing(0, "func", _packed),
    "enter": _Handing(2, "action", _packed),
    "enterabs": _Handing(2, "action", _packed),
    "map": _Handing(0, "func", _each),
    "applymap": _Handing(0, "func", _each),
    "transform": _Handing(0, "func", _each),
    "flatMap": _Handing(0, "f", _each),
    "foreach": _Handing(0, "f", _each),
    "map_partitions": _Handing(0, "func", _each),
    "imap": _Handing(0, "func", _each),
    "imap_unordered": _Handing(0, "func", _each),
    "map_async": _Handing(0, "func", _each),
    "starmap": _Handing(0, "func", _each_packed),
    "starmap_async": _Handing(0, "func", _each_packed),
}
# Of these, data frames, streams and tensors have methods, which call the function with each of their elements.
_OF_RECEIVER = frozenset({"apply", "map", "applymap", "transform", "flatMap", "foreach", "map_partitions"})
_HANDING_CALLS = {
    "_thread.start_new_thread": _Handing(0, "function", _packed),
    "starlette.background.BackgroundTask": _Handing(0, "func", _following),
    "threading.Timer": _Handing(1, "function", _packed),
    "threading.Thread": _TARGET,
    "multiprocessing.Process": _TARGET,
    "atexit.register": _Handing(0, "func", _following),
    "contextvars.copy_context().run": _Handing(0, "callable", _following),
    "timeit.timeit": _Handing(0, "stmt", lambda calls, args, position, instr: Args()),
    "timeit.repeat": _Handing(0, "stmt", lambda calls, args, position, instr: Args()),
}
_FUNCTIONS = frozenset({"function", "bound", "method", "partial", "api", "class", "dynattr", "methodcaller"})


def hand_over(
    calls: Caller, name: str, path: str, args: Args, instr: Instr, receiver: Value | None = None
) -> Value | None:
    """What the function returns that a call hands over; ``None`` where it hands over none.

    Where nothing stands beside the function, it gets what the ``receiver`` holds: ``column.apply(eval)``.
    """
    handing = _HANDING_CALLS.get(path) or _HANDINGS.get(name)
    if handing is None:
        return None
    function = args.named.get(handing.keyword) or (
        args.pos[handing.position] if handing.position < len(args.pos) else args.rest
    )
    objs = [obj for obj in ordered(function.objs) if obj.kind in _FUNCTIONS] if function is not None else []
    if not objs or function is None:
        return None
    passed = handing.style(calls, args, handing.position, instr)
    passed.named = {key: value for key, value in passed.named.items() if key != handing.keyword}
    if receiver is not None and name in _OF_RECEIVER and not passed.pos and passed.rest is None:
        passed.pos = [calls.containers.iterate(receiver, instr)]
    return join_all(calls.unknown.call_back(obj, passed, instr) for obj in objs)
