"""Whether a program relies on what it replaces: the question that is left when all is known (``replaced_code``).

A name of a library that has been replaced hides something where the analysis trusts it by its name, or something that
stands in the same module and may call it: its result is trusted more than what goes in, it answers a test, or it
decorates a function. A sink that reads outside data is trusted with nothing.

A patch (``unittest.mock``) holds for a time: that of a test, or of a function that no outside data come into, is nobody
else's.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.exposure import guarded_blocks
from real.detector.analysis.guards import Guards
from real.detector.analysis.heap import Heap
from real.detector.analysis.records import Records
from real.detector.analysis.replaced_code import Replaced
from real.detector.analysis.state import State
from real.detector.analysis.values import Obj, Value
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import pattern_modules
from real.detector.models.kinds import SourceKind
from real.detector.models.library import CLEAN_CALLS

# Modules that are the inside of another one.
_INSIDES = {"posixpath": "os.path", "ntpath": "os.path", "genericpath": "os.path"}
_TEST_BASES = ("unittest.TestCase", "django.test.", "rest_framework.test.", "flask_testing.", "asynctest.")


class Reliance:
    """Answers for one program at its fixed point."""

    def __init__(self, heap: Heap, state: State, records: Records, guards: Guards) -> None:
        self._heap = heap
        self._records = records
        self._state = state
        self._guards = guards
        self._trusted: dict[tuple[Unit, str, bool], None] | None = None

    def hides(self, instr: Instr, replaced: Replaced) -> bool:
        """Whether the program goes on as if nothing had been replaced."""
        if replaced.is_patch and self._is_of_a_test(replaced.unit, instr):
            return False
        if not replaced.path or not replaced.path.rpartition(".")[0]:
            return True
        owner = replaced.path.rpartition(".")[0]
        of_class = owner.rpartition(".")[2][:1].isupper()
        module = owner if of_class else _module(replaced.path)
        if self._trusted is None:
            self._trusted = dict.fromkeys((unit, *trust) for unit in self._units() for trust in self._trusted_in(unit))
        return any(
            path == replaced.path
            or path.startswith((f"{replaced.path}.", f"{replaced.path}()"))
            or (replaced.is_code and module != "builtins" and path != replaced.path and self._is_in(path, module))
            for unit, path, is_called in self._trusted
            if _place(unit) not in map(_place, replaced.functions)  # which calls what it stands for now
            and (is_called or not replaced.is_alias)
        )

    @staticmethod
    def _is_in(path: str, owner: str) -> bool:
        """Whether something stands in the same module or class, and may call what has been replaced there."""
        return path.startswith((f"{owner}.", f"{owner}()"))

    def _units(self) -> list[Unit]:
        return [unit for unit in self._state.program.units if self._state.states[unit].reached]

    # --- what is trusted ---------------------------------------------------------------------------------------------

    def _trusted_in(self, unit: Unit) -> Iterator[tuple[str, bool]]:
        """What a unit trusts, and whether it calls that, or hands it to a call that it trusts."""
        env = self._state.states[unit].env
        instrs = [instr for block in unit.blocks for instr in block.instrs]
        used = {arg for instr in instrs for arg in instr.args}
        answers = set(_behind_tests(unit, instrs))
        tested = {self._guards.root(unit, _condition(unit, instr)) for instr in instrs if instr.op == "branch"}
        for instr in instrs:
            if instr.op == "decorate":
                yield from ((path, True) for path in _paths(env[instr.args[0]]))
            elif instr.op in ("call", "method") and instr.dst in used:
                yield from self._trusted_by(instr, env, is_test=instr.dst in tested, is_asked=instr.dst in answers)

    def _trusted_by(
        self, instr: Instr, env: list[Value], *, is_test: bool, is_asked: bool
    ) -> Iterator[tuple[str, bool]]:
        """What answers a test, and what takes away some rule's distrust of what it is given."""
        given = [env[arg] for arg in instr.args]
        outside, left = self._heap.deep_all(given)[0], self._heap.deep(env[instr.dst])[0]
        if not is_test and not outside:
            return
        called = _called(instr, env)
        handed = [path for value in given[1:] for path in _paths(value) if not path.endswith("()")]
        for path, is_called in (*((path, True) for path in called), *((path, False) for path in handed)):
            is_trusted = (
                is_test
                or (is_asked and not self._is_sink(path))
                or outside & ~left
                or self._heap.rules.cleans.get(path)
                or path in CLEAN_CALLS
            )
            if is_trusted and not self._is_read(path, instr):
                yield path, is_called

    def _is_sink(self, path: str) -> bool:
        """Whether a call reads data: what it answers is no check of them, but for regular expressions."""
        sinks = self._heap.rules.sinks(path.rpartition(".")[2], path)
        return any(True for _ in sinks) and _module(path) not in pattern_modules()

    def _is_read(self, path: str, instr: Instr) -> bool:
        """Whether a call is a sink, and what it reads comes from outside."""
        name = path.rpartition(".")[2]
        site = self._records.sites.get((instr, name, path))
        if site is None:
            return False
        for _, sink in self._heap.rules.sinks(name, path):
            read = [site.args.at(position + site.shift) for position in sink.positions]
            read += [site.args.named[keyword] for keyword in sink.keywords if keyword in site.args.named]
            if any(self._heap.deep(value)[0] for value in read):
                return True
        return False

    # --- patches -----------------------------------------------------------------------------------------------------

    def _is_of_a_test(self, unit: Unit, instr: Instr) -> bool:
        """Whether a patch is over before the outside calls anything."""
        if unit is self._state.program.units[0]:
            blocks = guarded_blocks(unit, self._guards)
            if any(instr in block.instrs for block in blocks):
                return True
        uses = [inner for block in unit.blocks for inner in block.instrs if instr.dst in inner.args]
        if uses and every(inner.op == "decorate" for inner in uses):
            decorated = [obj.unit for inner in uses for obj in self._decorated(unit, inner)]
            return every(
                inner is not None and (self._is_test(inner) or not self._takes_data(inner)) for inner in decorated
            )
        if self._is_test(unit):
            return True
        is_context = bool(uses) and every(inner.op in ("enter", "method", "attr") for inner in uses)
        is_context = is_context and any(inner.op == "enter" for inner in uses)
        return is_context and unit.kind != "class" and not self._takes_data(unit)

    def _is_test(self, unit: Unit) -> bool:
        """Whether a test runner calls a function: what it is given are fixtures, and no data for what it tests."""
        if not _is_named_as_test(unit):
            return False
        env = self._state.states[unit].env
        asked = {instr for instr, _, _ in self._records.sites} | self._state.callees.keys()
        handed = (
            env[arg]
            for block in unit.blocks
            for instr in block.instrs
            if (instr in asked or self._cleans(instr, env)) and not _is_patching(env[instr.args[0]])
            for arg in instr.args[1:]
        )
        entries = {value.why.first.entry for value in handed if value.mask and value.why is not None}
        return entries.isdisjoint((unit, SourceKind.HTTP))

    def _cleans(self, instr: Instr, env: list[Value]) -> bool:
        return instr.op in ("call", "method") and any(map(self._heap.rules.cleans.get, _called(instr, env)))

    def _decorated(self, unit: Unit, instr: Instr) -> list[Obj]:
        return [obj for obj in self._state.states[unit].env[instr.args[1]].objs if obj.kind in ("function", "class")]

    def _takes_data(self, unit: Unit) -> bool:
        """Whether a function has data that come in by its own parameters, or by something that it reads."""
        for value in self._state.states[unit].env:
            if value.mask and value.why is not None:
                entry = value.why.first.entry
                if entry is unit or isinstance(entry, SourceKind):
                    return True
        return False


