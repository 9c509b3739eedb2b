"""Transfer functions of operators and f-strings."""

from __future__ import annotations

import re

from real.detector.analysis.calls import Calls
from real.detector.analysis.callsites import Args
from real.detector.analysis.containers import MAX_FOLDED, Containers, holding
from real.detector.analysis.heap import CONTAINERS, MAPPINGS, SEQUENCES, Heap, step
from real.detector.analysis.textformat import percent_parts
from real.detector.analysis.values import (
    BOTTOM,
    BUILDER,
    CLEAN,
    NO_OBJS,
    NUM,
    NUMBER,
    OTHER,
    STR,
    TEXT,
    Constant,
    Value,
    certain,
    join,
    of_const,
    of_obj,
    ordered,
)
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr

_FOLDED = 200  # constants longer than this are not folded by +
_PLAIN_TEMPLATE = re.compile(r"(?:[^%]|%[%srad])*")  # without widths, which may make a text of any length
_NUMERIC_OPERATORS = frozenset({"Sub", "Div", "FloorDiv", "Pow", "LShift", "RShift", "MatMult"})
_TAKING = frozenset({"Sub", "BitAnd", "BitXor"})  # ``bad -= {";"}``
_DUNDERS = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "FloorDiv": "floordiv", "Mod": "mod", "Pow": "pow",
    "LShift": "lshift", "RShift": "rshift", "BitOr": "or", "BitXor": "xor", "BitAnd": "and", "MatMult": "matmul",
}  # fmt: skip


