"""Returned values: which functions give them to the outside, and of which pieces returned text is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from real.detector.analysis.slices import Slicer
from real.detector.analysis.values import ordered
from real.detector.ir.instructions import COPIES, Instr, Unit

_FORMATTERS = frozenset({"format", "format_map", "substitute", "safe_substitute"})
_TRIMMERS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "encode", "decode", "replace", "title"})
_SAME = COPIES | {"decorate"}
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """One ``return`` (or ``yield``) of a function that nothing in the program calls; ``operand`` is the value."""

    unit: Unit
    instr: Instr
    operand: int


@dataclass(slots=True)
class Pieces:
    """What a text is put together from.

    ``literals`` are its literal pieces, ``wholes`` f-strings with ``{}`` for what they put in, ``templates`` the names
    of templates that the program takes from elsewhere (``undefined``: those that nothing in it binds); ``is_built``
    says whether anything is put in between at all.
    """

    literals: list[str] = field(default_factory=list)
    wholes: list[str] = field(default_factory=list)
    templates: set[str] = field(default_factory=set)
    undefined: set[str] = field(default_factory=set)
    is_built: bool = False


class PieceFinder(Protocol):
    """Who knows of which pieces a text is made."""

    def pieces(self, unit: Unit, operand: int) -> Pieces:
        """The pieces that the value may be made of."""


class Texts:
    """Finds the pieces of texts."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer

    def pieces(self, unit: Unit, operand: int) -> Pieces:
        """The pieces that the value may be made of, as far as it is made in the program; nothing for other values."""
        found = Pieces()
        self._visit(unit, operand, found, set(), 0)
        return found

    def _visit(self, unit: Unit, operand: int, found: Pieces, seen: set[tuple[Unit, int]], depth: int) -> None:
        """Visit the value and what it is made of in one function, first things first; a loop, since chains are long."""
        waiting = [operand]
        while waiting:
            waiting += reversed(self._parts(unit, waiting.pop(), found, seen, depth))

    def _parts(self, unit: Unit, operand: int, found: Pieces, seen: set[tuple[Unit, int]], depth: int) -> list[int]:
        """Note one value; returns what it is made of."""
        instr = unit.defs[operand] if operand < len(unit.defs) else None
        if instr is None or (unit, operand) in seen:
            return []
        seen.add((unit, operand))
        inside: list[int] = []
        if instr.op == "const":
            if isinstance(instr.extra, (str, bytes)):
                found.literals.append(instr.extra if isinstance(instr.extra, str) else instr.extra.decode("latin-1"))
        elif instr.op == "fstring":
            found.literals += [piece for piece in instr.extra if piece is not None]
            found.wholes.append("".join("{}" if piece is None else piece for piece in instr.extra))
            found.is_built = found.is_built or bool(instr.args)
            inside = instr.args
        elif instr.op in ("binop", "inplace") and instr.extra in ("Add", "Mod"):
            found.is_built = True
            if instr.extra == "Mod":
                self._template(unit, instr.args[0], found)
            inside = instr.args
        elif instr.op in ("phi", "build"):
            inside = [*instr.args, *self._stored(unit, operand)]
        elif instr.op in _SAME:
            inside = instr.args[-1:] if instr.op == "decorate" else instr.args[:1]
        elif instr.op in ("call", "method"):
            inside = self._called(unit, instr, found, seen, depth)
        values = self._slicer.solver.state.states[unit].env[operand].consts
        if values and instr.op in ("cell", "builtin", "attr", "sub"):
            found.literals += sorted(value for value in values if isinstance(value, str))
        return list(inside)

    def _called(self, unit: Unit, instr: Instr, found: Pieces, seen: set[tuple[Unit, int]], depth: int) -> list[int]:
        args: list[int] = instr.args
        if instr.op == "method":
            name = instr.extra[0]
            if name in _FORMATTERS:
                found.is_built = True
                self._template(unit, args[0], found)
                return args
            if name == "join":
                found.is_built = True
                return args
            if name in _TRIMMERS:
                return args[:1]
        if depth < _MAX_DEPTH:
            for callee, _ in self._slicer.called_units(instr):
                for block in callee.blocks:
                    for inner in block.instrs:
                        if inner.op == "return":
                            self._visit(callee, inner.args[0], found, seen, depth + 1)
        names = self._slicer.library_names(unit, instr)
        return args[1:] if names & {"builtins.str", "string.Template", "markupsafe.Markup"} else []

    def _template(self, unit: Unit, operand: int, found: Pieces) -> None:
        for obj in ordered(self._slicer.solver.state.states[unit].env[operand].objs):
            texts = obj.fields["template"].consts if "template" in obj.fields else None  # `string.Template(text)`
            found.literals += sorted(text for text in texts or () if isinstance(text, str))
        root = unit.defs[self._slicer.solver.guards.root(unit, operand)]
        if root is None:
            return
        if root.op in ("cell", "builtin"):
            found.templates.add(str(root.extra[1]))
            if root.op == "builtin":
                found.undefined.add(str(root.extra[1]))
        elif root.op in ("param", "attr"):
            found.templates.add(str(root.extra))

    def _stored(self, unit: Unit, operand: int) -> list[int]:
        return [arg for store in self._slicer.stores_into(unit).get(operand, ()) for arg in store.args[1:]]


def built_with(literal: str, free_templates: bool = False) -> Callable[[PieceFinder, Returned], bool]:
    """For ``ReturnSink.when``: text put together from outside data and a literal piece that matches ``literal``.

    With ``free_templates`` also text formatted by a template that the program does not define.
    """
    pattern = re.compile(literal)

    def holds(facts: PieceFinder, returned: Returned) -> bool:
        pieces = facts.pieces(returned.unit, returned.operand)
        if not pieces.is_built:
            return False
        if any(pattern.search(piece) for piece in pieces.literals):
            return True
        return free_templates and bool(pieces.undefined)

    return holds
