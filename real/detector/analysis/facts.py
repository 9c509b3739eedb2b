"""What a rule may ask about a program once the analysis has reached its fixed point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.derived import Derived, in_source
from real.detector.analysis.flows import trace_of
from real.detector.analysis.heap import MAPPINGS
from real.detector.analysis.operations import Operation
from real.detector.analysis.returned import Pieces, Returned
from real.detector.analysis.slices import Origin, Reads
from real.detector.analysis.values import Constant, Value
from real.detector.analysis.witness import every
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.control_dependence import ControlFlow
from real.detector.ir.instructions import Block, Edge, Instr, Unit
from real.detector.models.kinds import SourceKind
from real.detector.models.library import names
from real.types import TraceStep

Predicate: TypeAlias = "Callable[[Atom, Reads], bool]"
T = TypeVar("T")
_HOST_OF_URL = (("host",), ("hostname",), ("netloc",))  # attributes of pydantic's, httpx's and yarl's URLs
# Modules whose results hold nothing but what they are given.
_DATA_MODULES = names("io json hashlib base64 zlib gzip bz2 lzma re copy string textwrap binascii struct")
_MAX_CALLERS = 3  # levels of callers in which a check may be


def _decides(tested: Origin, origin: Origin) -> bool:
    """Whether a test of one tells something of the other: it is the same, holds it, or is the host of it as a URL."""
    if tested.covers(origin):
        return True
    return origin.covers(tested) and tested.path[len(origin.path) :] in _HOST_OF_URL


class Facts:
    """The queries, for one rule (``bit`` is its bit in taint masks).

    Operands are value numbers of a unit, as in ``Instr.args``; units are functions, classes and the module.
    """

    def __init__(self, derived: Derived, bit: int) -> None:
        self._derived = derived
        self._slicer = derived.slicer
        self._solver = derived.solver
        self.bit = bit

    def shared(self, make: Callable[[Facts], T]) -> T:
        """What ``make`` finds, once for all rules; it must not ask what is untrusted, which each rule says."""
        known = self._derived.shared
        if make not in known:
            known[make] = make(self)
        return cast("T", known[make])

    # --- functions ---------------------------------------------------------------------------------------------------

    @property
    def units(self) -> tuple[Unit, ...]:
        """The module, classes and functions of the program."""
        return self._solver.state.program.units

    @property
    def functions(self) -> list[Unit]:
        """The functions, methods and lambdas of the program, in source order."""
        return [unit for unit in self._solver.state.program.units if unit.kind == "function"]

    def is_open(self, unit: Unit) -> bool:
        """Whether the outside can call a function: see ``exposure``."""
        return self._solver.state.is_open(unit)

    def declarations(self, unit: Unit) -> Reads:
        """What the decorators of a function and the decorators and bases of its class are made from."""
        found = Reads()
        for holder in (unit, unit.parent):
            if holder is not None and holder in self._derived.declarations:
                found.update(self._derived.declarations[holder])
        return found

    def defaults(self, unit: Unit) -> dict[str, Reads]:
        """Parameter -> what its default value is made from (``Depends(current_user)``)."""
        return self._derived.defaults.get(unit, {})

    def instructions(self, unit: Unit, *ops: str) -> Sequence[Instr]:
        """The instructions of a unit, of these opcodes where any are named, each before those that it dominates."""
        known = self._derived.listed.get((unit, ops))
        if known is None:
            everything = (instr for block in unit.blocks for instr in block.instrs)
            known = [instr for instr in everything if instr.op in ops] if ops else list(everything)
            self._derived.listed[unit, ops] = known
        return known

    def steps(self, *ops: str) -> Iterator[tuple[Unit, Instr]]:
        """The instructions of the program, of these opcodes where any are named, each with its unit."""
        return self._steps(self.units, ops)

    def function_steps(self, *ops: str) -> Iterator[tuple[Unit, Instr]]:
        """Those of functions, and not of the module or of bodies of classes."""
        return self._steps(self.functions, ops)

    def _steps(self, units: Iterable[Unit], ops: tuple[str, ...]) -> Iterator[tuple[Unit, Instr]]:
        return ((unit, step) for unit in units for step in self.instructions(unit, *ops))

    # --- calls -------------------------------------------------------------------------------------------------------

    def calls(self, *names: str) -> list[CallSite]:
        """The calls of these qualified names (``hashlib.new``) or method names (``execute``), in source order.

        Only names that a rule's tables or ``watches`` name (by their last component) are recorded.
        """
        sites = self._derived.sites
        wanted = names if len(names) == 1 else [name for name in names if name in sites]
        if len(wanted) < 2:
            return list(sites.get(wanted[0], ())) if wanted else []
        return sorted({site: None for name in wanted for site in sites[name]}, key=in_source)

    def tabled(self, table: Mapping[str, T]) -> Iterator[tuple[CallSite, T]]:
        """The calls of the names of a table, each with its entry: the table may be long, a program has few calls."""
        for name, sites in self._derived.sites.items():
            if name in table:
                for site in sites:
                    yield site, table[name]

    def library_names(self, unit: Unit, instr: Instr) -> frozenset[str]:
        """The qualified library names that a call instruction may call."""
        return self._slicer.library_names(unit, instr)

    def called(self, instr: Instr) -> list[Unit]:
        """The program's own functions that a call instruction calls."""
        return [unit for unit, _ in self._slicer.called_units(instr)]

    def run_by(self, unit: Unit, instr: Instr) -> list[Unit]:
        """Of the functions that a call instruction calls, those that run: no coroutine that nobody awaits."""
        return [callee for callee, _ in self._slicer.run_units(unit, instr)[0]]

    def call_sites(self, unit: Unit) -> list[tuple[Unit, Instr, int]]:
        """The calls of a function of the program: (caller, call instruction, 1 if ``self`` is bound)."""
        return self._derived.call_sites.get(unit, [])

    def copied_into(self, unit: Unit) -> tuple[Unit, ...]:
        """The functions that have the code of a function in place of calls of it."""
        return self._solver.state.program.copied_into(unit)

    def passed(self, caller: Unit, call: Instr, unit: Unit, bound: int, param: str) -> list[int]:
        """The operands of a call that a parameter may take; any, where a library calls the function for the program."""
        callee = self.value(caller, call.args[0])
        if any(obj.kind == "api" for obj in callee.objs) or (call.op == "method" and not callee.objs):
            return [operand for operand in call.args if isinstance(operand, int)]
        return passed_operands(call, unit, bound).get(param, [])

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, unit: Unit, operand: int) -> Value:
        """The abstract value of an operand."""
        return self._solver.state.states[unit].env[operand]

    def constants(self, unit: Unit, operand: int) -> frozenset[Constant]:
        """The constants that an operand may be; empty if it may be something else."""
        return self.value(unit, operand).consts or frozenset()

    def is_untrusted(self, value: Value) -> bool:
        """Whether a value, or something it contains, may come from outside."""
        return bool(self._solver.heap.deep(value)[0] & self.bit)

    def elements(self, value: Value) -> frozenset[Constant]:
        """The constants among what a container holds (the keys of a dict), or that a value may be itself."""
        found = set(value.consts or ())
        for obj in value.objs:
            held = self._solver.heap.key_of(obj) if obj.kind in MAPPINGS else self._solver.heap.contents(obj)
            found |= held.consts or frozenset()
            for inner in obj.fields.values() if obj.kind not in MAPPINGS else ():
                found |= inner.consts or frozenset()  # also where others may have been added
        return frozenset(found)

    def trace(self, value: Value) -> tuple[TraceStep, ...]:
        """How an untrusted value came to be so, from the source on."""
        return trace_of(self._solver.heap.deep(value)[1])

    def entry(self, value: Value) -> SourceKind | Unit | None:
        """Where an untrusted value enters the program: the kind of source, or the function whose parameter it is."""
        step = self._solver.heap.deep(value)[1]
        return step.first.entry if step is not None else None

    def reads(self, unit: Unit, operand: int) -> Reads:
        """Everything that an operand depends on."""
        return self._slicer.reads(unit, operand)

    def definitions(self, unit: Unit, *operands: int) -> list[Instr]:
        """The instructions of the unit that the operands depend on, nearest first."""
        return self._slicer.definitions(unit, list(operands))

    def is_returned(self, unit: Unit, instr: Instr) -> bool:
        """Whether what an instruction makes, or a part of it, is returned as it is."""
        return bool(self.returns_of(unit, instr))

    def returns_of(self, unit: Unit, instr: Instr) -> list[Instr]:
        """The returns that hand out what an instruction makes, or a part of it, as it is."""
        return [
            other
            for other in self.instructions(unit)
            if other.op in ("return", "yield") and instr in self._slicer.parts(unit, other.args[0])
        ]

    def origins(self, unit: Unit, operands: Iterable[int]) -> set[Origin]:
        """Where the untrusted part of the operands enters the unit."""
        return self._slicer.origins(unit, list(operands), self.bit)

    def pieces(self, unit: Unit, operand: int) -> Pieces:
        """The pieces that a text is put together from."""
        return self._derived.texts.pieces(unit, operand)

    def is_used(self, unit: Unit, param: str) -> bool:
        """Whether the function, or a function inside it, reads a parameter for more than printing and logging."""
        return self._derived.uses.is_used(unit, param)

    def is_idle(self, unit: Unit, instr: Instr) -> bool:
        """Whether nothing depends on a value: it is not read, or only by tests after which the same is done."""
        return self._derived.uses.is_idle(unit, instr)

    def does_nothing(self, unit: Unit) -> bool:
        """Whether a function of the program returns a constant, whatever it is given."""
        return self._derived.uses.does_nothing(unit)

    # --- operations and the tests that control them ------------------------------------------------------------------

    def operations(self, unit: Unit) -> list[Operation]:
        """Stores into, deletions from and readings of shared containers, in program order."""
        return self._derived.operations.of(unit)

    def returned(self) -> list[Returned]:
        """What exported functions return, yield included."""
        return [
            Returned(unit, instr, instr.args[0])
            for unit in self.functions
            if self.is_open(unit)
            for instr in self.instructions(unit)
            if instr.op in ("return", "yield")
        ]

    def before(self, unit: Unit, instr: Instr) -> list[Instr]:
        """The instructions that have been completed whenever ``instr`` is reached, latest first."""
        return self._control(unit).before(instr)

    def controlling_tests(self, unit: Unit, instr: Instr) -> list[Atom]:
        """The elementary tests that decide whether ``instr`` is reached.

        They come from the branches it depends on, also through ``and``, ``or``, ``not``, ``any()``, flags and helper
        functions that return a truth value, and from helpers called before that do not return unless a test holds.
        """
        return self._derived.tests.of(unit, instr)

    def atoms(self, unit: Unit, condition: int) -> list[Atom]:
        """The elementary tests behind the condition of a branch, whatever it controls."""
        return self._derived.conditions.atoms(unit, condition, None, necessary=False)

    def outcomes(self, unit: Unit, branch: Instr, sense: bool) -> tuple[Block, list[Atom]]:
        """Where an outcome of a branch leads, past blocks that do nothing, and the tests as they hold there."""
        block = self._control(unit).target(branch, sense)
        return block, self._derived.conditions.atoms(unit, branch.args[0], sense, necessary=True)

    def is_existence_test(self, atom: Atom) -> bool:
        """Whether a test only asks whether something is there, of what type or how long it is."""
        return self._derived.existence.is_test(atom)

    def asks_existence(self, unit: Unit, instr: Instr) -> bool:
        """The same of a comparison or a call, whatever is done with the answer."""
        return self._derived.existence.is_asked(unit, instr)

    def atom_reads(self, atom: Atom) -> Reads:
        """Everything that the operands of a test depend on, in terms of the function that is controlled by it."""
        return self._derived.conditions.reads(atom)

    def is_controlled(self, unit: Unit, instr: Instr, by: Predicate, depth: int = 0) -> bool:
        """Whether some controlling test satisfies ``by``, in the function itself or in all its callers."""
        if any(by(atom, self.atom_reads(atom)) for atom in self.controlling_tests(unit, instr)):
            return True
        sites = self.call_sites(unit)
        if not sites or self.is_open(unit) or depth >= _MAX_CALLERS:
            return False
        return every(self.is_controlled(caller, call, by, depth + 1) for caller, call, _ in sites)

    def is_prevented(self, unit: Unit, instr: Instr, alike: Iterable[Instr], by: Predicate, depth: int = 0) -> bool:
        """Whether some controlling test that satisfies ``by`` has an outcome that rules out ``instr`` and ``alike``.

        Unlike ``is_controlled``, a test does not count where both outcomes lead to the same thing, be it at another
        place: ``alike`` are the instructions of the unit that do the same. The test may also be in all callers.
        """
        control = self._control(unit)
        for branch, sense in control.deciding(control.home[instr], {control.home[other] for other in (instr, *alike)}):
            atoms = self._derived.conditions.atoms(unit, branch.instr.args[0], sense, branch.necessary)
            if any(by(atom, self.atom_reads(atom)) for atom in atoms):
                return True
        if any(by(atom, self.atom_reads(atom)) for atom in self._derived.tests.of_helpers(unit, instr)):
            return True
        sites = self.call_sites(unit)
        if not sites or self.is_open(unit) or depth >= _MAX_CALLERS:
            return False
        return every(self.is_prevented(caller, call, (), by, depth + 1) for caller, call, _ in sites)

    def is_guarded(self, unit: Unit, instr: Instr | Block | Edge, operands: Iterable[int], by: Predicate) -> bool:
        """Whether each origin of the untrusted data in ``operands`` passes, on every way to ``instr``, a test as ``by``
        says. A block stands for its beginning.

        ``by`` is asked about tests that read the origin, with the outcome that leads on. Where the origin is a
        parameter of a function that only the program calls, the test may also be in all callers.
        """
        return self._origins_guarded(unit, instr, list(operands), by, 0)

    def _origins_guarded(
        self, unit: Unit, instr: Instr | Block | Edge, operands: list[int], by: Predicate, depth: int
    ) -> bool:
        origins = self.origins(unit, operands)
        origins = {origin for origin in origins if not self._is_library(unit, origin)} or origins
        return bool(origins) and every(
            not self._reached_untested(unit, instr, origin, by) or self._guarded_by_callers(unit, origin, by, depth)
            for origin in origins
        )

    def _is_library(self, unit: Unit, origin: Origin) -> bool:
        """``io`` in ``io.BytesIO(data)``: the module that is asked, beside the data that it is given."""
        value = self.value(unit, origin.instr.dst)
        is_plain = bool(value.objs) and every(
            obj.kind == "api" and obj.name.partition(".")[0] in _DATA_MODULES for obj in value.objs
        )
        return origin.instr.op == "cell" and not origin.path and is_plain and not value.mask

    def _reached_untested(self, unit: Unit, goal: Instr | Block | Edge, origin: Origin, by: Predicate) -> bool:
        """Whether some way from the entry to ``goal`` has no outcome of a test of the origin that ``by`` accepts.

        A way on which the origin is empty or missing carries nothing from outside.
        """

        def passes(atom: Atom) -> bool:
            if not atom.necessary:
                return False
            if self._is_missing(unit, atom, origin):
                return True
            reads = self.atom_reads(atom)
            return any(_decides(tested, origin) for tested in reads.origins) and by(atom, reads)

        return not self._derived.tests.passes_on_every_way(unit, goal, passes)

    def _is_missing(self, unit: Unit, atom: Atom, origin: Origin) -> bool:
        """``if not url``: the origin itself, and not something that was computed from it, is false."""
        if atom.unit is not unit or atom.op not in ("truth", "call") or atom.sense is not False:
            return False
        return self._slicer.origin_itself(unit, atom.instr.dst) == origin

    def passes_on_every_way(self, unit: Unit, goal: Instr | Block | Edge, passes: Callable[[Atom], bool]) -> bool:
        """Whether each way from the entry of a unit to ``goal`` has an outcome of a test that ``passes`` accepts."""
        return self._derived.tests.passes_on_every_way(unit, goal, passes)

    def _guarded_by_callers(self, unit: Unit, origin: Origin, by: Predicate, depth: int) -> bool:
        sites = self.call_sites(unit)
        if origin.instr.op != "param" or not sites or self.is_open(unit) or depth >= _MAX_CALLERS:
            return False
        tested = False
        for caller, call, bound in sites:
            operands = self.passed(caller, call, unit, bound, str(origin.instr.extra))
            untrusted = [operand for operand in operands if self.is_untrusted(self.value(caller, operand))]
            if not operands or (untrusted and not self._origins_guarded(caller, call, untrusted, by, depth + 1)):
                return False
            tested = tested or bool(untrusted)
        return tested

    def _control(self, unit: Unit) -> ControlFlow:
        return self._derived.control_of(unit)
