"""Operations that may need permission: changes and readings of what a function shares with its environment, and calls.

A container is shared if it comes from a parameter, a global or closure variable, an attribute of ``self``, or a name
that the program leaves undefined; one that the function makes itself is private.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.slices import Slicer
from real.detector.ir.instructions import COPIES, Instr, Unit

ADDING = frozenset({"append", "add", "extend", "update", "insert", "setdefault", "appendleft", "put", "put_nowait"})
REMOVING = frozenset({"pop", "remove", "discard", "clear", "popitem", "popleft", "difference_update"})
READING = frozenset({"get", "__getitem__"})
_ACCESSORS = READING | {"setdefault", "values", "items"}
_PATHS = COPIES | {"sub", "attr", "iterate", "unpack"}


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation on a shared container.

    ``kind`` is ``store``, ``delete`` or ``read`` (of one element by key); ``name`` is the method that does it, empty
    for a statement; ``base``, ``key`` and ``value`` are operands, ``None`` where there is none. ``attribute`` is the
    name of a stored or deleted attribute.
    """

    kind: str
    unit: Unit
    instr: Instr
    base: int
    key: int | None = None
    value: int | None = None
    name: str = ""
    attribute: str | None = None


class Operations:
    """Finds the operations of a unit."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer

    def of(self, unit: Unit) -> list[Operation]:
        """The operations on shared containers, in program order."""
        return [
            operation
            for block in unit.blocks
            for instr in block.instrs
            for operation in self._operations(unit, instr)
            if self.is_shared(unit, operation.base)
        ]

    def is_shared(self, unit: Unit, operand: int) -> bool:
        """Whether a container may be known outside the function."""
        seen: set[int] = set()
        work = [operand]
        while work:
            current = work.pop()
            if current in seen:
                continue
            seen.add(current)
            instr = unit.defs[current]
            if instr is None:
                continue
            if instr.op in ("param", "cell", "builtin", "import"):
                return True
            if instr.op == "phi":
                work += instr.args
            elif instr.op == "copy" and instr.extra is not None:
                continue  # copy.copy() made an object of its own
            elif instr.op in _PATHS or (instr.op == "method" and instr.extra[0] in _ACCESSORS):
                work.append(instr.args[0])
        return False

    def _operations(self, unit: Unit, instr: Instr) -> Iterator[Operation]:
        args = instr.args
        if instr.op == "setsub":
            yield Operation("store", unit, instr, args[0], args[1], args[2])
        elif instr.op == "setattr":
            yield Operation("store", unit, instr, args[0], None, args[1], "", str(instr.extra))
        elif instr.op == "delsub":
            yield Operation("delete", unit, instr, args[0], args[1])
        elif instr.op == "delattr":
            yield Operation("delete", unit, instr, args[0], None, None, "", str(instr.extra))
        elif instr.op == "sub":
            yield Operation("read", unit, instr, args[0], args[1])
        elif instr.op == "method":
            yield from self._method(unit, instr, str(instr.extra[0]), args)
        elif instr.op == "call" and (bound := self._bound(unit, instr)) is not None:
            yield from self._method(unit, instr, *bound)
        elif instr.op == "call" and len(args) == 4:
            names = self._slicer.library_names(unit, instr)
            if names & {"builtins.setattr", "builtins.object.__setattr__", "operator.setitem"}:
                yield Operation("store", unit, instr, args[1], args[2], args[3], "setattr")

    def _bound(self, unit: Unit, call: Instr) -> tuple[str, list[int]] | None:
        """``add = room.append; add(text)``, ``partial(room.append, text)()``: the method and all that it is given."""
        root = self._slicer.solver.guards.root
        made: Instr | None = unit.defs[root(unit, call.args[0])]
        passed = call.args[1:]
        if made is not None and made.op == "call" and len(made.args) > 1:
            if self._slicer.library_names(unit, made) != {"functools.partial"}:
                return None
            passed = [*made.args[2:], *passed]
            made = unit.defs[root(unit, made.args[1])]
        if made is None or made.op != "attr":
            return None
        return str(made.extra), [made.args[0], *passed]

    @staticmethod
    def _method(unit: Unit, instr: Instr, name: str, args: list[int]) -> Iterator[Operation]:
        base, *passed = args
        if name in ("setdefault", "insert", "__setitem__", "__setattr__") and len(passed) > 1:
            yield Operation("store", unit, instr, base, passed[0], passed[1], name)
        elif name == "update" and passed:
            yield Operation("store", unit, instr, base, passed[0], passed[0], name)
        elif name in ADDING and passed:
            yield Operation("store", unit, instr, base, None, passed[0], name)
        elif name in REMOVING:
            yield Operation("delete", unit, instr, base, passed[0] if passed else None, None, name)
        elif name in READING and passed:
            yield Operation("read", unit, instr, base, passed[0], None, name)
