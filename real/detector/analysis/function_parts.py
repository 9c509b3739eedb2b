"""What functions carry besides their code: default values, closed-over variables, annotations.

Who reads ``f.__defaults__`` or a cell gets what the program has put there. Annotations are not evaluated; a function
that hides more than types there is noted as not seen, where somebody reads them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from real.detector.analysis.heap import Heap
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, Obj, Value, join, join_all, of_obj
from real.detector.frontend.normalise.literal_code import names_called
from real.detector.frontend.tree_walk import walk
from real.detector.ir.instructions import Instr, Unit

DEFAULTS = frozenset({"__defaults__", "__kwdefaults__"})
CELL = "cell_contents"
ANNOTATIONS = "__annotations__"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class FunctionParts:
    """Reads the parts of the functions of one program."""

    def __init__(self, heap: Heap, state: State) -> None:
        self._heap = heap
        self._state = state

    def defaults(self, function: Obj) -> Value:
        """The default values of a function, as one container."""
        found = BOTTOM
        for unit, instr in self._made.get(function.unit, ()) if function.unit is not None else ():
            env = self._state.states[unit].env
            found = join(found, join_all(env[arg] for arg in instr.args))
        held = self._heap.obj(("defaults", function), "namespace")
        self._heap.put_unknown(held, found)
        return of_obj(held)

    @cached_property
    def _made(self) -> dict[Unit, list[tuple[Unit, Instr]]]:
        """Function -> the places that make it."""
        found: dict[Unit, list[tuple[Unit, Instr]]] = {}
        for unit in self._state.program.units:
            for instr in (instr for block in unit.blocks for instr in block.instrs if instr.op == "function"):
                found.setdefault(instr.extra[0], []).append((unit, instr))
        return found

    def cells(self) -> Value:
        """What any variable holds that an inner function reads."""
        found = BOTTOM
        for obj in list(self._heap.objects.values()):
            if obj.kind == "cell":
                self._heap.touch(obj)
                found = join(found, obj.elements)
        return found

    def hides_in_annotations(self, function: Obj) -> bool:
        """Whether some annotation of a function or a class is more than a type."""
        unit = function.unit
        node = unit.node if unit is not None else None
        if unit is None or not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            return False
        variables = frozenset(_variables(unit.parent))
        return any(_is_value(annotation, variables) for annotation in _annotations(node))

    @staticmethod
    def calls_in_annotations(unit: Unit) -> bool:
        """Whether the text of some annotation calls something: whoever asks for the types evaluates it."""
        node = unit.node
        return isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and any(
            isinstance(part, ast.Constant) and names_called(part.value)
            for annotation in _annotations(node)
            for part in walk(annotation)
        )


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[ast.expr]:
    if isinstance(node, ast.ClassDef):
        yield from (part.annotation for part in node.body if isinstance(part, ast.AnnAssign))
        return
    for arg in walk(node.args):
        if isinstance(arg, ast.arg) and arg.annotation is not None:
            yield arg.annotation
    if node.returns is not None:
        yield node.returns


def _variables(unit: Unit | None) -> Iterator[str]:
    """The parameters and variables of the functions around."""
    while unit is not None and unit.kind != "module":
        yield from unit.params.names
        if isinstance(unit.node, _FUNCTIONS):
            for inner in walk(unit.node):
                if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                    yield inner.id
        unit = unit.parent


def _is_value(annotation: ast.expr, variables: frozenset[str]) -> bool:
    for part in walk(annotation):
        if isinstance(part, ast.JoinedStr) or (isinstance(part, ast.BinOp) and not isinstance(part.op, ast.BitOr)):
            return True
        if isinstance(part, ast.Name) and part.id in variables:
            return True
    return False
