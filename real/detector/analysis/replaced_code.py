"""Code that is replaced while the program runs: what the analysis follows, and what it has to call not seen.

A write to an attribute or to a namespace may exchange the very code that the analysis looks at. For each there is one
decision, by what is written to:

| written to | decision |
|---|---|
| an object or a class of the program, by ``x.name = f`` or ``setattr`` | followed: either may be meant from now on |
| the same by means that the front end does not see (``type.__setattr__``) | not seen, if code is stored |
| an attribute of a function | followed; not seen, if it is, or may be, a part of its code (``__code__``) |
| names of the program's own module (``globals()``, ``sys.modules[__name__]``) | not seen, but for constants |
| whatever gets such a namespace: a function of Python of which nothing is known, ``__dict__`` | not seen |
| a module or class of a library, by a function or class | followed, and not seen if the program relies on it |
| what a library has made (an application, a connection) | followed |

What a library does with code is a row of a model (``Replacer``). *Relies* is decided when all is known, by
``reliance``: replacing ``requests.get``, which is the very sink, hides nothing, nor does a hook that is there to be
assigned (``sys.stdout``).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from real.detector.analysis.callsites import Args
from real.detector.analysis.code_values import (
    OWN,
    gives_defaults,
    is_data,
    is_inherited,
    is_own_memory,
    is_own_namespace,
    is_python,
    is_seen,
    may_be_code,
    names_code,
    of_namespace,
)
from real.detector.analysis.heap import CONTAINERS, Heap
from real.detector.analysis.records import Records
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, NUM, STR, Obj, Value, ordered
from real.detector.analysis.witness import every
from real.detector.analysis.written_modules import WrittenModules
from real.detector.frontend.normalise.literal_code import names_called
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import known_apis, known_modules, replacers
from real.detector.models.kinds import Replaces
from real.detector.models.library import PURE_ROOTS

# Where all names of another piece of code can be reached. To read ``__code__`` or a frame changes nothing.
NAMESPACES = frozenset({"__globals__", "f_globals", "f_locals", "f_builtins", "__builtins__"})
# What a function or a class is made of: who assigns one of these exchanges the code.
CODE_PARTS = NAMESPACES | {
    *("__code__", "__closure__", "__defaults__", "__kwdefaults__", "cell_contents", "f_code", "gi_frame", "tb_frame"),
    *("__bases__", "__mro__", "f_lineno"),
}
# Methods of a mapping that write into it.
WRITERS = frozenset({"update", "setdefault", "__setitem__", "__ior__", "insert", "append", "extend", "__delitem__"})
# They write into what they are given, whatever that is.
SETTERS = frozenset({"__set__", "__delete__"})
# They look at what they are given, and change nothing of it.
_READING = PURE_ROOTS | {"inspect", "doctest", "unittest", "typing", "code", "importlib"}
_RUNNERS = frozenset({Replaces.RUNS_CODE, Replaces.MAKES_FUNCTION})
# What a wrapper may take over from what it wraps: names and texts.
_SHOWN = frozenset(
    {"__module__", "__name__", "__qualname__", "__doc__", "__annotations__", "__type_params__", "__dict__"}
)


@dataclass(frozen=True, slots=True)
class Replaced:
    """Something of a library, or of what is not known (``path`` is empty), that may stand for other code from here on.

    ``is_code``: a function or class is put in its place. ``is_patch``: for a time only, as ``unittest.mock`` does.
    ``functions``: all that it may stand for now, if these are functions of the program; empty if it may be more.
    ``is_alias``: it stands for another thing of a library.
    """

    unit: Unit
    path: str
    is_code: bool
    is_patch: bool = False
    functions: frozenset[Unit] = frozenset()
    is_alias: bool = False


class ReplacedCode:
    """Decides about every write that may exchange code."""

    def __init__(self, heap: Heap, state: State, records: Records) -> None:
        self._heap = heap
        self._state = state
        self._records = records
        self.modules = WrittenModules(heap)
        self.found: dict[tuple[Instr, str], Replaced] = {}

    # --- writes ------------------------------------------------------------------------------------------------------

    def attribute(self, obj: Obj, name: str | None, value: Value, instr: Instr, *, plainly: bool) -> None:
        """``obj.name = value`` (``None``: any name); ``plainly``: the front end sees it, and inlines nothing."""
        owner = of_namespace(obj)
        if (name == "__dict__" or obj.kind == "api") and any(is_own_namespace(held) for held in value.objs):
            self._note(instr, f"stores a namespace as {name or 'an attribute'}")
        if owner is not None:
            if name is not None:
                self._heap.put(self._heap.api(owner), name, value)
            self._of_module(owner, name, value, instr)
        elif name in CODE_PARTS and not gives_defaults(obj, name, value):
            self._note(instr, f"assigns {name}")
        elif obj.kind == "function":
            if name is None and not is_data(value):
                self._note(instr, f"assigns some attribute of {obj.name}()")
        elif obj.kind == "namespace":
            self._note(instr, "assigns into a namespace")
        elif obj.kind == "class":
            if not plainly and not is_data(value):
                self._note(instr, f"replaces a part of {obj.name} by other means than an assignment")
        elif obj.kind == "instance":
            self._of_instance(obj, name, value, instr, plainly=plainly)
        elif obj.kind == "api":
            self._of_module(obj.name, name, value, instr)

    def part(self, name: str, instr: Instr, base: Value = BOTTOM, value: Value = BOTTOM) -> None:
        """An attribute of this name is assigned, whatever it is of."""
        of_library = bool(base.objs) and every(gives_defaults(obj, name, value) for obj in base.objs)
        if name in CODE_PARTS and not of_library:
            self._note(instr, f"assigns {name}")

    def deleted(self, obj: Obj, name: str | None, instr: Instr) -> None:
        """``del obj.name``: behind it, there may be another one."""
        if obj.kind == "class":
            if name is None or is_inherited(obj, name):
                self._note(instr, f"deletes {name or 'some part'} of {obj.name}")
        elif obj.name in OWN:
            self._note(instr, f"deletes {name or 'some name'} of a module that may be this one")

    def _of_instance(self, obj: Obj, name: str | None, value: Value, instr: Instr, *, plainly: bool) -> None:
        if name == "__class__":
            if not plainly or not any(held.kind == "class" for held in value.objs):
                self._note(instr, f"assigns the class of a {obj.name}")
        elif name is None:
            if any(held.kind == "class" for held in value.objs):
                self._note(instr, f"assigns some attribute of a {obj.name}, which may be its class")
        elif not plainly and may_be_code(value):
            self._note(instr, f"replaces a method of a {obj.name} by other means than an assignment")

    def _of_module(self, owner: str, name: str | None, value: Value, instr: Instr) -> None:
        if owner in OWN:
            if name is None or name in CODE_PARTS or not value.consts:
                self._note(instr, f"assigns {name or 'some name'} of a module that may be this one")
            return
        if name is None:
            if not is_data(value):
                self._replaced(instr, owner, "", is_code=True)
            return
        path = f"{owner}.{name}"
        if path in replacers() and replacers()[path].how is Replaces.FINDS_MODULES:
            self._note(instr, f"assigns {path}")
        elif (self._may_be_own(owner) or owner == "builtins") and name in self._own_names() and not is_data(value):
            self._note(instr, f"assigns {path}, which may be of this module")
        elif not self._is_hook(path) and self._is_shared(owner, path, value):
            self._replaced(instr, owner, path, value, is_code=may_be_code(value))

    def _is_shared(self, owner: str, path: str, value: Value) -> bool:
        """Whether this is a module or a class, which everybody has, and what is stored there may matter to others."""
        if "()" in owner:
            return False
        is_module = owner in self._heap.modules or owner.partition(".")[0] in sys.stdlib_module_names
        is_type = owner.rpartition(".")[2][:1].isupper()
        return (is_module or is_type or path in known_apis()) and value.kind not in (NUM, STR)

    def item(self, obj: Obj, key: Value, value: Value, instr: Instr, *, is_own_name: bool = False) -> None:
        """``obj[key] = value``."""
        if obj.kind == "namespace":
            self._note(instr, "assigns into a namespace")
        elif obj.kind == "api" and _finds_modules(obj.name) and not is_own_name:
            self._note(instr, f"assigns into {obj.name}")
        elif of_namespace(obj) is not None:
            self.named(obj, key, value, instr)

    def named(self, obj: Obj, key: Value, value: Value, instr: Instr) -> None:
        """``obj.__dict__[key] = value``."""
        for name in _texts(key):
            self.attribute(obj, name, value, instr, plainly=False)

    def mapping(self, obj: Obj, name: str, args: Args, instr: Instr) -> None:
        """A method of a mapping, or of a list, that writes into it: ``obj.update(...)``."""
        if obj.kind == "namespace" and name in WRITERS | {"pop", "popitem", "clear"}:
            self._note(instr, f"changes a namespace by {name}()")
        if name not in WRITERS:
            return
        if obj.kind == "api" and _finds_modules(obj.name):
            self._note(instr, f"changes {obj.name} by {name}()")
        elif of_namespace(obj) is not None or obj.kind in ("class", "instance", "function"):
            for key, value in self._written(name, args):
                self.attribute(obj, key, value, instr, plainly=False)

    def _written(self, name: str, args: Args) -> list[tuple[str | None, Value]]:
        """The names that ``update``, ``setdefault`` and ``__setitem__`` write, and the values."""
        found: list[tuple[str | None, Value]] = [*args.named.items()]
        if name in ("setdefault", "__setitem__"):
            return [*found, *((key, args.at(1)) for key in _texts(args.first()))]
        for value in args.pos:
            for obj in ordered(value.objs):
                self._heap.touch(obj)
                keys = [(str(key), held) for key, held in obj.fields.items() if obj.kind == "dict"]
                found += keys
                if obj.elements is not BOTTOM or obj.kind != "dict":
                    found.append((None, self._heap.contents(obj)))
            if not value.objs:
                found.append((None, value))
        return found

    # --- calls -------------------------------------------------------------------------------------------------------

    def called(self, path: str, args: Args, instr: Instr) -> None:
        """A call of something of a library."""
        self.modules.called(path, args, instr)
        row = replacers().get(path)
        if row is None:
            owner = replacers().get(path.rpartition(".")[0])
            row = owner if owner is not None and owner.how is Replaces.MEMORY else None
        if row is None:
            self._getmembers(path, args, instr)
            self._interpreter(path, args, instr)
            if path.startswith("unittest.mock._patch"):
                self._replaced(instr, "", "", is_code=True, is_patch=True)
        elif row.how is Replaces.UNPICKLES:
            if any(names_code(const) for const in args.first().consts or ()):
                self._note(instr, f"{path}() of a constant")
        elif row.how is Replaces.PATCHES:
            self._patched(path.rpartition(".")[2], args, instr)
        elif row.how is Replaces.ADDRESSES:
            if not is_own_memory(args.first()):
                self._note(instr, f"{path}() of any address")
        elif row.how is Replaces.ASSIGNS:
            told = _told(args, path)
            if told and not every(map(self._are_shown, told)):
                self._note(instr, f"{path}() of more than names and texts")
        elif row.how is Replaces.MEMORY or (row.how in _RUNNERS and not is_seen(args.first())):
            self._note(instr, f"{path.removeprefix('builtins.')}()")

    def handed_on(self, path: str, instr: Instr) -> None:
        """Something of a library that is given to a call, which may call it with anything."""
        row = replacers().get(path)
        if row is not None and (row.how in _RUNNERS or row.how in (Replaces.MEMORY, Replaces.ADDRESSES)):
            self._note(instr, path.removeprefix("builtins."))

    def escapes(self, path: str, args: Args, instr: Instr) -> None:
        """A function of Python of which nothing is known may write into a namespace, or a module, that it is given.

        One of another library writes what it is there for, and not what the program says.
        """
        root = path.partition(".")[0]
        if root not in sys.stdlib_module_names or (root in _READING and (root != "builtins" or path.count(".") == 1)):
            return
        if any(is_own_namespace(obj) for value in args.everything() for obj in value.objs):
            self._note(instr, f"hands a namespace to {path}()")

    def _are_shown(self, told: Value) -> bool:
        known = [obj for obj in told.objs if obj.kind in CONTAINERS or obj.name.startswith("functools.WRAPPER_")]
        held = [self._heap.contents(obj).consts for obj in known]
        return bool(known) and len(known) == len(told.objs) and every(one is not None and one <= _SHOWN for one in held)

    def _getmembers(self, path: str, args: Args, instr: Instr) -> None:
        if path in ("inspect.getmembers", "inspect.getmembers_static"):
            kinds = {obj.kind for obj in args.first().objs}
            if kinds & {"function", "bound"} or any("frame" in obj.name for obj in args.first().objs):
                self._note(instr, "inspect.getmembers() of a function")

    def _interpreter(self, path: str, args: Args, instr: Instr) -> None:
        """``subprocess.run([sys.executable, "-c", text, name])``: a text of the program that gets outside data."""
        if path.partition(".")[0] not in ("subprocess", "os", "asyncio"):
            return
        for obj in ordered(args.first().objs):
            self._heap.touch(obj)
            flags = obj.fields.get(1, BOTTOM).consts or frozenset()
            text = obj.fields.get(2, BOTTOM)
            if obj.kind not in ("list", "tuple") or "-c" not in flags or not is_python(obj.fields[0]):
                continue
            reads = any(not names_called(const).isdisjoint(self._heap.rules.sink_names) for const in text.consts or ())
            if reads and self._heap.deep_all(args.everything())[0]:
                self._note(instr, "a text that another Python runs")

    def _owner(self, obj: Obj) -> str:
        """What a patched name is of, if that is known and not this module."""
        is_known = obj.kind == "api" and obj.name not in OWN and not obj.name.startswith("builtins.__")
        return obj.name if is_known else ""

    def _patched(self, how: str, args: Args, instr: Instr) -> None:
        if how in ("object", "multiple") or (how == "setattr" and not args.first().consts):
            names = [*args.named] if how == "multiple" else _texts(args.at(1))
            for owner in sorted({self._owner(obj) for obj in args.first().objs}) or [""]:
                for name in names:
                    path = f"{owner}.{name}" if owner and name else ""
                    self._replaced(instr, owner, path, is_code=True, is_patch=True)
            return
        for obj in ordered(args.first().objs):
            if of_namespace(obj) is not None or obj.kind == "namespace" or _finds_modules(obj.name):
                self._replaced(instr, "", "", is_code=True, is_patch=True)
        for target in _texts(args.first()):
            path = target or ""
            owner, _, name = path.rpartition(".")
            may_be_own = owner == "__main__" or (self._may_be_own(owner, by_name=True) and name in self._own_names())
            owner, path = ("", "") if may_be_own else (owner, path)
            self._replaced(instr, owner, path, is_code=how != "dict", is_patch=True)

    # --- the parts ---------------------------------------------------------------------------------------------------

    def _note(self, instr: Instr, what: str) -> None:
        self._records.dynamic_code(instr, what)

    def _replaced(
        self, instr: Instr, owner: str, path: str, value: Value = BOTTOM, *, is_code: bool, is_patch: bool = False
    ) -> None:
        known = self.found.get((instr, path))
        units = frozenset(obj.unit for obj in value.objs if obj.kind == "function" and obj.unit is not None)
        self.found[instr, path] = Replaced(
            self._heap.unit,
            path or (f"{owner}.*" if owner else ""),
            is_code or (known is not None and known.is_code),
            is_patch,
            units if len(units) == len(value.objs) and not value.mask else frozenset(),
            not value.mask and every(obj.kind == "api" and "()" not in obj.name for obj in value.objs),
        )

    def _is_hook(self, path: str) -> bool:
        row = replacers().get(path)
        return row is not None and row.how is Replaces.HOOK

    def _may_be_own(self, module: str, *, by_name: bool = False) -> bool:
        """Whether a module that is imported as a whole may be the program's own file: nobody else knows it."""
        root = module.partition(".")[0]
        return (by_name or module in self._heap.modules) and root not in known_modules()

    def _own_names(self) -> frozenset[str]:
        """The functions and classes of the module, and what it imports."""
        module = self._state.program.units[0]
        made = {unit.name for unit in self._state.program.units if unit.parent is module}
        bound = {str(instr.extra) for block in module.blocks for instr in block.instrs if instr.op == "assign"}
        return frozenset(made | bound)


def _told(args: Args, path: str) -> list[Value]:
    """What ``update_wrapper(f, g, assigned, updated)`` and ``wraps(g, assigned, updated)`` are told to take over."""
    place = 1 if path.endswith("wraps") else 2
    return [*args.pos[place:], *(args.named[name] for name in ("assigned", "updated") if name in args.named)]


def _finds_modules(path: str) -> bool:
    row = replacers().get(path)
    return row is not None and row.how is Replaces.FINDS_MODULES


def _texts(value: Value) -> list[str | None]:
    """The names that a value may be; ``None`` for any."""
    return [str(const) for const in sorted(value.consts, key=str)] if value.consts else [None]
