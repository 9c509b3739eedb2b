"""The arguments of a call, so far as they are known: starred ones, and those that a partial holds."""

from __future__ import annotations

from real.detector.analysis.callsites import Args
from real.detector.analysis.containers import Containers
from real.detector.analysis.heap import Heap
from real.detector.analysis.values import BOTTOM, NO_OBJS, OTHER, Obj, Value, join, ordered
from real.detector.ir.instructions import CallShape, Instr


class Arguments:
    """Finds what calls pass."""

    def __init__(self, heap: Heap, containers: Containers) -> None:
        self._heap = heap
        self._containers = containers

    def of(self, instr: Instr, shape: CallShape, env: list[Value]) -> Args:
        """Collect the operands of a call instruction, unpacking starred tuples of known length."""
        args = Args()
        count = len(shape.starred)
        for index, starred in enumerate(shape.starred):
            value = env[instr.args[index + 1]]
            if not starred:
                if args.rest is None:
                    args.pos.append(value)
                else:
                    args.rest = join(args.rest, value)
                continue
            items = self.known_items(value) if args.rest is None else None
            if items is not None:
                args.pos += items
            else:
                args.rest = join(args.rest or BOTTOM, self._containers.iterate(value, instr))
        for index, name in enumerate(shape.keywords):
            value = env[instr.args[index + 1 + count]]
            if name is not None:
                args.named[name] = value
                continue
            unknown = Value(value.mask, value.why, NO_OBJS, None, OTHER) if value.mask else BOTTOM
            for obj in ordered(value.objs):
                self._heap.touch(obj)
                for key, item in obj.fields.items():
                    if isinstance(key, str):  # what is stored under an unknown key may be stored under this one
                        args.named[key] = join(args.named.get(key, BOTTOM), join(item, obj.elements))
                unknown = join(unknown, obj.elements)
            args.named_rest = join(args.named_rest or BOTTOM, unknown)
        return args

    def known_items(self, value: Value) -> list[Value] | None:
        """The elements of a list or tuple, in order, where they are known."""
        if len(value.objs) != 1 or value.mask:
            return None
        (obj,) = value.objs
        self._heap.touch(obj)
        if obj.kind not in ("tuple", "list") or obj.elements is not BOTTOM:
            return None
        return [obj.fields.get(index, BOTTOM) for index in range(len(obj.fields))]

    def of_partial(self, obj: Obj, args: Args) -> Args:
        """What ``partial(f, ...)`` calls ``f`` with, where it is called with ``args``."""
        self._heap.touch(obj)
        count = sum(1 for key in obj.fields if isinstance(key, int))
        stored = [obj.fields[index] for index in range(count)]
        named = {key[1:]: value for key, value in obj.fields.items() if isinstance(key, str) and key.startswith("=")}
        rest = args.rest if obj.elements is BOTTOM else join(args.rest or BOTTOM, obj.elements)
        return Args([*stored, *args.pos], {**named, **args.named}, rest, args.named_rest)
