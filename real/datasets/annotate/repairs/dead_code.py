"""Repairs that remove what the types rule out, and what nothing calls."""

from __future__ import annotations

import ast
import re

from real.datasets.annotate.program import Program
from real.types import Finding


def drop_dead(program: Program, finding: Finding) -> bool:
    """Code that the types rule out is removed, with the condition that leads to it."""
    statement = program.statement(finding.line)
    if statement is None or "operand" in finding.message:
        return False
    above, block = program.parent[statement], program.block(statement)
    if isinstance(above, ast.If) and block[0] is statement:
        program.replace(above, above.orelse if block is above.body else above.body)
        return True
    if isinstance(above, ast.Try) and block[0] is statement:
        return False
    del block[block.index(statement) + 1 :]
    program.replace(statement, [])
    return True


class _DeadOperand(ast.NodeTransformer):
    done = False

    def __init__(self, line: int, operator: type[ast.boolop]) -> None:
        self._line, self._operator = line, operator

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        if not self.done and isinstance(node.op, self._operator) and node.lineno == self._line:
            self.done = True
            node.values.pop()
            return node if len(node.values) > 1 else node.values[0]
        return node


def drop_operand(program: Program, finding: Finding) -> bool:
    """``a or b`` whose ``b`` the types rule out is ``a``."""
    match = re.match(r'Right operand of "(and|or)" is never evaluated', finding.message)
    statement = program.statement(finding.line)
    if match is None or statement is None:
        return False
    visitor = _DeadOperand(finding.line, ast.And if match[1] == "and" else ast.Or)
    visitor.visit(statement)
    return visitor.done


def drop_function(program: Program, finding: Finding) -> bool:
    """A function that nothing calls is removed."""
    statement = program.statement(finding.line)
    function = statement if isinstance(statement, ast.FunctionDef) else None
    if function is None and statement is not None:
        found = program.function(statement)
        function = found if isinstance(found, ast.FunctionDef) else None
    if function is None or f"{program.names[function]}:return" in program.seen:
        return False
    uses = [n for n in ast.walk(program.tree) if isinstance(n, ast.Name | ast.Attribute)]
    if any((n.id if isinstance(n, ast.Name) else n.attr) == function.name for n in uses):
        return False
    program.replace(function, [])
    return True
