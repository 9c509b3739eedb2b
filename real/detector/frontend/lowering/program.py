"""Lowering of whole programs: a normalised tree to units of basic blocks in SSA form."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from real.detector.frontend.lowering.scalar_replacement import Aggregates
from real.detector.frontend.lowering.statements import UnitLowerer
from real.detector.frontend.lowering.units import UnitTable
from real.detector.ir.constant_propagation import propagate_constants
from real.detector.ir.instructions import Params, Program
from real.detector.ir.ssa import to_ssa


def lower(
    tree: ast.Module,
    builtins: frozenset[str],
    inlined: Mapping[ast.AST, tuple[ast.AST, ...]] = {},
    *,
    ssa: bool = True,
) -> Program:
    """Lower a module and, from a work list, every function and class in it, and build SSA.

    ``inlined``: see ``SourceTree``. Without ``ssa``, local variables stay names, as ``listing`` shows them.
    """
    units = UnitTable(tree, builtins, inlined)
    classes = units.plain_classes(tree)
    units.unit_for(tree, "<module>", "module", None, Params())
    while units.pending:
        unit, scope = units.pending.popleft()
        UnitLowerer(units, unit, scope).lower()
        if ssa:
            to_ssa(unit)
            propagate_constants(unit)
            Aggregates(unit, classes, units.table.imports).run()
    return units.program()
