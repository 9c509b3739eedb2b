"""Calls: what is called, with which arguments, and what an unknown function may do with them."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from real.detector.analysis.attributes import Attributes
from real.detector.analysis.callbacks import hand_over
from real.detector.analysis.callsites import Args
from real.detector.analysis.containers import Containers
from real.detector.analysis.dispatch import call_dispatcher, dispatch_method
from real.detector.analysis.echoed_rows import RUNNERS, put_rows, rows_in, rows_of_statement
from real.detector.analysis.functions import Functions, is_dispatcher
from real.detector.analysis.heap import CONTAINERS, MAPPINGS, SEQUENCES, Heap, step
from real.detector.analysis.joint_calls import MANY
from real.detector.analysis.library_functions import SPECIAL
from real.detector.analysis.option_files import is_option_file, option_method
from real.detector.analysis.records import Records
from real.detector.analysis.replaced_code import SETTERS, WRITERS
from real.detector.analysis.state import State
from real.detector.analysis.values import (
    BOTTOM,
    BUILDER,
    CHAR,
    CLEAN,
    NO_OBJS,
    NUMBER,
    OTHER,
    STR,
    TEXT,
    Constant,
    Obj,
    Step,
    Value,
    join,
    join_all,
    may_be_plain,
    of_obj,
    ordered,
)
from real.detector.analysis.witness import every
from real.detector.frontend.normalise.literal_code import is_inert
from real.detector.ir.instructions import CallShape, Instr
from real.detector.models import library
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role

_STANDARD_MODULES = frozenset({*sys.stdlib_module_names, "os.path"})
_ENDING = frozenset({"function", "class"})  # calls of them end: the solver keeps account of functions
_OWN = frozenset({"instance", "class", "super"})
_MAX_REENTERED = 2
_MAX_CALLBACKS = 2  # callbacks that call callbacks
_CALLABLE = frozenset({"function", "bound", "method", "partial", "dynattr", "methodcaller", "attrgetter"})
_EVALUATORS = frozenset({"builtins.compile", "builtins.eval", "builtins.exec"})
_READERS = frozenset({"items", "keys", "values", "get", "pop", "copy"})  # of a mapping
_COPIERS = library.names(
    """builtins.list builtins.tuple builtins.set builtins.frozenset builtins.sorted builtins.reversed builtins.iter
    collections.deque itertools.chain itertools.islice itertools.cycle itertools.tee itertools.repeat builtins.aiter
    itertools.takewhile itertools.dropwhile itertools.filterfalse random.sample random.shuffle
    itertools.accumulate itertools.groupby"""
)


class Calls:
    """Dispatch of calls: a ``Caller``."""

    def __init__(
        self,
        heap: Heap,
        state: State,
        records: Records,
        containers: Containers,
        functions: Functions,
        attributes: Attributes,
    ) -> None:
        self.heap = heap
        self.state = state
        self.records = records
        self.containers = containers
        self.functions = functions
        self.attributes = attributes
        # What was called, and ended in further calls, while an outer one goes on: how far the analysis had grown, with
        # what, and what it returned. Where such objects call one another, the ways through them would multiply.
        self._inner: dict[tuple[Obj, Instr], tuple[int, Args, Value]] = {}
        self._depth = 0
        # What was called back where: how far the analysis had grown, with what, and what it returned.
        self._called_back: dict[tuple[Obj, Instr, bool], tuple[int, Args, Value]] = {}
        self._beside: Instr | None = None  # where a library's function is called beside the others that it is given

    def arguments(self, instr: Instr, shape: CallShape, env: list[Value]) -> Args:
        """Collect the operands of a call instruction, unpacking starred tuples of known length."""
        args = Args()
        count = len(shape.starred)
        for index, starred in enumerate(shape.starred):
            value = env[instr.args[index + 1]]
            if not starred:
                if args.rest is None:
                    args.pos.append(value)
                else:
                    args.rest = join(args.rest, value)
                continue
            items = self.known_items(value) if args.rest is None else None
            if items is not None:
                args.pos += items
            else:
                args.rest = join(args.rest or BOTTOM, self.containers.iterate(value, instr))
        for index, name in enumerate(shape.keywords):
            value = env[instr.args[index + 1 + count]]
            if name is not None:
                args.named[name] = value
                continue
            unknown = Value(value.mask, value.why, NO_OBJS, None, OTHER) if value.mask else BOTTOM
            for obj in ordered(value.objs):
                self.heap.touch(obj)
                for key, item in obj.fields.items():
                    if isinstance(key, str):
                        args.named[key] = join(args.named.get(key, BOTTOM), item)
                unknown = join(unknown, obj.elements)
            args.named_rest = join(args.named_rest or BOTTOM, unknown)
        return args

    def known_items(self, value: Value) -> list[Value] | None:
        """The elements of a list or tuple, in order, where they are known."""
        if len(value.objs) != 1 or value.mask:
            return None
        (obj,) = value.objs
        self.heap.touch(obj)
        if obj.kind not in ("tuple", "list") or obj.elements is not BOTTOM:
            return None
        return [obj.fields.get(index, BOTTOM) for index in range(len(obj.fields))]

    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""
        result = BOTTOM
        objs: Iterable[Obj] = ordered(fn.objs)
        if len(fn.objs) >= MANY and self.functions.calls_are_followed:
            together, objs = self.functions.joint_calls.divided(fn.objs)
            if together:
                result = self.functions.call_together(together, args, instr)
        for obj in objs:
            result = join(result, self.call_object(obj, args, instr))
        if fn.mask or not fn.objs:
            result = join(result, self.unknown_call([fn, *args.everything()], args, instr))
        return result

    def call_object(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call one object."""
        self.heap.spend(1)
        if obj.kind in _ENDING:
            return self._call_kind(obj, args, instr)
        inside = self.state.calling.get(obj, 0)
        if inside > _MAX_REENTERED:
            return BOTTOM  # it is, or ends in, a call of itself: what that adds has been seen
        known = self._inner.get((obj, instr)) if self._depth else None
        if known is not None:
            growth, before, result = known
            if growth == self.heap.growth and before.covers(args):
                return result
            if self._depth > _MAX_REENTERED:
                args = before.joined(args)
        self.state.calling[obj] = inside + 1
        self._depth += 1
        growth = self.heap.growth
        result = self._call_kind(obj, args, instr)
        self._depth -= 1
        self.state.calling[obj] = inside
        if self._depth:
            self._inner[obj, instr] = growth, args, result
        elif self._inner:
            self._inner = {}
        return result

    def _call_kind(self, obj: Obj, args: Args, instr: Instr) -> Value:  # noqa: PLR0911
        kind = obj.kind
        if kind == "api":
            return self.call_api(obj.name, obj.fields.get("__self__"), args, instr)
        if kind == "function":
            return self.functions.call_function(obj, args, instr, None)
        if kind == "class":
            return self.functions.instantiate(obj, args, instr)
        self.heap.touch(obj)
        if kind == "bound":
            return self.call_function_value(
                obj.fields.get("function", BOTTOM), args, instr, obj.fields.get("self", BOTTOM)
            )
        if kind == "method":
            return self.call_method(obj.fields.get("self", BOTTOM), obj.name, args, instr)
        if is_dispatcher(obj):
            return call_dispatcher(self, obj, args, instr)
        if kind == "partial":
            return self.call_value(obj.fields.get("function", BOTTOM), self._partial_args(obj, args), instr)
        if kind == "instance":
            return self.call_dunder(obj, ("__call__",), args, instr)
        if kind == "attrgetter":
            return join_all(
                self.attributes.attribute(args.first(), str(name), instr)
                for name in _names(obj.fields.get("name", BOTTOM))
            )
        if kind == "methodcaller":
            inner = self._partial_args(obj, Args())
            names = _names(obj.fields.get("name", BOTTOM))
            return join_all(self.call_method(args.first(), str(name), inner, instr) for name in names)
        if kind == "dynattr":
            self.records.record_possible_sink(args, instr)
            return self.unknown_call([obj.fields.get("self", BOTTOM), *args.everything()], args, instr)
        return BOTTOM

    def _partial_args(self, obj: Obj, args: Args) -> Args:
        self.heap.touch(obj)
        count = sum(1 for key in obj.fields if isinstance(key, int))
        stored = [obj.fields[index] for index in range(count)]
        named = {key[1:]: value for key, value in obj.fields.items() if isinstance(key, str) and key.startswith("=")}
        rest = args.rest if obj.elements is BOTTOM else join(args.rest or BOTTOM, obj.elements)
        return Args([*stored, *args.pos], {**named, **args.named}, rest, args.named_rest)

    def call_function_value(self, fn: Value, args: Args, instr: Instr, bound: Value) -> Value:
        """Call functions with ``self`` (or ``cls``) bound."""
        result = BOTTOM
        for obj in ordered(fn.objs):
            if obj.kind == "function":
                result = join(result, self.functions.call_function(obj, args, instr, bound))
            else:
                inner = Args([bound, *args.pos], args.named, args.rest, args.named_rest)
                result = join(result, self.call_object(obj, inner, instr))
        return result

    def call_dunder(self, obj: Obj, names: tuple[str, ...], args: Args, instr: Instr) -> Value:
        """Call those special methods that the instance's class defines; unknown if it defines none."""
        result = BOTTOM
        for cls in ordered(obj.fields.get("__class__", BOTTOM).objs):
            for name in names:
                found = self.functions.member(cls, name)
                if found is not None:
                    result = join(result, self.call_value(self.functions.bind(found, obj, instr), args, instr))
        if result is BOTTOM:
            return self.heap.part_of([of_obj(obj), *args.everything()])
        return result

    def call_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> Value:
        """``receiver.name(args)``."""
        if name in ("__getattribute__", "__getattr__") and args.pos:
            return self.get_attribute(receiver if len(args.pos) == 1 else args.pos[0], args.pos[-1], instr)
        if name in SETTERS | {"__setattr__", "__delattr__", "__setstate__"}:
            self._set_by_method(receiver, name, args, instr)
        result = BOTTOM
        if may_be_plain(receiver):
            result = self.plain_method(
                Value(receiver.mask, receiver.why, NO_OBJS, receiver.consts, receiver.kind), name, args, instr
            )
        objs: Iterable[Obj] = ordered(receiver.objs)
        if len(receiver.objs) >= MANY:
            own = [obj for obj in objs if obj.kind in _OWN]
            objs = [obj for obj in objs if obj.kind not in _OWN]
            result = join(result, self._methods(own, name, args, instr))
        for obj in objs:
            result = join(result, self._object_method(obj, receiver, name, args, instr))
        return result

    def _methods(self, objs: list[Obj], name: str, args: Args, instr: Instr) -> Value:
        """A method of one of many objects of the program's own classes: whatever it is of each, called together."""
        methods, unknown = BOTTOM, []
        for obj in objs:
            self._write_namespace(obj, name, args, instr)
            found = self.attributes.attribute(of_obj(obj), name, instr)
            if found is not BOTTOM and found is not CLEAN:
                methods = join(methods, found)
            else:
                unknown.append(of_obj(obj))
        result = self.call_value(methods, args, instr) if methods is not BOTTOM else BOTTOM
        if unknown:
            result = join(result, self.plain_method(self.heap.part_of(unknown), name, args, instr))
        return result

    def _write_namespace(self, obj: Obj, name: str, args: Args, instr: Instr) -> None:
        """``x.__dict__.update(...)``."""
        is_own = obj.kind in ("instance", "class", "function")
        if name in WRITERS and is_own and self.attributes.is_namespace(obj, name, instr):
            self.attributes.replaced.mapping(obj, name, args, instr)
            self.containers.merge(obj, args, instr)

    def _object_method(self, obj: Obj, receiver: Value, name: str, args: Args, instr: Instr) -> Value:  # noqa: PLR0911, PLR0912
        kind = obj.kind
        if kind == "api":
            options = option_method(self.heap, obj, name, args) if is_option_file(obj) else None
            if options is not None:
                return options
            if name == "__get__":
                return self._bound(obj, args, instr)
            self.attributes.replaced.mapping(obj, name, args, instr)
            self.heap.touch(obj)
            stored = obj.fields.get(name, BOTTOM)
            replaced = self.call_value(stored, args, instr) if stored is not BOTTOM else BOTTOM
            called = self.call_api(f"{obj.name}.{name}", of_obj(obj, receiver.mask, receiver.why), args, instr)
            return join(called, replaced)
        if kind in SEQUENCES:
            return self.containers.sequence_method(obj, name, args, instr)
        if kind in MAPPINGS:
            return self.containers.mapping_method(obj, name, args, instr)
        if obj in self.state.made_by_metaclass and self.functions.member(obj, name) is None and name in _READERS:
            return self.containers.mapping_method(obj, name, args, instr)
        self._write_namespace(obj, name, args, instr)
        if kind in _OWN:
            found = self.attributes.attribute(of_obj(obj), name, instr)
            if found is not BOTTOM and found is not CLEAN:
                return self.call_value(found, args, instr)
            return self.plain_method(self.heap.part_of([of_obj(obj)]), name, args, instr)
        if name == "__get__":
            return self._bound(obj, args, instr)
        if name == "__class__" and kind == "function":
            return self.call_api("types.FunctionType", None, args, instr)
        if name == "__wrapped__":
            self.attributes.attribute(of_obj(obj), name, instr)
            return of_obj(obj)
        if is_dispatcher(obj):
            known = dispatch_method(self, obj, name, args, instr)
            if known is not None:
                return known
        return self.call_object(obj, args, instr)  # fn.__call__(x), task.delay(x): whatever calls it

    def _bound(self, fn: Obj, args: Args, instr: Instr) -> Value:
        """``f.__get__(x)``: ``f`` with its first argument."""
        bound = self.heap.site(instr, "partial")
        self.heap.put(bound, "function", of_obj(fn))
        if args.first().consts != frozenset((None,)):
            self.heap.put(bound, 0, args.first())
        return of_obj(bound)

    def _set_by_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> None:
        """``x.__setattr__(name, value)``, and methods that write into what they are given, whatever that is."""
        own = [obj for obj in ordered(receiver.objs) if obj.kind in ("instance", "super")]
        if name in SETTERS:
            if not own and receiver.mask == 0:
                self.records.dynamic_code(instr, f"calls {name}()")
        elif name == "__setstate__":
            if any(obj.kind in ("partial", "function") for obj in receiver.objs):
                self.records.dynamic_code(instr, f"calls {name}()")
        else:
            inner = Args([receiver, *args.pos], args.named, args.rest)
            SPECIAL["builtins.delattr" if name == "__delattr__" else "builtins.setattr"](self, inner, instr)

    def is_called_by_name(self, instr: Instr, name: str) -> bool:
        """Whether a call is one of the built-in function of this name, written as such."""
        if instr.op != "call":
            return False
        callee = self.heap.unit.defs[instr.args[0]]
        return callee is not None and callee.op == "builtin" and callee.extra[1] == name

    def plain_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> Value:  # noqa: PLR0911
        """A method of text or of something unknown."""
        if self.records.record_call(name, "", args, instr, receiver) or name in library.DATABASE_RESULTS:
            return self._rows_of(self._ran(CLEAN, receiver, name, args, instr), name, instr)
        if name in library.NUMBER_METHODS:
            return NUMBER
        if name in library.HEX_METHODS:
            self.heap.put_unknown(self.state.encoded, self.heap.part_of([receiver]))
            return TEXT
        if name in library.DECODERS:
            return self.heap.part_of([receiver, *args.everything(), self.heap.contents(self.state.encoded)])
        if name == "get" and _numeric_type(args.named.get("type")):
            return self.heap.number_from([receiver])
        if name == "format" and receiver.kind == STR:
            return self.containers.format_method(receiver, args, instr)
        if name == "join" and receiver.consts and len(args.pos) == 1:
            folded = self.containers.joined_constants(receiver, args.pos[0])
            if folded is not None:
                return folded
        handed = hand_over(self, name, "", args, instr, receiver)
        if handed is not None:
            return join(self.heap.part_of([receiver, *args.everything()]), handed)
        if name not in library.CALLING_METHODS:
            self._give(args)
        kind = STR if receiver.kind == STR else OTHER
        given = [] if name in library.BINDERS else args.everything()
        result = self.unknown_call([receiver, *given], args, instr)
        result = self.heap.cleaned(result, self.heap.rules.cleaning_methods.get(name, 0))
        if not result.mask:
            return TEXT if name == "join" and kind == STR and not result.objs else result
        return Value(result.mask, step(result.why, instr.line, f"passes {name}()", instr.col), result.objs, None, kind)

    def call_api(self, path: str, receiver: Value | None, args: Args, instr: Instr) -> Value:
        """A call of something imported or built in."""
        name = path.rpartition(".")[2]
        trusted = name in self.heap.rules.names and self.records.record_call(
            name,
            path,
            args,
            instr,
            receiver,
            int(_is_class(path.rpartition(".")[0]) and name in self.heap.rules.methods),
        )
        result = self._library_call(path, receiver, args, instr, trusted)
        cleans = self.heap.rules.cleans.get(path, 0) | self.heap.rules.cleaning_methods.get(name, 0)
        if not cleans or (path in library.PERCENT_ENCODERS and _keeps_markup(args, library.PERCENT_ENCODERS[path])):
            return result
        cleaned = self.heap.cleaned(result, cleans)
        if path in library.PARSERS:
            return Value(cleaned.mask, cleaned.why, cleaned.objs, cleaned.consts, OTHER)
        return cleaned

    def _library_call(  # noqa: PLR0911, PLR0912
        self, path: str, receiver: Value | None, args: Args, instr: Instr, trusted: bool
    ) -> Value:
        if path not in _EVALUATORS or not _is_inert_code(args):
            self.attributes.replaced.called(path, args, instr)
        handed = None
        if path not in SPECIAL:
            handed = hand_over(self, path.rpartition(".")[2], path, args, instr, receiver)
        if handed is not None:
            given = self.heap.part_of(args.everything())
            task = self.heap.api_result(path, instr)
            self.heap.put_unknown(task, join(given, handed))
            return join(of_obj(task, given.mask, given.why), handed)
        if path in _EVALUATORS and _is_inert_code(args):
            return args.first() if path == "builtins.compile" else CLEAN
        if path in library.ENCODERS and (path != "builtins.int" or len(args.pos) + len(args.named) > 1):
            self.heap.put_unknown(self.state.encoded, self.heap.part_of(args.everything()))
        special = SPECIAL.get(path)
        if special is not None:
            return special(self, args, instr)
        if path in _COPIERS:
            self.run_callbacks(args, instr, BOTTOM, is_known=True)
            element = join_all(
                self.containers.iterate(value, instr) for value in args.everything() if not _is_callable(value)
            )
            return self.heap.fresh_list(instr, element)
        if path in library.OBSERVERS:
            return self._observed(path, args, instr)
        name = path.rpartition(".")[2]
        if name in library.DECODERS:
            return self.heap.part_of([*args.everything(), self.heap.contents(self.state.encoded)], CHAR)
        if trusted:
            kind = BUILDER if self.heap.rules.is_builder(path) else OTHER
            made = Value(0, None, frozenset((self.heap.api_result(path, instr),)), None, kind)
            return made if kind == BUILDER else self._rows_of(self._ran(made, receiver, name, args, instr), name, instr)
        if path == "builtins.print":
            self._print_into(args.named.get("file"), args, instr)
        if path in library.CLEAN_CALLS and not any(obj.kind == "instance" for v in args.pos for obj in v.objs):
            return self.heap.number_from(args.everything()) if path in library.NUMERIC_CALLS else NUMBER
        source = self.records.source(path + "()", instr)
        if source is not None:
            return source
        result = of_obj(self.heap.api_result(path, instr))
        if name in library.DATABASE_RESULTS:
            return self._rows_of(self._ran(result, receiver, name, args, instr), name, instr)
        if name in library.HEX_METHODS:
            return TEXT
        if name not in library.CALLING_METHODS and not library.keeps_to_itself(path):
            self._give(args)
        bound = [] if name in library.BINDERS else args.everything()
        values = args.everything() if receiver is None else [receiver, *bound]
        made = self.unknown_call(values, args, instr)
        if receiver is not None and made.mask and not self.heap.rules.is_builder(path):
            for obj in ordered(receiver.objs):
                if obj.name not in self.heap.modules and obj.name not in _STANDARD_MODULES:
                    self.heap.put_unknown(obj, Value(made.mask, made.why))
        if path in ("re.compile", "regex.compile") and len(args.pos) == 1 and not args.named:
            self.heap.put(next(iter(result.objs)), "pattern", args.pos[0])
        if path == "string.Template" and (args.pos or "template" in args.named):
            self.heap.put(next(iter(result.objs)), "template", args.named.get("template", args.first()))
        kind = BUILDER if self.heap.rules.is_builder(path) else OTHER
        if path.partition(".")[0] not in library.PURE_ROOTS:
            if name not in library.RENDERERS:
                self._mutate(args)
            aliases = frozenset(o for v in args.everything() for o in v.objs if o.kind == "instance")
            return Value(made.mask, made.why, result.objs | aliases | made.objs, None, kind)
        return Value(made.mask, made.why, result.objs | made.objs, None, kind)

    def _observed(self, path: str, args: Args, instr: Instr) -> Value:
        """What tells how a function is made shows its default values, and its annotations."""
        shown = BOTTOM
        for obj in ordered(args.first().objs):
            if obj.kind == "function":
                shown = join(shown, self.attributes.attribute(of_obj(obj), "__defaults__", instr))
                self.attributes.attribute(of_obj(obj), "__annotations__", instr)
        held = self.heap.part_of([shown])
        return of_obj(self.heap.api_result(path, instr), held.mask, held.why)

    def _print_into(self, target: Value | None, args: Args, instr: Instr) -> None:
        """``print(text, file=buffer)`` writes the text, which ``buffer.getvalue()`` returns.

        Without a file it writes to whatever the program has put in the place of ``sys.stdout``.
        """
        if target is None:
            system = self.heap.api("sys")
            self.heap.touch(system)
            target = system.fields.get("stdout", BOTTOM)
        known = calls_of(Role.TEXT_BUFFER)
        buffers = [obj for obj in ordered(target.objs) if obj.name.removesuffix("()") in known]
        if not buffers:
            return
        printed = [*args.pos, *([args.rest] if args.rest is not None else [])]
        made = self.heap.text([self.containers.as_text(value, instr) for value in printed], instr)
        for obj in buffers if made.mask else ():
            self.heap.put_unknown(obj, Value(made.mask, made.why))

    def _ran(self, result: Value, receiver: Value | None, name: str, args: Args, instr: Instr) -> Value:
        """What a statement that is run gives, or a cursor: its rows may hold what was bound."""
        if name not in RUNNERS:
            rows = rows_in(self.heap, receiver) if receiver is not None else BOTTOM
            return join(result, rows)
        rows = rows_of_statement(self.heap, args)
        if not rows.mask:
            return result
        if not result.objs:
            result = of_obj(self.heap.site(instr, "api", "rows()"))
        put_rows(self.heap, join(result, receiver or BOTTOM), rows)
        return join(result, rows)

    def _rows_of(self, value: Value, name: str, instr: Instr) -> Value:
        """Rows of a database, which hold what users once sent: untrusted for the rules that ask for it."""
        if name not in library.DATABASE_ROWS or not self.heap.rules.stored:
            return value
        why = Step(instr.line, f"{name}() returns what was stored, which users may have written", None)
        return Value(value.mask | self.heap.rules.stored, value.why or why, value.objs, None, value.kind)

    def _mutate(self, args: Args) -> None:
        """A library function may store one argument in another."""
        values = args.everything()
        if len(values) < 2:
            return
        parts = [self.heap.part_of([value]) for value in values]
        for index, value in enumerate(values):
            holders = [obj for obj in ordered(value.objs) if obj.kind in CONTAINERS]
            others = self.heap.part_of(parts[:index] + parts[index + 1 :]) if holders else CLEAN
            for obj in holders if others.mask else ():
                self.heap.put_unknown(obj, others)

    def _give(self, args: Args) -> None:
        """Functions among the arguments are known to somebody else now, who may call them with anything."""
        for value in args.everything():
            for obj in ordered(value.objs):
                if obj.kind in _CALLABLE or obj.kind in CONTAINERS:
                    self.state.kept[obj] = None

    def unknown_call(self, values: list[Value], args: Args, instr: Instr) -> Value:
        """A call of which only this is known: it may use its arguments, call them, and return anything made of them."""
        made = self.heap.part_of(values)
        if any(value.objs for value in args.everything()):
            returned = self.run_callbacks(args, instr, made)
            if returned is not BOTTOM:
                made = join(made, returned)
        return made

    def run_callbacks(self, args: Args, instr: Instr, element: Value, is_known: bool = False) -> Value:
        """Call every argument that can be called, with whatever the other arguments hold.

        Where it ``is_known`` that they are called, that goes for functions of libraries, too.
        """
        result = BOTTOM
        if self._beside is instr:
            return result
        values = args.everything()
        given = _Given(self.containers, values, element, instr)
        for index, value in enumerate(values):
            for obj in ordered(value.objs):
                if obj.kind == "api":
                    self.attributes.replaced.handed_on(obj.name, instr)
                    is_called = is_known or (index == 0 and len(args.pos) > 1)  # `retry(f, x)`
                    last = obj.name.rpartition(".")[2]
                    if last not in (self.heap.rules.names if is_called else self.heap.rules.sink_names):
                        continue
                elif obj.kind not in _CALLABLE:
                    continue
                passed = given.beside(index)
                found = Args(rest=passed, named_rest=passed)
                call = self._call_beside if obj.kind == "api" else self.call_back
                result = join(result, call(obj, found, instr))
        return result

    def _call_beside(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call a library's function: those among its arguments are called beside it here, so not through it as well."""
        outer = self._beside
        result = self._called(obj, args, instr, is_beside=True)
        self._beside = outer
        return result

    def call_back(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call what a library has been given, unless this very call is being looked at.

        At one place, each object is called with all that it has been given there; again only when that has grown, or
        anything else has that the result may be made from. Otherwise callbacks of callbacks would multiply.
        """
        return BOTTOM if self._beside is instr else self._called(obj, args, instr)

    def _called(self, obj: Obj, args: Args, instr: Instr, *, is_beside: bool = False) -> Value:
        self.heap.spend(1)
        if obj in self.state.called_back or len(self.state.called_back) >= _MAX_CALLBACKS:
            return BOTTOM
        known = self._called_back.get((obj, instr, is_beside))
        if known is not None:
            growth, before, result = known
            if not before.covers(args):
                args = before.joined(args)
            elif growth == self.heap.growth:
                return result
        growth = self.heap.growth
        self.state.called_back.add(obj)
        if is_beside:
            self._beside = instr
        result = self.call_object(obj, args, instr)
        self.state.called_back.discard(obj)
        if known is not None:
            result = join(known[2], result)
        self._called_back[obj, instr, is_beside] = growth, args, result
        return result

    def get_attribute(self, receiver: Value, name: Value, instr: Instr) -> Value:
        """``getattr(receiver, name)``: each name it may be, or any."""
        if name.consts:
            return join_all(
                self.attributes.attribute(receiver, str(const), instr) for const in sorted(name.consts, key=str)
            )
        own = [o for o in ordered(receiver.objs) if o.kind in ("instance", "class")]
        result = BOTTOM
        if name.mask & self.heap.rules.choices:
            modules = frozenset(o for o in receiver.objs if o.kind == "api")
            result = Value(name.mask & self.heap.rules.choices, name.why, modules)
        for obj in own:
            result = join(result, self.any_attribute(obj, instr))
        foreign = [
            o
            for o in ordered(receiver.objs)
            if o not in own and not (o.kind == "api" and o.name.partition(".")[0] in library.HARMLESS_MODULES)
        ]
        if foreign or not receiver.objs:
            obj = self.heap.site(instr, "dynattr")
            self.heap.put(obj, "self", receiver)
            result = join(result, of_obj(obj, receiver.mask, receiver.why))
        return result

    def any_attribute(self, obj: Obj, instr: Instr) -> Value:
        """Whatever attribute of one of the program's own objects."""
        result = self.heap.contents(obj)
        classes = [obj] if obj.kind == "class" else ordered(obj.fields.get("__class__", BOTTOM).objs)
        for cls in classes:
            for key, value in list(cls.fields.items()):
                if isinstance(key, str) and not key.startswith("__"):
                    result = join(result, self.functions.bind(value, obj, instr) if obj.kind == "instance" else value)
        return result


class _Given:
    """What a library may pass to a function that it is given: the other arguments of the call, and their elements."""

    def __init__(self, containers: Containers, values: list[Value], element: Value, instr: Instr) -> None:
        self._containers, self._values, self._element, self._instr = containers, values, element, instr
        self._parts: list[Value] | None = None
        self._beside: dict[int, Value] = {}

    def beside(self, index: int) -> Value:
        """Any of what is passed to the function that is the argument of this number."""
        if self._parts is None:
            self._parts = [self._part(value) for value in self._values]
        if index not in self._beside:
            element = BOTTOM if _is_callable(self._element) else self._element
            others = self._parts[:index] + self._parts[index + 1 :]
            self._beside[index] = join(element, join_all(others))
        return self._beside[index]

    def _part(self, value: Value) -> Value:
        found = BOTTOM if _is_callable(value) else value
        if value.objs or value.mask:
            element = self._containers.iterate(value, self._instr)
            found = found if _is_callable(element) else join(found, element)
        return found


def _names(value: Value) -> list[Constant]:
    return sorted(value.consts or (), key=str)


def _is_callable(value: Value) -> bool:
    return bool(value.objs) and not value.mask and every(obj.kind in _CALLABLE for obj in value.objs)


def _keeps_markup(args: Args, place: int) -> bool:
    """``quote(text, safe="<>")``, ``quote(text, safe=anything)``; ``place`` is that of ``safe``."""
    safe = args.named.get("safe", args.pos[place] if len(args.pos) > place else None)
    if safe is None:
        return False
    texts = [text.decode("latin-1") if isinstance(text, bytes) else str(text) for text in safe.consts or ()]
    return not texts or not set("<>'\"").isdisjoint("".join(texts))


def _is_class(path: str) -> bool:
    """Whether a method taken from this is unbound, so that its first argument is ``self``."""
    last = path.rpartition(".")[2]
    return last in ("__class__", "type()") or (last[:1].isupper() and not last.endswith("()"))


def _is_inert_code(args: Args) -> bool:
    """Whether the code that is run is a constant of the program that only makes a value."""
    consts = args.first().consts
    return bool(consts) and not args.first().objs and every(is_inert(text) for text in consts or ())


def _numeric_type(value: Value | None) -> bool:
    names = {obj.name for obj in value.objs} if value is not None else set()
    return bool(names) and names <= {"builtins.int", "builtins.float", "builtins.bool"}
