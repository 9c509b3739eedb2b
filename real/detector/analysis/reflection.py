"""Library functions by which a program reads and writes its own classes, objects and modules."""

from __future__ import annotations

from real.detector.analysis.caller import Caller, LibraryFunction
from real.detector.analysis.callsites import Args
from real.detector.analysis.code_values import OWN_MODULE
from real.detector.analysis.values import BOTTOM, CLEAN, NUMBER, TEXT, Step, Value, join, join_all, of_obj, ordered
from real.detector.ir.instructions import Instr


def _getattr(calls: Caller, args: Args, instr: Instr) -> Value:
    return join(calls.get_attribute(args.at(0), args.at(1), instr), args.at(2))


def _setattr(calls: Caller, args: Args, instr: Instr) -> Value:
    plainly = _is_called_by_name(calls, instr, "setattr")
    names = sorted(args.at(1).consts or (), key=str)
    for name in names:
        calls.attributes.replaced.part(str(name), instr)
    for obj in ordered(args.at(0).objs):
        for name in names or [None]:
            written = None if name is None else str(name)
            calls.attributes.replaced.attribute(obj, written, args.at(2), instr, plainly=plainly)
            if written is None:
                calls.heap.put_unknown(obj, args.at(2))
            else:
                calls.attributes.store(obj, written, args.at(2), instr)
    return NUMBER


def _is_called_by_name(calls: Caller, instr: Instr, name: str) -> bool:
    """Whether a call is one of the built-in function of this name, written as such."""
    if instr.op != "call":
        return False
    callee = calls.heap.unit.defs[instr.args[0]]
    return callee is not None and callee.op == "builtin" and callee.extra[1] == name


def _delattr(calls: Caller, args: Args, instr: Instr) -> Value:
    for obj in ordered(args.at(0).objs):
        for name in sorted(args.at(1).consts or (), key=str) or [None]:
            calls.attributes.replaced.deleted(obj, None if name is None else str(name), instr)
    return NUMBER


def _setitem(calls: Caller, args: Args, instr: Instr) -> Value:
    for obj in ordered(args.at(0).objs):
        calls.attributes.replaced.item(obj, args.at(1), args.at(2), instr)
        calls.heap.put_item(obj, args.at(1), args.at(2))
    return NUMBER


def _type(calls: Caller, args: Args, instr: Instr) -> Value:
    if len(args.pos) == 1:
        own = join_all(o.fields.get("__class__", BOTTOM) for o in ordered(args.pos[0].objs) if o.kind == "instance")
        if any(obj.kind == "function" for obj in args.pos[0].objs):
            return of_obj(calls.heap.api("types.FunctionType"))
        return own if own is not BOTTOM else of_obj(calls.heap.api("builtins.type()"))
    cls = calls.heap.site(instr, "class", "type()")
    calls.heap.put(cls, "__name__", args.at(0))
    calls.heap.put(cls, "__bases__", join_all(calls.heap.contents(obj) for obj in ordered(args.at(1).objs)))
    members = args.at(2)
    if members.mask or any(obj.kind != "dict" or obj.keys is not BOTTOM for obj in members.objs) or not members.objs:
        calls.records.dynamic_code(instr, "class made by type()")
    for obj in ordered(members.objs):
        for name, value in list(obj.fields.items()):
            calls.heap.put(cls, name, value)
            calls.state.kept.update(dict.fromkeys(ordered(value.objs)))
    return of_obj(cls)


def _make_class(calls: Caller, args: Args, instr: Instr) -> Value:
    """``type.__new__(meta, name, bases, namespace)``, in a metaclass: what is in the namespace is in the class."""
    classes = tuple(calls.state.made_by_metaclass)
    if not classes:
        return calls.unknown.call(args.everything(), args, instr)
    for cls in classes:
        calls.containers.merge(cls, Args(args.pos[3:4] if len(args.pos) > 3 else args.pos[2:3]), instr)
    return join_all(of_obj(cls) for cls in classes)


