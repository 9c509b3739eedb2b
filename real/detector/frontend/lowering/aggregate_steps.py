"""What one instruction does with a container or an object: reads, writes, appends … under a key that is known."""

from __future__ import annotations

from collections.abc import Callable

from real.detector.frontend.lowering.replay import Step
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import renamed
from real.detector.ir.instructions import CallShape, Instr, Unit

_ONE_ARGUMENT = CallShape((False,), ())


class Steps:
    """Reads the uses of one unit's aggregates; ``is_literal`` says whether an operand is a list of known elements."""

    def __init__(self, unit: Unit, imports: dict[str, str], is_literal: Callable[[int], bool]) -> None:
        self._unit = unit
        self._imports = imports
        self._is_literal = is_literal

    def name(self, operand: int) -> str:
        """The global or imported name that a value is."""
        instr = renamed(self._unit, operand)
        if instr is None:
            return ""
        if instr.op == "import":
            return str(instr.extra)
        if instr.op in ("cell", "builtin"):
            name = str(instr.extra[1])
            return self._imports.get(name, name)
        return instr.extra.name if instr.op == "class" else ""

    def of(self, kind: str, use: Instr, names: set[int]) -> Step | None:  # noqa: PLR0911, PLR0912
        """One use as a step; ``None``: the container escapes."""
        op, args = use.op, use.args
        if kind == "object":
            if op == "attr":  # by ``__dict__`` anything may be stored
                return ("read", str(use.extra), -1) if use.extra != "__dict__" else None
            if op == "setattr" and args[0] in names:
                return ("write", str(use.extra), args[1])
            if op == "call" and len(args) == 4 and args[1] in names and self.name(args[0]) == "setattr":
                key = self._constant(args[2])
                return ("write", key, args[3]) if isinstance(key, str) else None
            return None
        if op == "call" and len(args) == 2 and args[1] in names and shape_of(use) == _ONE_ARGUMENT:
            function = self.name(args[0])
            if function == "next" and kind != "dict":
                return ("each", None, -1)
            return ("len", None, -1) if function == "len" else None
        if args[0] not in names:
            return None
        if op == "sub":
            key = self._constant(args[1])
            return ("read", key, -1) if _is_key(kind, key) else None
        if op == "setsub" and kind != "tuple":
            key = self._constant(args[1])
            return ("write", key, args[2]) if _is_key(kind, key) else None
        if op == "delsub" and kind != "tuple":
            key = self._constant(args[1])
            return ("delete", key, -1) if _is_key(kind, key) else None
        if op == "merge" and kind == "dict":
            return ("merge", None, -1)
        if op == "part" and use.extra is not None and isinstance(use.extra, str) == (kind == "dict"):
            return ("read", use.extra, -1)
        if op == "slice" and kind != "dict":
            cut = self._cut(use)
            return ("cut", cut, -1) if cut is not None else None
        if op == "unpack" and kind == "dict":
            return ("key", use.extra[0], -1) if isinstance(use.extra[0], int) and not use.extra[1] else None
        if op == "unpack" and use.extra[1]:
            return ("rest", use.extra[0], -1)
        if op == "unpack" and isinstance(use.extra[0], int):
            return ("read", use.extra[0], -1)
        if op == "iterate" and kind != "dict":
            return ("each", None, -1)
        shape = shape_of(use) if op == "method" else None
        if shape is None or shape.keywords or any(shape.starred):
            return None
        return self._method_step(kind, str(use.extra[0]), args)

    def _method_step(self, kind: str, name: str, args: list[int]) -> Step | None:  # noqa: PLR0911
        key = self._constant(args[1]) if len(args) > 1 else None
        is_key = _is_key(kind, key)
        if name == "clear" and kind != "tuple" and len(args) == 1:
            return ("clear", None, -1)
        if name == "pop" and kind != "tuple" and is_key and len(args) == 2:
            return ("pop", key, -1)
        if kind == "dict" and name == "update" and len(args) == 2:
            return ("merge", None, -1)
        if kind == "dict" and name == "setdefault" and is_key and len(args) == 3:
            return ("default", key, args[2])
        if kind == "dict":
            return ("read", key, -1) if name == "get" and is_key and len(args) == 2 else None
        if kind != "list":
            return None
        if name == "append" and len(args) == 2:
            return ("append", None, args[1])
        if name == "pop" and len(args) == 1:
            return ("pop", -1, -1)
        if name == "insert" and is_key and len(args) == 3:
            return ("insert", key, args[2])
        if name == "reverse" and len(args) == 1:
            return ("reverse", None, -1)
        if name == "extend" and len(args) == 2 and self._is_literal(args[1]):
            return ("extend", None, args[1])
        return None

    def _cut(self, use: Instr) -> slice | None:
        """The part of a sequence that a slice takes, where its bounds are numbers of the program."""
        bounds = self._unit.bounds.get(use.dst, ())
        parts = [None if bound is None else self._constant(bound) for bound in bounds]
        if any(bound is not None and type(part) is not int for bound, part in zip(bounds, parts, strict=True)):
            return None
        return slice(*parts) if parts and parts[2] != 0 else None

    def _constant(self, operand: int) -> object:
        instr = renamed(self._unit, operand)
        return instr.extra if instr is not None and instr.op == "const" else None


def _is_key(kind: str, key: object) -> bool:
    if kind == "dict":
        return isinstance(key, (str, int)) and not isinstance(key, bool)
    return isinstance(key, int) and not isinstance(key, bool)