class Operators:
    """Operators."""

    def __init__(self, heap: Heap, containers: Containers, calls: Calls) -> None:
        self.heap = heap
        self.containers = containers
        self.calls = calls

    def do_binop(self, instr: Instr, env: list[Value]) -> Value:  # noqa: PLR0911
        left, right = env[instr.args[0]], env[instr.args[1]]
        op = str(instr.extra)
        if left.objs or right.objs:
            return self._object_binop(left, right, op, instr)
        if not (left.mask or right.mask):
            return self._fold(left, right, op)
        joins_paths = op == "Div" and NUM not in (left.kind, right.kind)  # `folder / name`
        if (op in _NUMERIC_OPERATORS and not joins_paths) or left.kind == right.kind == NUM:
            return self.heap.number_from([left, right])
        if op == "Mult":
            other = right if left.mask else left
            if other.kind == STR and not other.mask:
                return TEXT  # text times something: the something is a number
        elif op == "Mod":
            if left.kind == NUM:
                return self.heap.number_from([left, right])
            return self._percent(left, right, instr)
        elif op == "Add" and NUM in (left.kind, right.kind):
            return self.heap.number_from([left, right])
        mask = left.mask | right.mask
        why = step(left.why if left.mask else right.why, instr.line, "becomes part of a text", instr.col)
        return Value(mask, why, NO_OBJS, None, STR if STR in (left.kind, right.kind) else OTHER)

    def _fold(self, left: Value, right: Value, op: str) -> Value:
        if op == "Add" and left.consts and right.consts and len(left.consts) * len(right.consts) <= 4:
            parts = {a + b for a in left.consts for b in right.consts if isinstance(a, str) and isinstance(b, str)}
            if len(parts) == len(left.consts) * len(right.consts) and every(len(part) <= _FOLDED for part in parts):
                return Value(consts=frozenset(parts), kind=STR)
        if left is BOTTOM or right is BOTTOM:
            return BOTTOM
        if op == "Mod" and left.kind == STR:
            return self._folded(left, right) or TEXT
        if left.kind == right.kind == NUM or op in _NUMERIC_OPERATORS:
            return NUMBER
        return TEXT if STR in (left.kind, right.kind) else CLEAN

    def _percent(self, left: Value, right: Value, instr: Instr) -> Value:
        folded = self._folded(left, right)
        if folded is not None:
            return folded
        wanted = percent_parts(next(iter(left.consts))) if left.consts is not None and len(left.consts) == 1 else None
        if wanted is None:
            return self.heap.text([left, self.containers.as_text(right, instr)], instr)
        if len(right.objs) == 1 and not right.mask:
            (obj,) = right.objs
            self.heap.touch(obj)
            if obj.kind in ("tuple", "dict"):
                parts = [join(obj.fields.get(key, BOTTOM), obj.elements) for key in wanted]
                return self.heap.text([left, *(self.containers.as_text(part, instr) for part in parts)], instr)
        return self.heap.text([left, self.containers.as_text(right, instr)] if wanted else [left], instr)

    def _folded(self, left: Value, right: Value) -> Value | None:
        """``"^%s$" % WORD`` of constants."""
        if left.consts is None or len(left.consts) != 1 or right.mask:
            return None
        if right.objs:
            items = self.calls.arguments.known_items(right)
            consts = [item.consts for item in items or ()]
            if not items or any(item is None or len(item) != 1 for item in consts):
                return None
            passed: object = tuple(const for item in consts for const in item or ())
        elif right.consts is not None and len(right.consts) == 1:
            passed = next(iter(right.consts))
        else:
            return None
        template = next(iter(left.consts))
        if not isinstance(template, str) or not _PLAIN_TEMPLATE.fullmatch(template):
            return None
        try:
            text = template % passed
        except (TypeError, ValueError):
            return None
        return of_const(text) if len(text) <= MAX_FOLDED else None

    def _object_binop(self, left: Value, right: Value, op: str, instr: Instr) -> Value:
        if op == "Mod" and left.kind == STR and not left.objs:
            return self._percent(left, right, instr)
        result = BOTTOM
        if any(obj.kind in MAPPINGS for obj in left.objs | right.objs):
            merged = self.heap.site(instr, "dict")
            self.containers.merge(merged, Args([left]), instr)
            self.containers.merge(merged, Args([right]), instr)
            result = of_obj(merged)
        for value, other, prefix in ((left, right, "__"), (right, left, "__r")):
            elements: Value | None = None  # of the other operand, asked for once
            for obj in ordered(value.objs):
                if obj.kind == "instance":
                    name = f"{prefix}{_DUNDERS[op]}__"
                    result = join(
                        result, self.calls.call_dunder(obj, (name, f"__i{_DUNDERS[op]}__"), Args([other]), instr)
                    )
                elif obj.kind in SEQUENCES and op in ("Sub", "BitAnd"):
                    held = self.containers.iterate(left, instr)
                    if op == "BitAnd":
                        held = self.containers.common(held, self.containers.iterate(right, instr))
                    result = join(result, self.heap.fresh_list(instr, held, "set"))
                elif op == "Add" and self._has_places(left) and self._has_places(right):
                    result = join(result, self._appended(left, right, instr))
                elif obj.kind in SEQUENCES and op in ("Add", "Mult", "BitOr", "BitAnd", "Sub", "BitXor"):
                    if elements is None:
                        elements = BOTTOM if op == "Mult" or not other.objs else self.containers.iterate(other, instr)
                    joined = join(self.heap.contents(obj), elements)
                    made = self.heap.fresh_list(instr, joined, obj.kind if obj.kind != "tuple" else "list")
                    result = join(result, holding(made, instr, self._in_both(left, right, op)))
        made = self.heap.part_of([left, right], STR if STR in (left.kind, right.kind) else OTHER)
        if any(obj.kind == "api" for obj in left.objs | right.objs) or (made.mask and result is BOTTOM):
            builder = BUILDER if BUILDER in (left.kind, right.kind) else made.kind
            apis = frozenset(obj for obj in left.objs | right.objs if obj.kind == "api")
            return join(result, Value(made.mask, made.why, apis, None, builder))
        return result if result is not BOTTOM else made

    @staticmethod
    def _in_both(left: Value, right: Value, op: str) -> frozenset[Constant]:
        """What ``left + right`` and ``left | right`` certainly hold."""
        return certain(left) | certain(right) if op in ("Add", "BitOr") else frozenset()

    def _has_places(self, value: Value) -> bool:
        """Whether it is one of some lists or tuples of the same known length."""
        lengths = set()
        for obj in value.objs:
            self.heap.touch(obj)
            if obj.kind not in ("list", "tuple") or obj.elements is not BOTTOM or not obj.fields:
                return False
            if any(not isinstance(key, int) for key in obj.fields):
                return False  # an attribute has been set on an object of a class that is a list
            lengths.add(len(obj.fields))
        return len(lengths) == 1 and not value.mask

    def _appended(self, left: Value, right: Value, instr: Instr) -> Value:
        """``[a] + [b, c]``: each item has its place."""
        made = self.heap.site(instr, "list")
        made.made_with[instr] = self._in_both(left, right, "Add")
        start = 0
        for value in (left, right):
            objs = ordered(value.objs)
            for obj in objs:
                for index, item in obj.fields.items():
                    self.heap.put(made, start + int(str(index)), item)
            start += len(objs[0].fields)
        return of_obj(made)

    def do_inplace(self, instr: Instr, env: list[Value]) -> Value:
        left, right = env[instr.args[0]], env[instr.args[1]]
        result = self.do_binop(instr, env)
        for obj in ordered(left.objs):
            obj.loses = obj.loses or instr.extra in _TAKING
            if instr.extra == "BitOr":
                self.containers.replaced.mapping(obj, "__ior__", Args([right]), instr)
            if obj.kind in SEQUENCES:
                self.heap.smash(obj)
                self.heap.put_unknown(obj, self.containers.iterate(right, instr))
            elif obj.kind in MAPPINGS:
                self.containers.merge(obj, Args([right]), instr)
        if left.objs and every(obj.kind in CONTAINERS for obj in left.objs):
            return join(left, Value(result.mask, result.why) if result.mask else BOTTOM)
        return result

    def do_unary(self, instr: Instr, env: list[Value]) -> Value:
        value = env[instr.args[0]]
        if instr.extra == "Not" or not value.objs:
            return NUMBER
        return self.heap.part_of([value])

    def do_compare(self, instr: Instr, env: list[Value]) -> Value:
        for arg in instr.args:
            value = env[arg]
            if value.kind == BUILDER or any(
                obj.kind == "api" and self.heap.rules.is_builder(obj.name) for obj in value.objs
            ):
                made = self.heap.part_of([env[other] for other in instr.args])
                return Value(made.mask, made.why, value.objs, None, BUILDER)
        return NUMBER

    def do_numeric(self, instr: Instr, env: list[Value]) -> Value:
        value = env[instr.args[0]]
        return self.containers.as_text(value, instr) if any(obj.kind == "instance" for obj in value.objs) else NUMBER

    def do_fstring(self, instr: Instr, env: list[Value]) -> Value:
        parts = [env[arg] for arg in instr.args]
        if any(part.objs for part in parts):
            parts = [self.containers.as_text(part, instr) for part in parts]
        made = self.heap.text(parts, instr)
        if made.mask or any(part.consts is None or len(part.consts) != 1 for part in parts):
            return made
        values = iter(parts)
        pieces = [piece if piece is not None else str(*next(values).consts or ()) for piece in instr.extra]
        return of_const("".join(pieces))
