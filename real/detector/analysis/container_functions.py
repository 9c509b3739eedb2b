"""Library functions that make, fill and go through containers."""

from __future__ import annotations

from real.detector.analysis.caller import Caller, LibraryFunction
from real.detector.analysis.callsites import Args
from real.detector.analysis.containers import SELF_FILLING
from real.detector.analysis.values import (
    BOTTOM,
    NUMBER,
    TEXT,
    Value,
    certain,
    join,
    join_all,
    of_const,
    of_obj,
    one_constant,
)
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr
from real.detector.models import library

_MOST_CHARACTERS = 200  # of an array that are told apart


def _dict(calls: Caller, args: Args, instr: Instr) -> Value:
    obj = calls.heap.site(instr, "dict")
    calls.containers.merge(obj, args, instr)
    obj.made_with[instr] = certain(args.first()) | frozenset(args.named)
    return of_obj(obj)


def _maketrans(calls: Caller, args: Args, instr: Instr) -> Value:
    """``str.maketrans({"<": "&lt;"})`` is a table as that one, ``str.maketrans("ab", "cd", "<>")`` one of its own."""
    if len(args.pos) == 1 and not args.named:
        return args.first()
    texts = [str(const) for value in args.pos for const in one_constant(value)]
    if len(texts) not in (2, 3) or len(texts) != len(args.everything()):
        return calls.unknown.call(args.everything(), args, instr)
    made = calls.heap.site(instr, "dict")
    for old, new in str.maketrans(texts[0], texts[1][: len(texts[0])].ljust(len(texts[0])), *texts[2:]).items():
        calls.heap.put(made, old, of_const(new))
    made.made_with[instr] = frozenset(made.fields)
    return of_obj(made)


def _namedtuple(calls: Caller, args: Args, instr: Instr) -> Value:
    """A class whose objects hold what they are made with by name; unknown where the names are no constants."""
    names = [const for const in args.at(1).consts or () if isinstance(const, str)]
    (listed,) = args.at(1).objs if len(args.at(1).objs) == 1 else (None,)
    parts = [one_constant(listed.fields.get(place, BOTTOM)) for place in range(len(listed.fields))] if listed else []
    is_renamed = any(name not in ("typename", "field_names") for name in args.named)  # or has default values
    if is_renamed or (len(names) != 1 and not (parts and every(len(part) == 1 for part in parts))):
        return calls.unknown.call(args.everything(), args, instr)
    cls = calls.heap.site(instr, "class", "namedtuple()")
    calls.heap.put(cls, "__bases__", of_obj(calls.heap.api("collections.namedtuple()")))  # for all but the fields
    calls.state.named_fields[cls] = dict.fromkeys(
        names[0].replace(",", " ").split() if names else (str(const) for part in parts for const in part)
    )
    return of_obj(cls)


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


def _gather(calls: Caller, args: Args, instr: Instr) -> Value:
    """The results of several coroutines, each in its place."""
    if args.rest is None:
        return calls.heap.fresh_tuple(instr, args.pos, "results")
    return calls.heap.fresh_list(instr, join_all([*args.pos, calls.containers.iterate(args.rest, instr)]))


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


def _filter(calls: Caller, args: Args, instr: Instr) -> Value:
    names = {obj.name for obj in args.first().objs}
    if names and names <= {f"builtins.str.{test}" for test in library.STRICT_TESTS}:
        return calls.heap.fresh_list(instr, TEXT)
    element = calls.containers.iterate(args.at(1), instr)
    calls.call_value(args.first(), Args([element]), instr)
    return calls.heap.fresh_list(instr, element)


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


def _chain_from_iterable(calls: Caller, args: Args, instr: Instr) -> Value:
    return calls.heap.fresh_list(instr, calls.containers.iterate(calls.containers.iterate(args.first(), instr), instr))


def _method_of_first(name: str) -> LibraryFunction:
    """A function that does what a method of its first argument does, and may return that argument."""

    def call(calls: Caller, args: Args, instr: Instr) -> Value:
        return join(args.at(0), calls.call_method(args.at(0), name, args.after(1), instr))

    return call


CONTAINER_FUNCTIONS: dict[str, LibraryFunction] = {
    "builtins.dict": _dict,
    "builtins.str.maketrans": _maketrans,
    "collections.OrderedDict": _dict,
    "collections.ChainMap": _chain_map,
    "collections.namedtuple": _namedtuple,
    "collections.defaultdict": _defaultdict,
    "collections.Counter": _counter,
    "builtins.dict.fromkeys": _fromkeys,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "itertools.zip_longest": _zip,
    "itertools.product": _zip,
    "asyncio.gather": _gather,
    "builtins.map": _map,
    "functools.reduce": _reduce,
    "builtins.next": _next,
    "builtins.anext": _next,
    "builtins.min": _extreme,
    "builtins.max": _extreme,
    "builtins.sum": _sum,
    "builtins.filter": _filter,
    "array.array": _array,
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
