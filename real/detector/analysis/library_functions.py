"""Library functions with a meaning of their own; every other one is an unknown call."""

from __future__ import annotations

import re
from collections.abc import Callable

from real.detector.analysis.caller import Caller
from real.detector.analysis.callsites import Args
from real.detector.analysis.charsets import Charset, removes_harm
from real.detector.analysis.containers import SELF_FILLING
from real.detector.analysis.dispatch import dispatcher
from real.detector.analysis.replaced_code import OWN_MODULE
from real.detector.analysis.values import (
    BOTTOM,
    CLEAN,
    NO_OBJS,
    NUMBER,
    STR,
    TEXT,
    Constant,
    Obj,
    Value,
    join,
    join_all,
    of_const,
    of_obj,
    ordered,
)
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr
from real.detector.models import library

_MOST_CHARACTERS = 200  # of an array that are told apart


def _dict(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "dict")
    calls.containers.merge(obj, args, instr)
    return of_obj(obj)


def _chain_map(calls: Caller, args: Args, instr: Instr) -> Value:
    """What is stored in a ``ChainMap`` is stored in the first of its mappings."""
    first = frozenset(obj for obj in args.first().objs if obj.kind in ("dict", "namespace"))
    return join(_dict(calls, args, instr), Value(objs=first) if first else BOTTOM)


def _defaultdict(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "dict", SELF_FILLING)
    if args.pos:
        calls.heap.put_unknown(obj, calls.call_value(args.pos[0], Args(), instr) if args.pos[0].objs else BOTTOM)
    calls.containers.merge(obj, args.after(1), instr)
    return of_obj(obj)


def _fromkeys(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "dict")
    calls.heap.put_key(obj, calls.containers.iterate(args.at(0), instr))
    calls.heap.put_unknown(obj, join(args.at(1), NUMBER))
    return of_obj(obj)


def _counter(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "dict")
    for value in args.pos:
        calls.heap.put_key(obj, calls.containers.iterate(value, instr))
    calls.heap.put_unknown(obj, NUMBER)
    return of_obj(obj)


def _enumerate(calls: Caller, args: Args, instr: Instr) -> Value:
    pair = calls.heap.fresh_tuple(instr, [NUMBER, calls.containers.iterate(args.first(), instr)], "pair")
    return calls.heap.fresh_list(instr, pair)


def _zip(calls: Caller, args: Args, instr: Instr) -> Value:
    items = [calls.containers.iterate(value, instr) for value in args.pos]
    if args.rest is not None:
        items = [join_all([*items, calls.containers.iterate(args.rest, instr)])] * max(4, len(items))
    return calls.heap.fresh_list(instr, calls.heap.fresh_tuple(instr, items, "pair"))


def _map(calls: Caller, args: Args, instr: Instr) -> Value:
    items = [calls.containers.iterate(value, instr) for value in args.pos[1:]]
    rest = calls.containers.iterate(args.rest, instr) if args.rest is not None else None
    return calls.heap.fresh_list(instr, calls.call_value(args.first(), Args(items, {}, rest), instr))


def _reduce(calls: Caller, args: Args, instr: Instr) -> Value:
    element = join(calls.containers.iterate(args.at(1), instr), args.at(2))
    once = calls.call_value(args.first(), Args([element, element]), instr)
    again = join(element, once)
    return join(again, calls.call_value(args.first(), Args([again, element]), instr))


def _next(calls: Caller, args: Args, instr: Instr) -> Value:
    return join(calls.containers.iterate(args.at(0), instr), args.at(1))


def _extreme(calls: Caller, args: Args, instr: Instr) -> Value:
    elements = join_all(calls.containers.iterate(value, instr) for value in args.pos)
    calls.unknown.run_callbacks(args, instr, elements, is_known=True)
    if len(args.pos) > 1:
        return join_all(args.pos)
    return join(calls.containers.iterate(args.first(), instr), args.named.get("default", BOTTOM))


def _sum(calls: Caller, args: Args, instr: Instr) -> Value:
    if len(args.pos) < 2 and not args.named:
        return NUMBER  # text cannot be summed
    return join_all(
        [*(calls.containers.iterate(value, instr) for value in args.pos[:1]), *args.pos[1:], *args.named.values()]
    )


def _str(calls: Caller, args: Args, instr: Instr) -> Value:
    values = args.everything()
    if len(values) == 1 and not values[0].objs:
        return Value(values[0].mask, values[0].why, NO_OBJS, values[0].consts if values[0].kind == STR else None, STR)
    return calls.heap.text([calls.containers.as_text(value, instr) for value in values], instr)


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


