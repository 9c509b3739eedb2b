"""Containers and plain objects that never leave a function, taken apart: what is read from them is what was put in.

An SSA pass (scalar replacement of aggregates): ``box = [x]; f(box[0])`` is ``f(x)``, for lists, tuples, dicts, objects
of plain classes and global variables written a moment ago. Where a container escapes, or the order of what is done with
it is not certain, nothing is changed and the heap of the solver decides.
"""

from __future__ import annotations

from typing import Any

from real.detector.frontend.lowering.aggregate_steps import Steps
from real.detector.frontend.lowering.execution_order import ExecutionOrder
from real.detector.frontend.lowering.field_values import FieldValues, UnknownFieldError, may_be_left_early
from real.detector.frontend.lowering.forwarding import drop_undefined, forward_cells
from real.detector.frontend.lowering.replay import READS, Replay, Step, changes, gains
from real.detector.frontend.plain_classes import PlainClass
from real.detector.ir.call_shapes import passed_operands, shape_of
from real.detector.ir.instructions import DISPLAY, RENAMES, Instr, Params, Unit

_JOINS = RENAMES | {"phi"}
_MAX_USES = 200
_MAX_BLOCKS = 300  # of a function whose joins are followed


class Aggregates:
    """Takes the aggregates of one unit apart; ``classes`` are the plain classes of the program by name."""

    def __init__(self, unit: Unit, classes: dict[str, PlainClass], imports: dict[str, str]) -> None:
        self.unit = unit
        self.classes = classes
        self.made: list[Instr] = []
        self.home: dict[Instr, tuple[int, int]] = {}
        self.uses: dict[int, list[Instr]] = {}
        self.order = ExecutionOrder(unit, self.home)
        self.replay = Replay(unit.defs, self.uses, self.made)
        self.steps = Steps(unit, imports, lambda operand: self.replay.literal(operand) is not None)

    def run(self) -> None:
        """Rewrite reads as copies."""
        forward_cells(self.unit)
        drop_undefined(self.unit)
        self.made += [
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
        for instr in self.made:  # which grows by what is made of parts
            self._take_apart(instr)

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
            self.uses.update({arg: [use for use in uses if use not in unread] for arg, uses in self.uses.items()})

    # --- what is made ------------------------------------------------------------------------------------------------

    def _fields(self, call: Instr) -> dict[Any, int] | None:
        """What a new object of a plain class, or a ``SimpleNamespace``, holds."""
        shape = shape_of(call)
        if shape is None or any(shape.starred) or None in shape.keywords:
            return None
        name = self.steps.name(call.args[0])
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
        cls = self.classes.get(self.steps.name(call.args[0])) if call.op == "call" else None
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
            step = self.steps.of(kind, use, names) if not rest and sum(arg in names for arg in use.args) == 1 else None
            if step is None or (is_open and not _is_before_stars(step, len(held))):
                rest.append(use)
            else:
                steps.append((use, step))
        is_whole = any(step[0] == "each" for _, step in steps)
        if not rest and (not changes(steps) or (self.order.holds([made, *(use for use, _ in steps)]) and not is_whole)):
            if self.replay.run(steps, held, kind) and not is_open:
                self.replay.forget(made, steps)
        elif is_open and kind == "tuple":
            self.replay.run(steps, held, kind)
        elif kind in ("list", "dict") and not is_open:
            self._make_anew(made, kind, held, names, steps, rest)

    def _take_object_apart(self, made: Instr, held: dict[Any, int], names: set[int], uses: list[Instr]) -> None:
        """What is read of an object is what was stored last, until something else gets hold of the object."""
        steps: list[tuple[Instr, Step]] = []
        cls = self.classes.get(self.steps.name(made.args[0]))
        for use in uses:
            step = self.steps.of("object", use, names) if sum(arg in names for arg in use.args) == 1 else None
            if step is None or (cls is not None and step[0] == "read" and step[1] in cls.methods):
                break  # a method holds the object
            steps.append((use, step))
        is_private = len(steps) == len(uses)
        if not (is_private and not changes(steps)):
            ordered = self.order.count_in_order(made, [use for use, _ in steps])
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
            step = self.steps.of("dict", use, names) if sum(arg in names for arg in use.args) == 1 else None
            if step is None or step[0] not in ("write", "read", "key"):
                break
            steps.append((use, step))
        steps = steps[: self.order.count_in_order(made, [use for use, _ in steps])]
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
        ordered = self.order.count_in_order(made, [use for use, _ in steps])
        rest = [*(use for use, _ in steps[ordered:]), *rest]
        steps = steps[:ordered]
        while steps and steps[-1][1][0] in READS:
            rest.insert(0, steps.pop()[0])
        if any(what == "merge" for _, (what, _, _) in steps):
            return
        if not gains(steps) or not all(self.order.follows(use, steps[-1][0], names) for use in rest):
            return
        held = dict(held)
        if not self.replay.run(steps, held, kind):
            return
        last = steps[-1][0]
        self.replay.forget(made, steps)
        instrs = [self._instr("build", list(held.values()) if kind != "dict" else [], (kind, None), made)]
        for key, value in held.items() if kind == "dict" else ():
            constant = self._instr("const", [], key, made)
            instrs += [constant, self._instr("setsub", [instrs[0].dst, constant.dst, value], DISPLAY, made)]
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


def _is_before_stars(step: Step, count: int) -> bool:
    return step[0] == "read" and isinstance(step[1], int) and 0 <= step[1] < count


def _is_own(instr: Instr) -> bool:
    """``copy.copy(x)`` is another object."""
    return instr.op == "copy" and instr.extra is not None
