"""The intermediate representation: units (code objects) made of basic blocks of three-address instructions.

Operands are ``int`` (a value, defined exactly once) or, before SSA construction, ``str`` (a local variable). What an
instruction carries besides is in ``extra``, by opcode:

    const           the constant                  method      (attribute name, CallShape); operand 0 is the receiver
    param, field    a name                        call        CallShape; operand 0 is the function
    assign          the name, for the trace       function    (Unit, names of the parameters with defaults)
    pi              the sense of the test         class       Unit
    cell, setcell   (owner scopes, name)          return      names of the parameters that follow the value
    attr, setattr   the attribute name            build       (kind, which operands are starred)
    binop, inplace  the operator                  fstring     literal pieces, None for each operand
    compare         the operators                 caught      the instructions that may have raised
    branch          (block if true, block if false); operand 0 is the condition; the last of its block
    slice           (constant start, constant end), None for others; operands are the sequence and the end, if any
    handler         nothing; operand 0 is the exceptions that the block catches
    part            the index or key of what a pattern takes, None where that is not known
    delattr         the attribute name            delsub      nothing; operands are the container and the key
    unpack          (position, from the end where negative, False), or ((how many before, how many behind), True)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Operand: TypeAlias = "int | str"
Extra: TypeAlias = Any  # typed by the opcode


# Opcodes whose result is their first operand: under another name, or known better after a test.
RENAMES = frozenset({"assign", "copy", "pi"})
# The same, and what is loaded from where it was stored, or waited for.
COPIES = RENAMES | {"pathload", "await"}
# They put their last operand into the container that is their first.
STORES = frozenset({"add", "setsub", "merge", "member"})
DISPLAY = "display"  # of a ``setsub``: a part of a display, ``{key: value}``, and no later change


class Instr:
    """One instruction; ``dst`` is the value it defines, ``var`` the local variable it assigns before SSA."""

    __slots__ = ("args", "col", "dst", "extra", "line", "op", "var")

    def __init__(
        self, op: str, dst: int, args: list[Any], extra: Extra, line: int, col: int, var: str | None = None
    ) -> None:
        self.op = op
        self.dst = dst
        self.args = args
        self.extra = extra
        self.line = line
        self.col = col
        self.var = var

    def __repr__(self) -> str:
        target = f"{self.var}={self.dst}" if self.var else str(self.dst)
        return f"{target} = {self.op} {self.args} {self.extra!r} @{self.line}"


class Block:
    """A basic block; after SSA, the i-th argument of a ``phi`` belongs to the i-th predecessor."""

    __slots__ = ("instrs", "number", "preds", "succs")

    def __init__(self, number: int) -> None:
        self.number = number
        self.instrs: list[Instr] = []
        self.succs: list[Block] = []
        self.preds: list[Block] = []

    def __repr__(self) -> str:
        return f"B{self.number}->{[block.number for block in self.succs]}"


@dataclass(frozen=True, slots=True)
class Edge:
    """The step of control from a block to one of its successors."""

    start: Block
    end: Block


@dataclass(frozen=True, slots=True)
class CallShape:
    """How the operands after the callee are passed: positional (some starred), then keywords (``None`` is ``**``)."""

    starred: tuple[bool, ...]
    keywords: tuple[str | None, ...]


@dataclass(slots=True)
class Params:
    """The parameters of a function, in the order of Python's own ``ast.arguments``."""

    positional: tuple[str, ...] = ()
    kwonly: tuple[str, ...] = ()
    vararg: str | None = None
    kwarg: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, once each."""
        rest = tuple(name for name in (self.vararg, self.kwarg) if name)
        return self.positional + self.kwonly + rest


class ModuleName(str):
    """What an ``import`` says of a name that ``import X`` binds: it is a module, and not something in one."""

    __slots__ = ()


class GlobalName(str):
    """What an ``assign`` says of a variable that stands for a constant of the module: the name of the constant."""

    __slots__ = ()


@dataclass(slots=True, eq=False, repr=False)
class Unit:
    """The code of one module, function, lambda or class body.

    ``cells`` maps a free variable to the unit that owns it; ``shared`` are own variables that other units read.
    """

    name: str
    kind: str  # "module", "function", "class"
    number: int
    line: int
    parent: Unit | None = None
    params: Params = field(default_factory=Params)
    blocks: list[Block] = field(default_factory=list)
    values: int = 0  # how many values the unit defines
    is_generator: bool = False
    returns: bool = True  # some path through it ends normally
    is_method: bool = False  # defined directly in a class body
    has_loop: bool = False
    inlined: bool = False  # its code has been put in place of calls
    defs: list[Instr | None] = field(default_factory=list)  # value -> its defining instruction, after SSA
    node: ast.AST | None = None
    bounds: dict[int, tuple[int | None, int | None, int | None]] = field(default_factory=dict)  # of each ``slice``


@dataclass(frozen=True, slots=True)
class Program:
    """All units of one source file; the first is the module.

    Where it has been linked, ``files`` are the paths of the files of its units by number, its own left empty: see
    ``frontend.linking.positions``; ``has_more`` says that functions were left out because no data enter in them.
    """

    units: tuple[Unit, ...]
    entry_references: frozenset[str]  # every identifier loaded anywhere, for finding functions nobody names
    star_imports: tuple[str, ...]
    copies: Mapping[Unit, tuple[Unit, ...]] = field(default_factory=dict)  # function -> those its code is copied into

    files: tuple[str, ...] = ()
    has_more: bool = False

    def copied_into(self, unit: Unit) -> tuple[Unit, ...]:
        """The functions that have the code of ``unit`` in place of calls of it."""
        return self.copies.get(unit, ())