def _slice(calls: Caller, args: Args, instr: Instr) -> Value:
    """A slice holds what it is given, whatever that is."""
    return join(of_obj(calls.heap.api_result("builtins.slice", instr)), calls.heap.part_of(args.everything()))


def _vars(calls: Caller, args: Args, instr: Instr) -> Value:
    return calls.attributes.attribute(args.first(), "__dict__", instr)


def _partial(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "partial")
    calls.heap.put(obj, "function", args.first())
    _store_args(calls, obj, args.after(1))
    return of_obj(obj)


def _methodcaller(calls: Caller, args: Args, instr: Instr) -> Value:
    if not args.first().consts:
        return _dynamic_getter(calls, args, instr)
    obj = calls.heap.site(instr, "methodcaller")
    calls.heap.put(obj, "name", args.first())
    _store_args(calls, obj, args.after(1))
    return of_obj(obj)


def _attrgetter(calls: Caller, args: Args, instr: Instr) -> Value:
    if not args.first().consts:
        return _dynamic_getter(calls, args, instr)
    obj = calls.heap.site(instr, "attrgetter")
    calls.heap.put(obj, "name", args.first())
    return of_obj(obj)


def _dynamic_getter(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "dynattr")
    calls.heap.put(obj, "self", CLEAN)
    calls.records.record_possible_sink(args.after(1), instr)
    return of_obj(obj)


def _store_args(calls: Caller, obj: Obj, args: Args) -> None:
    for index, value in enumerate(args.pos):
        calls.heap.put(obj, index, value)
    for name, value in args.named.items():
        calls.heap.put(obj, f"={name}", value)
    for extra in (args.rest, args.named_rest):
        if extra is not None:
            calls.heap.put_unknown(obj, extra)


def _import(calls: Caller, args: Args, instr: Instr) -> Value:
    names = args.first().consts
    if not names:
        return of_obj(calls.heap.api(OWN_MODULE))
    return join_all(of_obj(calls.heap.api(str(name).replace(":", "."))) for name in sorted(names, key=str))


def _any_module(calls: Caller, args: Args, instr: Instr) -> Value:
    del args, instr
    return of_obj(calls.heap.api(OWN_MODULE))


def _any_modules(calls: Caller, args: Args, instr: Instr) -> Value:
    return calls.heap.fresh_list(instr, _any_module(calls, args, instr))


def _named_modules(calls: Caller, args: Args, instr: Instr) -> Value:
    pair = calls.heap.fresh_tuple(instr, [TEXT, _any_module(calls, args, instr)], "item")
    return calls.heap.fresh_list(instr, pair)


def _names_of_module(calls: Caller, args: Args, instr: Instr) -> Value:
    """``globals`` or ``vars``, called by another name."""
    if args.pos:
        return _vars(calls, args, instr)
    return of_obj(calls.heap.api(f"{OWN_MODULE}.__dict__"))


def _wrapper(kind: str) -> Callable[[Caller, Args, Instr], Value]:
    def wrap(calls: Caller, args: Args, instr: Instr) -> Value:
        obj = calls.heap.site(instr, kind)
        calls.heap.put(obj, "function", args.first())
        if kind == "property":
            calls.heap.put(obj, "__doc__", args.named.get("doc", args.at(3)))
        return of_obj(obj)

    return wrap


def _filter(calls: Caller, args: Args, instr: Instr) -> Value:
    names = {obj.name for obj in args.first().objs}
    if names and names <= {f"builtins.str.{test}" for test in library.STRICT_TESTS}:
        return calls.heap.fresh_list(instr, TEXT)
    element = calls.containers.iterate(args.at(1), instr)
    calls.call_value(args.first(), Args([element]), instr)
    return calls.heap.fresh_list(instr, element)


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


def _array(calls: Caller, args: Args, instr: Instr) -> Value:
    """``array.array("u", text)`` holds the characters in order, one of numbers nothing but numbers."""
    codes, texts = args.at(0).consts or frozenset(), args.at(1).consts or frozenset()
    text = next(iter(texts)) if len(texts) == 1 else None
    if codes <= {"u", "w"} and codes and isinstance(text, str) and text:
        made = calls.heap.site(instr, "list", "array")
        for index, character in enumerate(text[:_MOST_CHARACTERS]):
            calls.heap.put(made, index, of_const(character))
        if len(text) > _MOST_CHARACTERS:
            calls.heap.put_unknown(made, TEXT)
        return of_obj(made)
    if codes and codes <= {"h", "H", "i", "I", "l", "L", "q", "Q", "f", "d"}:
        return calls.heap.fresh_list(instr, calls.heap.number_from(args.pos[1:]))
    return calls.heap.fresh_list(instr, calls.containers.iterate(args.at(1), instr))