def _behind_tests(unit: Unit, instrs: list[Instr]) -> Iterator[int]:
    """Everything that some branch of a unit depends on in its own code: ``ip_address(host).is_private``."""
    seen: set[int] = set()
    todo = [arg for instr in instrs if instr.op == "branch" for arg in instr.args]
    while todo:
        operand = todo.pop()
        made = unit.defs[operand]
        if operand in seen or made is None:
            continue
        seen.add(operand)
        yield operand
        todo += made.args


def _condition(unit: Unit, branch: Instr) -> int:
    """What a branch asks for, without ``not``."""
    operand: int = branch.args[0]
    made = unit.defs[operand]
    while made is not None and made.op == "unary":
        operand = made.args[0]
        made = unit.defs[operand]
    return operand


def _is_named_as_test(unit: Unit | None) -> bool:
    """Whether a test runner may call it, by its name: ``test...``, or what stands in one or in a class of tests."""
    while unit is not None:
        name = unit.name
        if unit.kind == "function" and (name.startswith("test") or name in ("setUp", "setUpClass", "tearDown")):
            return True
        if unit.kind == "class" and (name.startswith("Test") or name.endswith(("Test", "Tests", "TestCase"))):
            return True
        unit = unit.parent
    return False


def _is_patching(value: Value) -> bool:
    """``mocker.patch(...)`` and what such a call is of: a fixture, which holds whatever it was given."""
    return bool(value.mask) or any(obj.name.startswith(("unittest.mock.", "mock.", "pytest.")) for obj in value.objs)


def _place(unit: Unit) -> tuple[str, int]:
    """The same for a function and for copies of it."""
    return unit.name, getattr(unit.node, "lineno", 0)


def _module(path: str) -> str:
    """The module that something stands in: ``uuid`` of ``uuid.UUID.__str__``."""
    parts = path.split(".")[:-1]
    while len(parts) > 1 and parts[-1][:1].isupper():
        parts.pop()
    module = ".".join(parts)
    return _INSIDES.get(module, module)


def _called(instr: Instr, env: list[Value]) -> list[str]:
    suffix = f".{instr.extra[0]}" if instr.op == "method" else ""
    return [f"{path}{suffix}" for path in _paths(env[instr.args[0]])]


def _paths(value: Value) -> list[str]:
    return [obj.name for obj in value.objs if obj.kind == "api"]
