"""``functools.singledispatch``: one function of several, chosen by the type of an argument.

Which one is called is not followed: a call is one of all that are registered.
"""

from __future__ import annotations

from real.detector.analysis.caller import Caller
from real.detector.analysis.callsites import Args
from real.detector.analysis.functions import DISPATCHER
from real.detector.analysis.values import BOTTOM, Obj, Value, join, of_obj, ordered
from real.detector.ir.instructions import Instr

_FUNCTIONS = frozenset({"function", "bound", "partial", "static", "classmethod"})


def dispatcher(calls: Caller, args: Args, instr: Instr) -> Value:
    """``singledispatch(function)``: what is called where no other function is registered for the type."""
    obj = calls.heap.site(instr, "partial", DISPATCHER)
    calls.heap.put(obj, "function", args.first())
    return of_obj(obj)


def call_dispatcher(calls: Caller, obj: Obj, args: Args, instr: Instr) -> Value:
    """Call each function that is registered; one that only raises says nothing of what the others return."""
    calls.heap.touch(obj)
    result = BOTTOM
    for function in ordered(obj.fields["function"].objs):
        called = calls.call_value(of_obj(function), args, instr)
        if function.unit is None or function.unit.returns:
            result = join(result, called)
    return result


def dispatch_method(calls: Caller, obj: Obj, name: str, args: Args, instr: Instr) -> Value | None:
    """``f.register(function)``, ``f.register(type)`` as a decorator, ``f.register(type, function)``, ``f.dispatch(x)``.

    ``None`` for another method.
    """
    calls.heap.touch(obj)
    if name == "dispatch":
        return obj.fields["function"]
    if name != "register":
        return None
    for value in args.everything():
        functions = frozenset(one for one in ordered(value.objs) if one.kind in _FUNCTIONS)
        if functions:
            calls.heap.put(obj, "function", Value(objs=functions))
            return value
    waiting = calls.heap.obj((instr, obj, "register"), "partial", "register")  # it takes the function that it decorates
    method = calls.heap.obj((instr, obj, "method"), "method", "register")
    calls.heap.put(method, "self", of_obj(obj))
    calls.heap.put(waiting, "function", of_obj(method))
    return of_obj(waiting)
