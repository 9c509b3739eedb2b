"""Containers and plain objects that never leave a function, taken apart: what is read from them is what was put in.

An SSA pass (scalar replacement of aggregates): ``box = [x]; f(box[0])`` is ``f(x)``, for lists, tuples, dicts, objects
of plain classes and global variables written a moment ago. Where a container escapes, or the order of what is done with
it is not certain, nothing is changed and the heap of the solver decides.
"""

from __future__ import annotations

import itertools
from typing import Any

from real.detector.frontend.plain_classes import PlainClass
from real.detector.ir.call_shapes import passed_operands, shape_of
from real.detector.ir.dominators import dominates, immediate_dominators
from real.detector.ir.instructions import Block, Instr, Params, Unit

_COPIES = frozenset({"assign", "copy", "pi"})
_JOINS = _COPIES | {"phi"}
_EFFECTS = frozenset({"call", "method", "await", "yield", "enter", "iterate", "decorate"})
_MAX_USES = 200


class Aggregates:
    """Takes the aggregates of one unit apart; ``classes`` are the plain classes of the program by name."""

    def __init__(self, unit: Unit, classes: dict[str, PlainClass], imports: dict[str, str]) -> None:
        self.unit = unit
        self.classes = classes
        self.imports = imports
        self.home: dict[Instr, tuple[int, int]] = {}
        self.uses: dict[int, list[Instr]] = {}
        self._idom: dict[Block, Block] | None = None

    def run(self) -> None:
        """Rewrite reads as copies."""
        self._forward_cells()
        self._drop_undefined()
        made = [
            i for b in self.unit.blocks for i in b.instrs if i.op == "build" or (i.op == "call" and self._fields(i))
        ]
        if not made:
            return
        for number, block in enumerate(self.unit.blocks):
            for index, instr in enumerate(block.instrs):
                self.home[instr] = (number, index)
                for arg in set(instr.args):
                    self.uses.setdefault(arg, []).append(instr)
        self._forget_unread()
        for instr in made:
            self._take_apart(instr)

    def _forward_cells(self) -> None:
        """A shared variable that is read just after it was written."""
        ends: dict[Block, dict[Any, int]] = {}
        for block in self.unit.blocks:
            known = dict(ends.get(block.preds[0], {})) if len(block.preds) == 1 else {}
            for instr in block.instrs:
                if instr.op == "setcell":
                    known = {key: value for key, value in known.items() if key[1] != instr.extra[1]}
                    if len(instr.extra[0]) == 1:
                        known[instr.extra] = instr.args[0]
                elif instr.op == "cell" and instr.extra in known:
                    _become_copy(instr, known[instr.extra])
                elif instr.op in _EFFECTS:
                    known = {}
            ends[block] = known

    def _drop_undefined(self) -> None:
        """A variable that is assigned on one way only is what it is assigned there: the other way raises."""
        defs = self.unit.defs
        seen: set[int] = set()  # not a value of a later round of a loop
        for block in self.unit.blocks:
            for instr in block.instrs:
                if instr.op == "phi":
                    values = {arg for arg in instr.args if arg != instr.dst and defs[arg] is not None}
                    if len(values) == 1 and len(instr.args) > 1 and seen >= values:
                        _become_copy(instr, values.pop())
                seen.add(instr.dst)

    def _forget_unread(self) -> None:
        """What only passes a value on is no use of it where nothing reads the result, be it around a loop (handlers
        and loops join all variables)."""
        work = [arg for arg, uses in self.uses.items() if any(use.op not in _JOINS for use in uses)]
        read = set(work)
        while work:
            maker = self.unit.defs[work.pop()]
            if maker is not None and maker.op in _JOINS:
                fresh = set(maker.args) - read
                read |= fresh
                work += fresh
        unread = {instr for instr in self.home if instr.op in _JOINS and instr.dst not in read}
        if unread:
            self.uses = {arg: [use for use in uses if use not in unread] for arg, uses in self.uses.items()}

    # --- what is made ------------------------------------------------------------------------------------------------

    def _name(self, operand: int) -> str:
        """The global or imported name that a value is."""
        instr = self.unit.defs[operand]
        while instr is not None and instr.op in _COPIES:
            instr = self.unit.defs[instr.args[0]]
        if instr is None:
            return ""
        if instr.op == "import":
            return str(instr.extra)
        if instr.op in ("cell", "builtin"):
            name = str(instr.extra[1])
            return self.imports.get(name, name)
        return instr.extra.name if instr.op == "class" else ""

    def _fields(self, call: Instr) -> dict[Any, int] | None:
        """What a new object of a plain class, or a ``SimpleNamespace``, holds."""
        shape = shape_of(call)
        if shape is None or any(shape.starred) or None in shape.keywords:
            return None
        name = self._name(call.args[0])
        if name == "types.SimpleNamespace" and not shape.starred:
            return {str(key): value for key, value in zip(shape.keywords, call.args[1:], strict=True)}
        cls = self.classes.get(name)
        if cls is None:
            return None
        holder = Unit(name, "function", 0, 0, params=Params(cls.params))
        passed = passed_operands(call, holder, 1)
        found = {attribute: passed.get(param, []) for attribute, param in cls.fields.items()}
        if any(len(values) != 1 for values in found.values()):
            return None
        return {attribute: values[0] for attribute, values in found.items()} or {"": -1}

    # --- what is done with it ----------------------------------------------------------------------------------------

    def _take_apart(self, made: Instr) -> None:  # noqa: PLR0912
        if made.op == "build":
            kind, starred = made.extra
            if kind not in ("list", "tuple", "dict") or starred is not None:
                return
            held: dict[Any, int] = dict(enumerate(made.args)) if kind != "dict" else {}
        else:
            kind, held = "object", dict(self._fields(made) or {})
            held.pop("", None)
        names = {made.dst}
        work = [made.dst]
        found: dict[Instr, None] = {}
        while work:
            current = work.pop()
            for use in self.uses.get(current, ()):
                if current not in use.args:
                    continue  # another container that nobody reads any more
                if use.op in _COPIES and use.args[0] in names and not _is_own(use):
                    if use.dst not in names:
                        names.add(use.dst)
                        work.append(use.dst)
                    if len(use.args) > 1 and use.args[1] in names:
                        return
                elif use.op not in _COPIES or _is_own(use):
                    found[use] = None
        if not found or len(found) > _MAX_USES:
            return
        steps = []
        for use in sorted(found, key=self.home.__getitem__):
            step = self._step(kind, use, names)
            if step is None or sum(arg in names for arg in use.args) != 1:
                return
            steps.append((use, step))
        if any(step[0] != "read" for _, step in steps) and not self._in_order([made, *(use for use, _ in steps)]):
            return
        if self._replay(steps, held, kind):
            self._forget(made, steps)

    def _step(self, kind: str, use: Instr, names: set[int]) -> tuple[str, Any, int] | None:  # noqa: PLR0911, PLR0912
        """One use as ("read" | "write" | "append" | "pop", key, operand written); ``None``: it escapes."""
        op, args = use.op, use.args
        if kind == "object":
            if op == "attr":
                return ("read", str(use.extra), -1)
            if op == "setattr" and args[0] in names:
                return ("write", str(use.extra), args[1])
            if op == "call" and len(args) == 4 and args[1] in names and self._name(args[0]) == "setattr":
                key = self._constant(args[2])
                return ("write", key, args[3]) if isinstance(key, str) else None
            return None
        if op == "call" and kind != "dict" and len(args) == 2 and args[1] in names and self._name(args[0]) == "next":
            return ("each", None, -1)
        if args[0] not in names:
            return None
        if op == "sub":
            key = self._constant(args[1])
            return ("read", key, -1) if _is_key(kind, key) else None
        if op == "setsub" and kind != "tuple":
            key = self._constant(args[1])
            return ("write", key, args[2]) if _is_key(kind, key) else None
        if op == "unpack" and kind != "dict" and isinstance(use.extra[0], int) and not use.extra[1]:
            return ("read", use.extra[0], -1)
        if op == "iterate" and kind != "dict":
            return ("each", None, -1)
        if op == "method" and shape_of(use) is not None and not shape_of(use).keywords:  # type: ignore[union-attr]
            name = use.extra[0]
            if kind == "list" and name == "append" and len(args) == 2:
                return ("append", None, args[1])
            if kind == "list" and name == "pop" and len(args) == 1:
                return ("pop", None, -1)
            if kind == "dict" and name == "get" and len(args) == 2:
                key = self._constant(args[1])
                return ("read", key, -1) if _is_key(kind, key) else None
        return None

    def _constant(self, operand: int) -> object:
        instr = self.unit.defs[operand]
        while instr is not None and instr.op in _COPIES:
            instr = self.unit.defs[instr.args[0]]
        return instr.extra if instr is not None and instr.op == "const" else None

    def _in_order(self, instrs: list[Instr]) -> bool:
        """Whether each is executed after the one before, once for each time that the first one is."""
        blocks = [self.unit.blocks[self.home[instr][0]] for instr in instrs]
        distinct = list(dict.fromkeys(blocks))
        if len(distinct) == 1:
            return True
        if self._idom is None:
            self._idom = immediate_dominators(self.unit.blocks)
        if not all(dominates(a, b, self._idom) for a, b in itertools.pairwise(distinct)):
            return False
        return not self.unit.has_loop or not any(_is_repeated(block, distinct[0]) for block in distinct[1:])

    def _replay(self, steps: list[tuple[Instr, tuple[str, Any, int]]], held: dict[Any, int], kind: str) -> bool:
        """Do the steps; whether everything that was read is known."""
        changes = any(step[0] in ("write", "append", "pop") for _, step in steps)
        is_known = True
        for use, (what, key, operand) in steps:
            if what == "write":
                held[key] = operand
            elif what == "append":
                held[len(held)] = operand
            elif what == "pop":
                if not held or sorted(held) != list(range(len(held))):
                    return False
                self._read(use, held.pop(len(held) - 1))
            elif what == "each":
                is_known = is_known and len(held) == 1 and not changes
                if len(held) == 1 and not changes:
                    self._read(use, next(iter(held.values())))
            else:
                found = held.get(key + len(held) if kind != "dict" and isinstance(key, int) and key < 0 else key)
                is_known = is_known and found is not None
                if found is not None:
                    self._read(use, found)
        return is_known

    def _read(self, use: Instr, value: int) -> None:
        """What reads a part of the container is a copy of it, and so a use of that part."""
        _become_copy(use, value)
        self.uses.setdefault(value, []).append(use)

    def _forget(self, made: Instr, steps: list[tuple[Instr, tuple[str, Any, int]]]) -> None:
        """Nobody reads the container any more: what was put into it is not used by that."""
        if made.op == "build":
            made.args = []
        for use, (what, _, _) in steps:
            if what in ("write", "append"):
                use.op, use.args, use.extra = "const", [], None


def _become_copy(instr: Instr, value: int) -> None:
    instr.op, instr.args, instr.extra = "copy", [value], None


def _is_own(instr: Instr) -> bool:
    """``copy.copy(x)`` is another object."""
    return instr.op == "copy" and instr.extra is not None


def _is_key(kind: str, key: object) -> bool:
    if kind == "dict":
        return isinstance(key, (str, int)) and not isinstance(key, bool)
    return isinstance(key, int) and not isinstance(key, bool)


def _is_repeated(block: Block, start: Block) -> bool:
    """Whether control can come back to a block without coming through ``start``, where all begins anew."""
    seen = {start}
    work = list(block.succs)
    while work:
        current = work.pop()
        if current is block:
            return True
        if current not in seen:
            seen.add(current)
            work += current.succs
    return False
