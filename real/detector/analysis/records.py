"""What the analysis notes for the rules on its way: calls they may ask about, sources, code made from text."""

from __future__ import annotations

from real.detector.analysis.callsites import Args, CallSite
from real.detector.analysis.heap import Heap
from real.detector.analysis.state import State
from real.detector.analysis.values import NO_OBJS, OTHER, STR, Step, Value
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import sources
from real.detector.models.kinds import SourceKind


class Records:
    """Calls, sources and dynamic code of one analysis."""

    def __init__(self, heap: Heap, state: State) -> None:
        self.heap = heap
        self.state = state
        self.sites: dict[tuple[Instr, str, str], CallSite] = {}  # the calls that rules may ask about
        self.possible: dict[Instr, CallSite] = {}  # the calls that may be any method
        self.unseen: dict[Instr, tuple[Unit, str]] = {}  # what could hide a flow: see ``engine``
        self.typed_at: set[Instr] = set()  # where standard input is read

    def source(self, path: str, instr: Instr) -> Value | None:
        """The untrusted value that a library name stands for, if it is a source."""
        known = sources().get(path)
        if known is None:
            return None
        mask = self.heap.rules.all
        if known.kind in (SourceKind.TERMINAL, SourceKind.HTTP):
            mask |= self.heap.rules.typed
        if known.kind is SourceKind.TERMINAL and instr.op != "import":
            self.typed_at.add(instr)
        kind = STR if path.endswith("input()") else OTHER
        why = Step(instr.line, known.note, None, known.kind, is_import=instr.op == "import")
        return Value(mask, why, NO_OBJS, None, kind)

    def dynamic_code(self, instr: Instr, what: str) -> None:
        """Note that code is made or exchanged here in a way that cannot be followed."""
        self.unseen.setdefault(instr, (self.heap.unit, f"dynamic code: {what}"))

    def record_call(
        self, name: str, path: str, args: Args, instr: Instr, receiver: Value | None = None, shift: int = 0
    ) -> bool:
        """Note a call that rules may ask about; returns whether its result is trusted, whatever goes in."""
        if name not in self.heap.rules.names:
            return False
        known = self.sites.get((instr, name, path))
        if known is None:
            site = CallSite(self.heap.unit, instr, name, path, args, receiver, shift, self._names(instr, name))
            self.sites[instr, name, path] = site
        else:
            known.args = known.args.joined(args) if args != known.args else args
            known.receiver = receiver
        return any(sink.trusted_result for _, sink in self.heap.rules.sinks(name, path))

    def _names(self, instr: Instr, name: str) -> bool:
        """Whether an instruction is a call of something of this name."""
        if instr.op == "method":
            return bool(instr.extra[0] == name)
        if instr.op != "call":
            return True
        callee = self.state.states[self.heap.unit].env[instr.args[0]]
        return not callee.objs or any(obj.name.rpartition(".")[2] == name for obj in callee.objs)

    def record_possible_sink(self, args: Args, instr: Instr) -> None:
        """A call of an attribute whose name is not known: it may be any sink, for untrusted data."""
        known = self.possible.get(instr)
        if known is None:
            self.possible[instr] = CallSite(self.heap.unit, instr, "getattr(...)", "", args)
        else:
            known.args = known.args.joined(args)
