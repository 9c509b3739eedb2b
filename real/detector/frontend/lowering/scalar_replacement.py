"""Containers and plain objects that never leave a function, taken apart: what is read from them is what was put in.

An SSA pass (scalar replacement of aggregates): ``box = [x]; f(box[0])`` is ``f(x)``, for lists, tuples, dicts, objects
of plain classes and global variables written a moment ago. Where a container escapes, or the order of what is done with
it is not certain, nothing is changed and the heap of the solver decides.
"""

from __future__ import annotations

import itertools
from typing import Any

from real.detector.frontend.lowering.field_values import FieldValues, UnknownFieldError, may_be_left_early
from real.detector.frontend.lowering.replay import READS, Replay, Step, become_copy, changes, gains
from real.detector.frontend.plain_classes import PlainClass
from real.detector.ir.call_shapes import passed_operands, shape_of
from real.detector.ir.dominators import dominates, immediate_dominators
from real.detector.ir.instructions import RENAMES, Block, CallShape, Instr, Params, Unit

_JOINS = RENAMES | {"phi"}
_EFFECTS = frozenset({"call", "method", "await", "yield", "enter", "iterate", "decorate"})
_MAX_USES = 200
_MAX_BLOCKS = 300  # of a function whose joins are followed
_ONE_ARGUMENT = CallShape((False,), ())


