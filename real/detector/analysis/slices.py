"""Data dependence: what a value is computed from, followed backwards through SSA and one level of calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from real.detector.analysis.callsites import library_paths
from real.detector.analysis.executed import has_run
from real.detector.analysis.solver import Solver
from real.detector.analysis.values import Constant
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.instructions import GlobalName, Instr, Unit
from real.detector.models.catalogue import sources
from real.detector.models.library import HARMLESS_METHODS

_MUTATORS = frozenset({"add", "setsub", "merge", "member", "setattr"})
_MUTATING_METHODS = frozenset({"append", "add", "extend", "update", "insert", "setdefault", "appendleft"})
_PASSING = frozenset(
    {"assign", "copy", "pi", "pathload", "phi", "build", "sub", "attr", "slice", "await", "iterate", "unpack"}
)
_ACCESSORS = frozenset({"get", "pop", "setdefault", "copy", "values", "items", "__getitem__"})
_CONVERSIONS = frozenset(
    {"builtins.dict", "builtins.list", "builtins.tuple", "builtins.str", "flask.jsonify", "json.dumps", "copy.copy"}
)
_MAX_CALL_DEPTH = 2
_MAX_PATH = 4  # keys and attributes of an origin that are told apart
_MODULE = (0,)  # the owner of global variables
_HOLDERS = frozenset({"cell", "builtin", "import", "attr", "assign"})
_ENTRIES = frozenset({"param", "cell", "builtin", "import"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data enters a unit: a parameter, a name or a call without operands, and the constant keys and attributes
    that were taken from it at once (``request``, ``("args", "q")``)."""

    instr: Instr
    path: tuple[Constant, ...] = ()

    def covers(self, other: Origin) -> bool:
        """Whether what is known of this holds of ``other``, which is it or a part of it."""
        return self.instr is other.instr and other.path[: len(self.path)] == self.path


@dataclass(slots=True)
class Reads:
    """Everything a value depends on.

    ``params`` and ``names`` (globals, closure variables, undefined names) are what enters the unit; ``attributes``,
    ``keys`` (constant subscripts and first arguments of ``get``), ``calls`` (method names and qualified library names,
    names of own functions) and ``constants`` are met on the way. ``origins`` are the places where the data comes from.
    """

    params: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    keys: set[Constant] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    constants: set[Constant] = field(default_factory=set)
    origins: set[Origin] = field(default_factory=set)

    def update(self, other: Reads) -> None:
        """Add all that ``other`` has."""
        self.params |= other.params
        self.names |= other.names
        self.attributes |= other.attributes
        self.keys |= other.keys
        self.calls |= other.calls
        self.constants |= other.constants
        self.origins |= other.origins

    def without_parameters(self) -> Reads:
        """The same, as seen from outside the unit."""
        return replace(self, params=set(), origins=set())

    @property
    def called(self) -> set[str]:
        """The last components of what is called: ``loads`` of ``json.loads``."""
        return {call.rpartition(".")[2] for call in self.calls}

    @property
    def last_names(self) -> set[str]:
        """The last components of the names: ``request`` of ``flask.request``."""
        return {name.rpartition(".")[2] for name in self.names}

    @property
    def last_words(self) -> set[str]:
        """The last components of all names met."""
        return {word.rpartition(".")[2] for word in self.words}

    @property
    def words(self) -> set[str]:
        """All names met: parameters, globals, attributes, text keys and the last components of what is called."""
        last = {call.rpartition(".")[2].removesuffix("()") for call in self.calls}
        return {
            *self.params,
            *self.names,
            *self.attributes,
            *last,
            *(key for key in self.keys if isinstance(key, str)),
        }


