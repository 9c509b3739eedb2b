"""A call as rules see it at the fixed point: what is called, and what its arguments may be."""

from __future__ import annotations

from dataclasses import dataclass, field

from real.detector.analysis.values import BOTTOM, Constant, Value, join
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.instructions import Instr, Unit


@dataclass(slots=True)
class Args:
    """The arguments of a call; ``rest`` and ``named_rest`` are any element of a starred argument."""

    pos: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    rest: Value | None = None
    named_rest: Value | None = None

    def everything(self) -> list[Value]:
        """All of them."""
        extra = [value for value in (self.rest, self.named_rest) if value is not None]
        return [*self.pos, *self.named.values(), *extra]

    def first(self) -> Value:
        """The first positional argument, as far as it is known."""
        return self.at(0)

    def at(self, index: int) -> Value:
        """A positional argument, or what a starred one may put there."""
        if index < len(self.pos):
            return self.pos[index]
        return self.rest if self.rest is not None else BOTTOM

    def after(self, count: int) -> Args:
        """The same without the first positional arguments."""
        return Args(self.pos[count:], self.named, self.rest, self.named_rest)

    def covers(self, other: Args) -> bool:
        """Whether these are as many and the same parameters, and each may already be what ``other`` passes for it."""
        if len(self.pos) != len(other.pos) or self.named.keys() != other.named.keys():
            return False
        pairs = [
            *zip(self.pos, other.pos, strict=True),
            *((self.named[name], other.named[name]) for name in self.named),
        ]
        for own, others in ((self.rest, other.rest), (self.named_rest, other.named_rest)):
            if others is not None:
                if own is None:
                    return False
                pairs.append((own, others))
        return not any(join(own, others) is not own for own, others in pairs)

    def joined(self, other: Args) -> Args:
        """The arguments of either of two calls at the same place; a missing one counts as missing if it is in both."""
        longer, shorter = (self, other) if len(self.pos) >= len(other.pos) else (other, self)
        pos = [join(value, shorter.at(index)) for index, value in enumerate(longer.pos)]
        named = dict(self.named)
        for name, value in other.named.items():
            named[name] = join(named.get(name, BOTTOM), value)
        return Args(pos, named, _either(self.rest, other.rest), _either(self.named_rest, other.named_rest))


def _either(a: Value | None, b: Value | None) -> Value | None:
    return b if a is None else a if b is None else join(a, b)


@dataclass(slots=True, eq=False)
class CallSite:
    """One call of one library function or method, in one unit.

    ``path`` is the qualified name (``()`` stands for a call), empty for a method of an unknown object. ``shift`` is 1
    for a method that is called through its class, whose first argument is the receiver.
    """

    unit: Unit
    instr: Instr
    name: str
    path: str
    args: Args
    receiver: Value | None = None
    shift: int = 0
    is_direct: bool = True  # the instruction calls it itself, not a library that was given it

    def argument(self, position: int | None, keyword: str | None = None) -> Value | None:
        """What is passed for a parameter, or ``None`` if nothing can be (a starred argument may be anything)."""
        args = self.args
        if keyword is not None and keyword in args.named:
            return args.named[keyword]
        if position is not None and position + self.shift < len(args.pos):
            return args.pos[position + self.shift]
        if position is not None and args.rest is not None:
            return args.rest
        return args.named_rest if keyword is not None else None

    def constants(self, position: int | None, keyword: str | None = None) -> frozenset[Constant]:
        """The constants that an argument may be; empty if it is missing or may be something else."""
        value = self.argument(position, keyword)
        return (value.consts or frozenset()) if value is not None else frozenset()

    def usual(
        self, position: int | None, keyword: str | None = None, kind: type[bool] | type[int] = bool
    ) -> frozenset[Constant]:
        """The constants that an argument may be, also one that the outside may set: the truth values, or numbers, that
        it is by default (``allow_pickle=self.allow_pickle``, from ``def __init__(self, allow_pickle=True)``)."""
        value = self.argument(position, keyword)
        if value is None or value.consts is not None or value.why is None:
            return self.constants(position, keyword)
        return frozenset(const for const in value.why.first.defaults or () if type(const) is kind)

    def paths(self, position: int | None, keyword: str | None = None) -> frozenset[str]:
        """The library names that an argument may be (``hashlib.md5``; ``ssl.SSLContext()`` is what that call made)."""
        value = self.argument(position, keyword)
        return library_paths(value) if value is not None else frozenset()

    def operands(self, positions: tuple[int, ...], keywords: tuple[str, ...]) -> list[int]:
        """The operands of the instruction that are passed at these positions or keywords.

        All of them where that cannot be told: starred arguments, or a call that a library makes for the program.
        """
        shape = shape_of(self.instr)
        everything = [operand for operand in self.instr.args if isinstance(operand, int)]
        if shape is None or not self.is_direct or any(shape.starred) or None in shape.keywords:
            return everything
        count = len(shape.starred)
        chosen = [self.instr.args[1 + p + self.shift] for p in positions if p + self.shift < count]
        chosen += [self.instr.args[1 + count + i] for i, name in enumerate(shape.keywords) if name in keywords]
        return chosen or everything


def library_paths(value: Value) -> frozenset[str]:
    """The library names that a value may be."""
    return frozenset(obj.name for obj in value.objs if obj.kind == "api")