def _removes_harm(charset: Charset, patterns: frozenset[Constant], replacements: frozenset[Constant]) -> bool:
    return every(isinstance(pattern, str) and removes_harm(pattern, charset) for pattern in patterns) and every(
        charset.harmless_text(replacement) for replacement in replacements
    )


def _same(calls: Caller, args: Args, instr: Instr) -> Value:
    del calls, instr
    return args.first()


def _namespace(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "api", "types.SimpleNamespace()")
    calls.containers.merge(obj, args, instr)
    return of_obj(obj)


def _redirect(stream: str) -> Callable[[Caller, Args, Instr], Value]:
    """``redirect_stdout(buffer)``: what is printed goes there; which calls are inside is not followed."""

    def call(calls: Caller, args: Args, instr: Instr) -> Value:
        calls.heap.put(calls.heap.api("sys"), stream, args.first())
        return args.first()

    return call


def _chain_from_iterable(calls: Caller, args: Args, instr: Instr) -> Value:
    return calls.heap.fresh_list(instr, calls.containers.iterate(calls.containers.iterate(args.first(), instr), instr))


def _method_of_first(name: str) -> Callable[[Caller, Args, Instr], Value]:
    """A function that does what a method of its first argument does, and may return that argument."""

    def call(calls: Caller, args: Args, instr: Instr) -> Value:
        return join(args.at(0), calls.call_method(args.at(0), name, args.after(1), instr))

    return call


SPECIAL: dict[str, Callable[[Caller, Args, Instr], Value]] = {
    "builtins.dict": _dict,
    "collections.OrderedDict": _dict,
    "collections.ChainMap": _chain_map,
    "collections.defaultdict": _defaultdict,
    "collections.Counter": _counter,
    "builtins.dict.fromkeys": _fromkeys,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "itertools.zip_longest": _zip,
    "itertools.product": _zip,
    "builtins.map": _map,
    "functools.reduce": _reduce,
    "builtins.next": _next,
    "builtins.anext": _next,
    "builtins.min": _extreme,
    "builtins.max": _extreme,
    "builtins.sum": _sum,
    "builtins.str": _str,
    "builtins.repr": _str,
    "builtins.ascii": _str,
    "builtins.format": _str,
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
    "types.MethodType": _partial,
    "builtins.slice": _slice,
    "builtins.vars": _names_of_module,
    "builtins.globals": _names_of_module,
    "builtins.locals": _names_of_module,
    "inspect.getmodule": _any_module,
    "sys.modules.get": _import,
    "sys.modules.pop": _import,
    "sys.modules.setdefault": _import,
    "sys.modules.__getitem__": _import,
    "sys.modules.values": _any_modules,
    "sys.modules.copy().values": _any_modules,
    "sys.modules.items": _named_modules,
    "pkgutil.resolve_name": _import,
    "pydoc.locate": _import,
    "pydoc.safeimport": _import,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "operator.methodcaller": _methodcaller,
    "operator.attrgetter": _attrgetter,
    "builtins.__import__": _import,
    "importlib.import_module": _import,
    "importlib.__import__": _import,
    "builtins.property": _wrapper("property"),
    "functools.cached_property": _wrapper("property"),
    "builtins.staticmethod": _wrapper("static"),
    "builtins.classmethod": _wrapper("classmethod"),
    "builtins.filter": _filter,
    "re.sub": _re_sub,
    "re.escape": _re_escape,
    "array.array": _array,
    "functools.singledispatch": dispatcher,
    "functools.singledispatchmethod": dispatcher,
    "functools.lru_cache": _wrapped,
    "functools.cache": _wrapped,
    "functools.same": _same,
    "joblib.delayed": _wrapped,
    "asgiref.sync.sync_to_async": _wrapped,
    "asgiref.sync.async_to_sync": _wrapped,
    "copy.copy": _same,
    "copy.deepcopy": _same,
    "typing.cast": lambda calls, args, instr: args.at(1),
    "types.SimpleNamespace": _namespace,
    "contextlib.redirect_stdout": _redirect("stdout"),
    "contextlib.redirect_stderr": _redirect("stderr"),
    "itertools.chain.from_iterable": _chain_from_iterable,
    "heapq.heappush": _method_of_first("append"),
    "bisect.insort": _method_of_first("append"),
    "builtins.list.append": _method_of_first("append"),
    "builtins.list.extend": _method_of_first("extend"),
    "builtins.set.add": _method_of_first("add"),
    **{f"builtins.dict.{name}": _method_of_first(name) for name in ("update", "setdefault", "__setitem__", "__ior__")},
    "operator.ior": _method_of_first("__ior__"),
    "operator.iadd": _method_of_first("extend"),
    "operator.iconcat": _method_of_first("extend"),
}