class Aggregates:
    """Takes the aggregates of one unit apart; ``classes`` are the plain classes of the program by name."""

    def __init__(self, unit: Unit, classes: dict[str, PlainClass], imports: dict[str, str]) -> None:
        self.unit = unit
        self.classes = classes
        self.imports = imports
        self.made: list[Instr] = []
        self.home: dict[Instr, tuple[int, int]] = {}
        self.uses: dict[int, list[Instr]] = {}
        self._idom: dict[Block, Block] | None = None

    def run(self) -> None:
        """Rewrite reads as copies."""
        self._forward_cells()
        self._drop_undefined()
        self.made = [
            i for b in self.unit.blocks for i in b.instrs if i.op == "build" or (i.op == "call" and self._fields(i))
        ]
        if not self.made:
            return
        for number, block in enumerate(self.unit.blocks):
            for index, instr in enumerate(block.instrs):
                self.home[instr] = (number, index)
                for arg in set(instr.args):
                    self.uses.setdefault(arg, []).append(instr)
        self._forget_unread()
        self.replay = Replay(self.unit.defs, self.uses, self.made)
        for instr in self.made:  # which grows by what is made of parts
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
                    become_copy(instr, known[instr.extra])
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
                        become_copy(instr, values.pop())
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
        while instr is not None and instr.op in RENAMES:
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
        missing = {attribute for attribute, values in found.items() if len(values) != 1}
        if missing and not cls.is_open and any(cls.fields[attribute] not in cls.defaults for attribute in missing):
            return None
        return {attribute: values[0] for attribute, values in found.items() if len(values) == 1} or {"": -1}

    def _constant_fields(self, call: Instr) -> dict[Any, int]:
        """What a new object holds besides: constants of ``__init__`` and defaults, as values made beside the call."""
        cls = self.classes.get(self._name(call.args[0])) if call.op == "call" else None
        if cls is None:
            return {}
        wanted: dict[str, object] = {
            name: cls.defaults[param] for name, param in cls.fields.items() if param in cls.defaults
        }
        wanted |= cls.constants
        made = {name: self._instr("const", [], constant, call) for name, constant in wanted.items()}
        self._insert(call, list(made.values()))
        return {name: instr.dst for name, instr in made.items()}

    def _insert(self, place: Instr, instrs: list[Instr]) -> None:
        """Put instructions behind another one."""
        number = self.home[place][0]
        block = self.unit.blocks[number]
        index = block.instrs.index(place) + 1
        block.instrs[index:index] = instrs
        for position, instr in enumerate(block.instrs):
            self.home[instr] = (number, position)

    # --- what is done with it ----------------------------------------------------------------------------------------

    def _take_apart(self, made: Instr) -> None:  # noqa: PLR0912
        is_open = False  # starred elements stand at its end
        if made.op == "build":
            kind, starred = made.extra
            if kind not in ("list", "tuple", "dict"):
                return
            count = starred.index(True) if starred is not None else len(made.args)
            is_open = starred is not None
            held: dict[Any, int] = dict(enumerate(made.args[:count])) if kind != "dict" else {}
        else:
            kind, held = "object", dict(self._fields(made) or {})
            held.pop("", None)
        found = self._uses_of(made)
        if found is None:
            return
        names, uses = found
        if kind == "object":
            self._take_object_apart(made, held, names, uses)
            return
        if kind == "dict" and self._takes_keys(made, names, uses):
            self._take_apart(made)  # what is done under these keys is known now
            return
        steps: list[tuple[Instr, Step]] = []
        rest: list[Instr] = []
        for use in uses:
            step = self._step(kind, use, names) if not rest and sum(arg in names for arg in use.args) == 1 else None
            if step is None or (is_open and not _is_before_stars(step, len(held))):
                rest.append(use)
            else:
                steps.append((use, step))
        is_whole = any(step[0] == "each" for _, step in steps)
        if not rest and (not changes(steps) or (self._in_order([made, *(use for use, _ in steps)]) and not is_whole)):
            if self.replay.run(steps, held, kind) and not is_open:
                self.replay.forget(made, steps)
        elif is_open and kind == "tuple":
            self.replay.run(steps, held, kind)
        elif kind in ("list", "dict") and not is_open:
            self._make_anew(made, kind, held, names, steps, rest)

    def _take_object_apart(self, made: Instr, held: dict[Any, int], names: set[int], uses: list[Instr]) -> None:
        """What is read of an object is what was stored last, until something else gets hold of the object."""
        steps: list[tuple[Instr, Step]] = []
        for use in uses:
            step = self._step("object", use, names) if sum(arg in names for arg in use.args) == 1 else None
            if step is None:
                break
            steps.append((use, step))
        is_private = len(steps) == len(uses)
        if not (is_private and not changes(steps)):
            ordered = self._ordered(made, steps)
            if is_private and ordered < len(steps) and self._follow_fields(made, held, steps):
                return
            is_private = is_private and ordered == len(steps)
            steps = steps[:ordered]
        if any(step[0] == "read" for _, step in steps):
            held = self._constant_fields(made) | held
            if self.replay.run(steps, held, "object") and is_private:
                self.replay.forget(made, steps)

    def _follow_fields(self, made: Instr, held: dict[Any, int], steps: list[tuple[Instr, Step]]) -> bool:
        """Where nothing else is done with an object, what it holds is known on whatever way; whether that was done."""
        blocks = self.unit.blocks
        stores = [(use, str(key), operand) for use, (what, key, operand) in steps if what == "write"]
        if len(blocks) > _MAX_BLOCKS or any(may_be_left_early(blocks[self.home[use][0]]) for use, _, _ in stores):
            return False
        held = self._constant_fields(made) | held
        places = {use: (blocks[self.home[use][0]], self.home[use][1]) for use in (made, *(use for use, _ in steps))}
        fields = FieldValues(places[made], held, lambda: self._instr("phi", [], None, made))
        for use, name, operand in stores:
            fields.store(places[use], name, operand)
        is_known = True
        for use, (what, key, _) in steps:
            if what != "read":
                continue
            try:
                value = fields.read(places[use], str(key))
            except UnknownFieldError:
                is_known = False
                continue
            self.replay.take(use, value)
        for block, join in fields.joins:
            block.instrs.insert(0, join)
            for arg in set(join.args):
                self.uses.setdefault(arg, []).append(join)
        for number, block in enumerate(blocks):
            for index, instr in enumerate(block.instrs if any(block is other for other, _ in fields.joins) else ()):
                self.home[instr] = (number, index)
        if is_known:
            self.replay.forget(made, steps)
        return True

    def _takes_keys(self, made: Instr, names: set[int], uses: list[Instr]) -> bool:
        """``kind, body = parts``: the variables are the keys of the dict, in order; whether there were such."""
        steps: list[tuple[Instr, Step]] = []
        for use in uses if any(use.op == "unpack" for use in uses) else ():
            step = self._step("dict", use, names) if sum(arg in names for arg in use.args) == 1 else None
            if step is None or step[0] not in ("write", "read", "key"):
                break
            steps.append((use, step))
        steps = steps[: self._ordered(made, steps)]
        keys = [use for use, (what, _, _) in steps if what == "key"]
        if keys:
            self.replay.run(steps, {}, "dict")
        return any(use.op == "const" for use in keys)

    def _uses_of(self, made: Instr) -> tuple[set[int], list[Instr]] | None:
        """The names of a container, and what is done with it, in the order of the code; ``None`` if it is too much."""
        names = {made.dst}
        work = [made.dst]
        found: dict[Instr, None] = {}
        while work:
            current = work.pop()
            for use in self.uses.get(current, ()):
                if current not in use.args:
                    continue  # another container that nobody reads any more
                if use.op in RENAMES and use.args[0] in names and not _is_own(use):
                    if use.dst not in names:
                        names.add(use.dst)
                        work.append(use.dst)
                    if len(use.args) > 1 and use.args[1] in names:
                        return None
                elif use.op not in RENAMES or _is_own(use):
                    found[use] = None
        if not found or len(found) > _MAX_USES:
            return None
        return names, sorted(found, key=self.home.__getitem__)

    def _make_anew(
        self,
        made: Instr,
        kind: str,
        held: dict[Any, int],
        names: set[int],
        steps: list[tuple[Instr, Step]],
        rest: list[Instr],
    ) -> None:
        """Where what is done at first is known, what comes after it gets a new container of what is held by then.

        What was deleted or replaced before is forgotten that way (a strong update), and each item has its place.
        """
        ordered = self._ordered(made, steps)
        rest = [*(use for use, _ in steps[ordered:]), *rest]
        steps = steps[:ordered]
        while steps and steps[-1][1][0] in READS:
            rest.insert(0, steps.pop()[0])
        if not gains(steps) or not all(self._follows(use, steps[-1][0], names) for use in rest):
            return
        held = dict(held)
        if not self.replay.run(steps, held, kind):
            return
        last = steps[-1][0]
        self.replay.forget(made, steps)
        instrs = [self._instr("build", list(held.values()) if kind != "dict" else [], (kind, None), made)]
        for key, value in held.items() if kind == "dict" else ():
            constant = self._instr("const", [], key, made)
            instrs += [constant, self._instr("setsub", [instrs[0].dst, constant.dst, value], None, made)]
        self._insert(last, instrs)
        for use in rest:
            use.args = [instrs[0].dst if arg in names else arg for arg in use.args]
        for instr in (*instrs, *rest):
            for arg in set(instr.args):
                self.uses.setdefault(arg, []).append(instr)

    def _instr(self, op: str, args: list[Any], extra: object, place: Instr) -> Instr:
        instr = Instr(op, self.unit.values, args, extra, place.line, place.col)
        self.unit.values += 1
        self.unit.defs.append(instr)
        return instr

    def _follows(self, use: Instr, last: Instr, names: set[int]) -> bool:
        """Whether a use comes after ``last``, on whatever way it is reached."""
        start, place = self.home[last]
        at, index = self.home[use]
        blocks = self.unit.blocks
        if use.op == "phi":
            preds = [pred for pred, arg in zip(blocks[at].preds, use.args, strict=True) if arg in names]
            return all(self._dominates(blocks[start], pred) for pred in preds)
        return index > place if at == start else self._dominates(blocks[start], blocks[at])

    def _dominates(self, block: Block, other: Block) -> bool:
        if self._idom is None:
            self._idom = immediate_dominators(self.unit.blocks)
        return other in self._idom and dominates(block, other, self._idom)

    def _step(self, kind: str, use: Instr, names: set[int]) -> Step | None:  # noqa: PLR0911, PLR0912
        """One use as a step; ``None``: the container escapes."""
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
        if op == "call" and len(args) == 2 and args[1] in names and shape_of(use) == _ONE_ARGUMENT:
            function = self._name(args[0])
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
        if name == "extend" and len(args) == 2 and self.replay.literal(args[1]) is not None:
            return ("extend", None, args[1])
        return None

    def _cut(self, use: Instr) -> slice | None:
        """The part of a sequence that a slice takes, where its bounds are numbers of the program."""
        bounds = self.unit.bounds.get(use.dst, ())
        parts = [None if bound is None else self._constant(bound) for bound in bounds]
        if any(bound is not None and type(part) is not int for bound, part in zip(bounds, parts, strict=True)):
            return None
        return slice(*parts) if parts and parts[2] != 0 else None

    def _constant(self, operand: int) -> object:
        instr = self.unit.defs[operand]
        while instr is not None and instr.op in RENAMES:
            instr = self.unit.defs[instr.args[0]]
        return instr.extra if instr is not None and instr.op == "const" else None

    def _ordered(self, made: Instr, steps: list[tuple[Instr, Step]]) -> int:
        """How many steps from the first one on are in order."""
        before = made
        for count, (use, _) in enumerate(steps):
            if not self._in_order([made, before, use]):
                return count
            before = use
        return len(steps)

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


def _is_before_stars(step: Step, count: int) -> bool:
    return step[0] == "read" and isinstance(step[1], int) and 0 <= step[1] < count


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