def _call_class(calls: Caller, args: Args, instr: Instr) -> Value:
    """``super().__call__(...)`` in a metaclass makes the object, as calling the class does."""
    classes = tuple(calls.state.made_by_metaclass)
    if not classes:
        return calls.unknown.call(args.everything(), args, instr)
    return join_all(of_obj(calls.attributes.functions.instance(cls)) for cls in classes)


def _vars(calls: Caller, args: Args, instr: Instr) -> Value:
    return calls.attributes.attribute(args.first(), "__dict__", instr)


def _import(calls: Caller, args: Args, instr: Instr) -> Value:
    names = args.first().consts
    if not names:
        return of_obj(calls.heap.api(OWN_MODULE))
    return join_all(of_obj(calls.heap.api(str(name).replace(":", "."))) for name in sorted(names, key=str))


def _any_module(calls: Caller, args: Args, instr: Instr) -> Value:
    del args, instr
    return of_obj(calls.heap.api(OWN_MODULE))


def of_modules(calls: Caller, args: Args, instr: Instr) -> Value:
    """A method of ``sys.modules``: the module of a name, all of them, pairs of both, or a copy."""
    if args.first().consts:
        return _import(calls, args, instr)
    module = _any_module(calls, args, instr)
    held = calls.heap.fresh_list(instr, join(module, calls.heap.fresh_tuple(instr, [TEXT, module], "item")))
    return join(join(module, held), of_obj(calls.heap.api("sys.modules")))


def _anything(calls: Caller, args: Args, instr: Instr) -> Value:
    """What the collector knows: objects that hold anything, and namespaces."""
    del args
    why = Step(instr.line, "any object of the program, with what it holds", None)
    own = frozenset(calls.heap.api(name) for name in (OWN_MODULE, f"{OWN_MODULE}.__dict__"))
    return calls.heap.fresh_list(instr, Value(calls.heap.rules.all, why, own))


def _copied(calls: Caller, args: Args, instr: Instr) -> Value:
    """``copy.copy(x)`` is ``x``, or what its class makes of it."""
    made = [args.first()]
    for obj in ordered(args.first().objs):
        for name in ("__copy__", "__deepcopy__") if obj.kind == "instance" else ():
            shown = calls.attributes.functions.call_special(obj, name, [CLEAN] if "deep" in name else [], instr)
            made += [shown] if shown is not None else []
    return join_all(made)


def _names_of_module(calls: Caller, args: Args, instr: Instr) -> Value:
    """``globals`` or ``vars``, called by another name."""
    if args.pos:
        return _vars(calls, args, instr)
    return of_obj(calls.heap.api(f"{OWN_MODULE}.__dict__"))


def _namespace(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "api", "types.SimpleNamespace()")
    calls.containers.merge(obj, args, instr)
    return of_obj(obj)


REFLECTION: dict[str, LibraryFunction] = {
    "builtins.getattr": _getattr,
    "inspect.getattr_static": _getattr,
    "builtins.setattr": _setattr,
    "builtins.object.__setattr__": _setattr,
    "builtins.type.__setattr__": _setattr,
    "builtins.delattr": _delattr,
    "builtins.object.__delattr__": _delattr,
    "builtins.type.__delattr__": _delattr,
    "operator.setitem": _setitem,
    "builtins.type": _type,
    **dict.fromkeys(("builtins.type.__new__", "builtins.type().__new__", "abc.ABCMeta().__new__"), _make_class),
    **dict.fromkeys(("builtins.type.__call__", "builtins.type().__call__", "abc.ABCMeta().__call__"), _call_class),
    "builtins.vars": _names_of_module,
    "builtins.globals": _names_of_module,
    "builtins.locals": _names_of_module,
    "inspect.getmodule": _any_module,
    **{f"gc.{name}": _anything for name in ("get_objects", "get_referrers", "get_referents")},
    **dict.fromkeys(("copy.copy", "copy.deepcopy"), _copied),
    "pkgutil.resolve_name": _import,
    "pydoc.locate": _import,
    "pydoc.safeimport": _import,
    "builtins.__import__": _import,
    "importlib.import_module": _import,
    "importlib.__import__": _import,
    "types.SimpleNamespace": _namespace,
}