class Slicer:
    """Backward slices over the fixed point of one analysis, each computed once."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self._known: dict[tuple[Unit, int, int], Reads] = {}
        self._stores: dict[Unit, dict[int, list[Instr]]] = {}
        self._names: dict[Instr, frozenset[str]] = {}

    def reads(self, unit: Unit, operand: int, depth: int = 0) -> Reads:
        """What ``operand`` of ``unit`` depends on."""
        key = (unit, operand, depth)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Reads(origins=self.origins(unit, [operand]))
            for instr in self.definitions(unit, [operand]):
                self._note(unit, instr, found, depth)
        return found

    def definitions(self, unit: Unit, operands: list[int], bit: int = 0) -> list[Instr]:
        """The instructions of ``unit`` that the operands depend on, nearest first.

        With ``bit``, only along values that are untrusted for that rule. What was put into a container counts as what
        the container was made from.
        """
        env = self.solver.state.states[unit].env
        seen: set[int] = set()
        found: list[Instr] = []
        work = list(operands)
        while work:
            operand = work.pop()
            if operand in seen or operand >= len(unit.defs):
                continue
            seen.add(operand)
            if bit and not self.solver.heap.deep(env[operand])[0] & bit:
                continue
            instr = unit.defs[operand]
            if instr is None:
                continue
            found.append(instr)
            work += _data_operands(instr)
            if instr.op == "function":
                work += _captured(unit, instr)
            for store in self.stores_into(unit).get(operand, ()):
                work += [arg for arg in store.args[1:] if isinstance(arg, int)]
        self.solver.heap.spend(len(seen))
        return found

    def parts(self, unit: Unit, operand: int) -> set[Instr]:
        """The instructions whose results are the operand, or are in it or around it: through copies, items, attributes
        and containers, not through what is computed from them."""
        found: set[Instr] = set()
        work = [operand]
        while work:
            current = work.pop()
            instr = unit.defs[current] if current < len(unit.defs) else None
            if instr is None or instr in found:
                continue
            found.add(instr)
            if instr.op in _PASSING or (instr.op == "method" and instr.extra[0] in _ACCESSORS):
                work += _data_operands(instr) if instr.op in ("phi", "build") else instr.args[:1]
            elif instr.op == "call" and self.library_names(unit, instr) & _CONVERSIONS:
                work += instr.args[1:]
            for store in self.stores_into(unit).get(current, ()):
                work += [arg for arg in store.args[1:] if isinstance(arg, int)]
        self.solver.heap.spend(len(found))
        return found

    def origins(  # noqa: PLR0912
        self, unit: Unit, operands: list[int], bit: int = 0
    ) -> set[Origin]:
        """Where the operands come from; with ``bit``, only along values that are untrusted for that rule."""
        env = self.solver.state.states[unit].env
        found: set[Origin] = set()
        work: list[tuple[int, tuple[Constant, ...]]] = [(operand, ()) for operand in operands]
        seen = set(work)
        while work:
            operand, path = work.pop()
            instr = unit.defs[operand] if operand < len(unit.defs) else None
            if instr is None:
                continue
            if bit and not self.solver.heap.deep(env[operand])[0] & bit and not (path and instr.op in _HOLDERS):
                continue  # what outside data is read from need not be such itself: sys of sys.argv
            following: list[tuple[int, tuple[Constant, ...]]] = []
            key = self._access(unit, instr)
            if key is not None and self._is_part_from_outside(unit, instr):
                base = unit.defs[self.solver.guards.root(unit, instr.args[0])] or instr
                found.add(Origin(base, (key, *path)[:_MAX_PATH]))
                continue
            if key is not None:
                following = [(instr.args[0], (key, *path)[:_MAX_PATH])]
            elif instr.op in ("pi", "pathload", "assign", "copy"):
                following = [(instr.args[0], path)]
            elif instr.op == "phi":
                following = [(arg, path) for arg in instr.args]
            else:
                following = [(arg, ()) for arg in _data_operands(instr)]
            if instr.op == "function":
                following += [(arg, ()) for arg in _captured(unit, instr)]
            for store in self.stores_into(unit).get(operand, ()):
                following += [(arg, ()) for arg in store.args[1:] if isinstance(arg, int)]
            if instr.op in _ENTRIES or (instr.op in ("call", "method") and self._is_source(unit, instr, bit)):
                found.add(Origin(instr, path))
            for step in following:
                if step not in seen:
                    seen.add(step)
                    work.append(step)
        self.solver.heap.spend(len(seen))
        return found

    def origin_itself(self, unit: Unit, operand: int) -> Origin | None:
        """The origin that an operand is, as it is or trimmed; ``None`` for what was computed from one."""
        found = self.origins(unit, [operand])
        path: tuple[Constant, ...] = ()
        instr = unit.defs[self.solver.guards.root(unit, operand)]
        while instr is not None and len(found) == 1:
            if Origin(instr, path[:_MAX_PATH]) in found:
                return next(iter(found))
            key = self._access(unit, instr)
            trims = instr.op == "method" and instr.extra[0] in HARMLESS_METHODS and len(instr.args) == 1
            if key is None and not trims:
                return None
            path = path if key is None else (key, *path)
            instr = unit.defs[self.solver.guards.root(unit, instr.args[0])]
        return None

    def _is_source(self, unit: Unit, instr: Instr, bit: int) -> bool:
        """Whether data enters by a call: one without operands, or of harmless ones with an untrusted result."""
        if len(instr.args) == 1:
            return True
        env, deep = self.solver.state.states[unit].env, self.solver.heap.deep
        bits = bit or -1
        if not deep(env[instr.dst])[0] & bits:
            return False
        return not any(deep(env[arg])[0] & bits for arg in instr.args if isinstance(arg, int))

    def _is_part_from_outside(self, unit: Unit, instr: Instr) -> bool:
        """Whether outside data enters by an attribute of what a library has made, whatever that was made from.

        Or by one that a base class of a library gives an object of the program: ``self.request`` of a view.
        """
        env, deep = self.solver.state.states[unit].env, self.solver.heap.deep
        objs = env[instr.args[0]].objs if instr.op == "attr" else ()
        if any(obj.kind == "instance" for obj in objs) and deep(env[instr.dst])[0] and not deep(env[instr.args[0]])[0]:
            return True
        return any(obj.name.endswith("()") and f"{obj.name}.{instr.extra}" in sources() for obj in objs)

    def _access(self, unit: Unit, instr: Instr) -> Constant:
        """The attribute or constant key that an instruction takes from its first operand; ``None`` for any other."""
        if instr.op == "attr":
            return str(instr.extra)
        if instr.op == "sub" or (instr.op == "method" and instr.extra[0] == "get" and len(instr.args) > 1):
            keys = self._constants(unit, instr.args[1])
            return next(iter(keys)) if len(keys) == 1 else None
        return None

    def called_units(self, instr: Instr) -> list[tuple[Unit, int]]:
        """The program's own functions that a call instruction calls, with 1 where ``self`` is bound."""
        return list(self.solver.state.callees.get(instr, ()))

    def run_units(self, unit: Unit, instr: Instr) -> tuple[list[tuple[Unit, int]], bool]:
        """Of the functions that a call may call those that have run behind it; whether it certainly was this one."""
        called = self.called_units(instr)
        run = [(callee, bound) for callee, bound in called if has_run(unit, instr, callee)]
        return run, len(called) == 1 and not self.library_names(unit, instr)

    def library_names(self, unit: Unit, instr: Instr) -> frozenset[str]:
        """The qualified library names that a call instruction may call."""
        if instr.op not in ("call", "method") or not isinstance(instr.args[0], int):
            return frozenset()
        known = self._names.get(instr)
        if known is None:
            known = library_paths(self.solver.state.states[unit].env[instr.args[0]])
            if instr.op == "method":
                known = frozenset(f"{path}.{instr.extra[0]}" for path in known)
            self._names[instr] = known
        return known

    def _note(self, unit: Unit, instr: Instr, found: Reads, depth: int) -> None:
        op = instr.op
        if op == "param":
            found.params.add(str(instr.extra))
        elif op in ("cell", "builtin"):
            found.names.add(str(instr.extra[1]))
            for owner, store in self._global_stores.get(instr.extra, ()) if depth < _MAX_CALL_DEPTH else ():
                self._note_store(unit, owner, store, found, depth + 1)
        elif op == "import" or (op == "assign" and isinstance(instr.extra, GlobalName)):
            found.names.add(str(instr.extra))
        elif op == "const":
            found.constants.add(_hashable(instr.extra))
        elif op == "attr":
            found.attributes.add(str(instr.extra))
        elif op == "sub":
            found.keys |= self._constants(unit, instr.args[1])
        elif op in ("call", "method"):
            self._note_call(unit, instr, found, depth)

    def _note_store(self, unit: Unit, owner: Unit, store: Instr, found: Reads, depth: int) -> None:
        """What a function puts into a global variable, also where that is what this unit passes to it."""
        reads = self.reads(owner, store.args[0], depth)
        found.update(reads.without_parameters())
        for block in unit.blocks if reads.params else ():
            for call in block.instrs:
                for callee, bound in self.called_units(call) if call.op in ("call", "method") else ():
                    for name in reads.params if callee is owner else ():
                        for operand in passed_operands(call, callee, bound).get(name, ()):
                            found.update(self.reads(unit, operand, depth))

    @cached_property
    def _global_stores(self) -> dict[object, list[tuple[Unit, Instr]]]:
        """Global variable -> where functions assign it."""
        found: dict[object, list[tuple[Unit, Instr]]] = {}
        for unit in self.solver.state.program.units:
            for block in unit.blocks if unit.kind == "function" else ():
                for instr in block.instrs:
                    if instr.op == "setcell" and instr.extra[0] == _MODULE:
                        found.setdefault(instr.extra, []).append((unit, instr))
        return found

    def _note_call(self, unit: Unit, instr: Instr, found: Reads, depth: int) -> None:
        found.calls |= self.library_names(unit, instr)
        if instr.op == "method":
            found.calls.add(str(instr.extra[0]))
            if instr.extra[0] in ("get", "getlist", "pop", "setdefault") and len(instr.args) > 1:
                found.keys |= self._constants(unit, instr.args[1])
        for callee, _ in self.called_units(instr):
            found.calls.add(callee.name)
            if depth < _MAX_CALL_DEPTH:
                for block in callee.blocks:
                    for inner in block.instrs:
                        if inner.op == "return":
                            found.update(self.reads(callee, inner.args[0], depth + 1).without_parameters())

    def _constants(self, unit: Unit, operand: int) -> frozenset[Constant]:
        return self.solver.state.states[unit].env[operand].consts or frozenset()

    def stores_into(self, unit: Unit) -> dict[int, list[Instr]]:
        """Container operand -> the instructions that put something into it; through copies of its name as well."""
        known = self._stores.get(unit)
        if known is None:
            known = self._stores[unit] = {}
            for block in unit.blocks:
                for instr in block.instrs:
                    if instr.op in _MUTATORS or (instr.op == "method" and instr.extra[0] in _MUTATING_METHODS):
                        target = self.solver.guards.root(unit, instr.args[0])
                        known.setdefault(target, []).append(instr)
        return known


def _data_operands(instr: Instr) -> list[int]:
    if instr.op in ("pi", "pathload", "slice"):
        return [instr.args[0]]  # the other operand is the test, or how much is taken
    if instr.op == "caught":
        return [*instr.args, *(arg for raiser in instr.extra for arg in raiser.args if isinstance(arg, int))]
    return [arg for arg in instr.args if isinstance(arg, int)]


def _captured(unit: Unit, instr: Instr) -> list[int]:
    """What a function inside, ``lambda: handle.read(8192)``, takes from the names of the unit around it."""
    inner = instr.extra[0]
    wanted = {step.extra for block in inner.blocks for step in block.instrs if step.op == "cell"}
    steps = (step for block in unit.blocks for step in block.instrs if step.op == "setcell")
    return [step.args[0] for step in steps if step.extra in wanted] if wanted else []


def _hashable(const: object) -> Constant:
    return const if isinstance(const, (str, bytes, int, float, bool, type(None))) else repr(const)
