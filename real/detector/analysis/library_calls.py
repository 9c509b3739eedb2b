"""What calls of libraries give, and methods of text or of something unknown."""

from __future__ import annotations

import sys

from real.detector.analysis.callbacks import hand_over
from real.detector.analysis.caller import Caller
from real.detector.analysis.callsites import Args
from real.detector.analysis.charsets import are_plain_flags
from real.detector.analysis.containers import holding
from real.detector.analysis.echoed_rows import RUNNERS, put_rows, rows_in, rows_of_statement
from real.detector.analysis.heap import step
from real.detector.analysis.library_functions import SPECIAL, folded
from real.detector.analysis.reflection import of_modules
from real.detector.analysis.unknown_calls import is_callable
from real.detector.analysis.values import (
    BOTTOM,
    BUILDER,
    CHAR,
    CLEAN,
    NUMBER,
    OTHER,
    STR,
    TEXT,
    Constant,
    Step,
    Value,
    certain,
    join,
    join_all,
    of_obj,
    ordered,
)
from real.detector.analysis.witness import every
from real.detector.frontend.normalise.literal_code import is_inert
from real.detector.ir.instructions import Instr
from real.detector.models import library
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role

_APPLICATIONS = tuple(f"{api}{end}" for api in calls_of(Role.PROXY) for end in (".", "()"))  # no request is kept there
_STANDARD_MODULES = frozenset({*sys.stdlib_module_names, "os.path"})
_EVALUATORS = frozenset({"builtins.compile", "builtins.eval", "builtins.exec"})
_COPIERS = library.names(
    """builtins.list builtins.tuple builtins.set builtins.frozenset builtins.sorted builtins.reversed builtins.iter
    collections.deque itertools.chain itertools.islice itertools.cycle itertools.tee itertools.repeat builtins.aiter
    itertools.takewhile itertools.dropwhile itertools.filterfalse random.sample random.shuffle
    itertools.accumulate itertools.groupby"""
)
_DECODING = calls_of(Role.DECODES)
_WHOLE_COPIERS = library.names(
    "builtins.list builtins.tuple builtins.set builtins.frozenset builtins.sorted builtins.reversed builtins.iter"
)


class LibraryCalls:
    """Calls of what the program imports or is given, by what is known of them."""

    def __init__(self, calls: Caller) -> None:
        self.heap = calls.heap
        self.state = calls.state
        self.records = calls.records
        self.containers = calls.containers
        self.attributes = calls.attributes
        self.unknown = calls.unknown
        self.calls = calls
        self.guards = calls.containers.letters.guards

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
        handed = hand_over(self.calls, name, "", args, instr, receiver)
        if handed is not None:
            return join(self.heap.part_of([receiver, *args.everything()]), handed)
        if name not in library.CALLING_METHODS:
            self.unknown.give(args)
        kind = STR if receiver.kind == STR else OTHER
        given = [] if name in library.BINDERS else args.everything()
        result = self.unknown.call([receiver, *given], args, instr)
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
        if path in _DECODING:
            result = self.heap.part_of([result, *(self.guards.before_checks(arg) for arg in instr.args[1:])])
        cleans = self.heap.rules.cleans.get(path, 0) | self.heap.rules.cleaning_methods.get(name, 0)
        if not cleans or (path in library.PERCENT_ENCODERS and _keeps_markup(args, library.PERCENT_ENCODERS[path])):
            return result
        cleaned = self.heap.cleaned(result, cleans)
        if path in library.PARSERS:
            return Value(cleaned.mask, cleaned.why, cleaned.objs, cleaned.consts, OTHER)
        return cleaned

    def _library_call(  # noqa: PLR0911, PLR0912, PLR0915
        self, path: str, receiver: Value | None, args: Args, instr: Instr, trusted: bool
    ) -> Value:
        if path not in _EVALUATORS or not _is_inert_code(args):
            self.attributes.replaced.called(path, args, instr)
        handed = None
        if path not in SPECIAL:
            handed = hand_over(self.calls, path.rpartition(".")[2], path, args, instr, receiver)
        if handed is not None:
            given = self.heap.part_of(args.everything())
            task = self.heap.api_result(path, instr)
            self.heap.put_unknown(task, join(given, handed))
            return join(of_obj(task, given.mask, given.why), handed)
        if path in _EVALUATORS and _is_inert_code(args):
            return args.first() if path == "builtins.compile" else CLEAN
        if path in library.ENCODERS and (path != "builtins.int" or len(args.pos) + len(args.named) > 1):
            self.heap.put_unknown(self.state.encoded, self.heap.part_of(args.everything()))
        special = SPECIAL.get(path) or (of_modules if path.startswith("sys.modules.") else None)
        known = special(self.calls, args, instr) if special is not None else folded(path, args)
        if known is not None:
            return known
        if path in _COPIERS:
            self.unknown.run_callbacks(args, instr, BOTTOM, is_known=True)
            element = join_all(
                self.containers.iterate(value, instr) for value in args.everything() if not is_callable(value)
            )
            kept = certain(args.first()) if path in _WHOLE_COPIERS else frozenset[Constant]()
            return holding(self.heap.fresh_list(instr, element), instr, kept)
        if path in library.OBSERVERS:
            return self._observed(path, args, instr)
        name = path.rpartition(".")[2]
        if name in library.DECODERS:
            made = self.heap.part_of([*args.everything(), self.heap.contents(self.state.encoded)], CHAR)
            if path != "builtins.bytearray":
                return made
            return of_obj(self.heap.api_result(path, instr), made.mask, made.why)  # what is put into it stays there
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
            self.unknown.give(args)
        bound = [] if name in library.BINDERS else args.everything()
        values = args.everything() if receiver is None else [receiver, *bound]
        self.attributes.replaced.escapes(path, args, instr)
        made = self.unknown.call(values, args, instr)
        if receiver is not None and made.mask and not self.heap.rules.is_builder(path):
            for obj in ordered(receiver.objs):
                is_module = obj.name in self.heap.modules or obj.name in _STANDARD_MODULES
                if not is_module and not f"{obj.name}.".startswith(_APPLICATIONS):
                    self.heap.put_unknown(obj, Value(made.mask, made.why))
        if path in ("re.compile", "regex.compile") and args.pos and _has_plain_flags(args):
            self.heap.put(next(iter(result.objs)), "pattern", args.pos[0])
        if path == "string.Template" and (args.pos or "template" in args.named):
            self.heap.put(next(iter(result.objs)), "template", args.named.get("template", args.first()))
        kind = BUILDER if self.heap.rules.is_builder(path) else OTHER
        if path.partition(".")[0] not in library.PURE_ROOTS:
            if name not in library.RENDERERS:
                self.unknown.mutate(args)
            aliases = frozenset(o for v in args.everything() for o in v.objs if o.kind == "instance")
            return Value(made.mask, made.why, result.objs | aliases | made.objs, None, kind)
        return Value(made.mask, made.why, result.objs | made.objs, None, kind)

    def _observed(self, path: str, args: Args, instr: Instr) -> Value:
        """What tells how a function is made shows its default values, and its annotations."""
        shown = BOTTOM
        for obj in ordered(args.first().objs):
            if obj.kind in ("function", "class"):
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


def _keeps_markup(args: Args, place: int) -> bool:
    """``quote(text, safe="<>")``, ``quote(text, safe=anything)``; ``place`` is that of ``safe``."""
    safe = args.named.get("safe", args.pos[place] if len(args.pos) > place else None)
    if safe is None:
        return False
    texts = [text.decode("latin-1") if isinstance(text, bytes) else str(text) for text in safe.consts or ()]
    return not texts or not set("<>'\"").isdisjoint("".join(texts))


def _has_plain_flags(args: Args) -> bool:
    """``re.compile(pattern)``, ``re.compile(pattern, re.IGNORECASE)``."""
    flags = [*args.pos[1:], *args.named.values()]
    if args.named_rest is not None or not args.named.keys() <= {"flags"}:
        return False
    return not flags or every(are_plain_flags(flag) for flag in flags)


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
