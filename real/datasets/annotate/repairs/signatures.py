"""Repairs of annotations that the solution brought itself."""

from __future__ import annotations

import ast

from real.datasets.annotate.program import Program, expression
from real.datasets.annotate.repairs.variables import declare_observed
from real.datasets.annotate.scopes import parameters
from real.types import Finding


def fill_generic(program: Program, finding: Finding) -> bool:
    """``List`` without its items: the type that was seen."""
    statement = program.statement(finding.line)
    done = False
    if isinstance(statement, ast.FunctionDef):
        name = program.names[statement]
        for parameter in parameters(statement):
            shape = program.seen.get(f"{name}:param:{parameter.arg}")
            if shape and parameter.annotation is not None:
                parameter.annotation = expression(program.renderer.render(shape).replace("?", program.filler))
                done = True
        shape = program.seen.get(f"{name}:return")
        if shape and statement.returns is not None:
            statement.returns = expression(program.renderer.render(shape).replace("?", program.filler))
            done = True
    elif isinstance(statement, ast.AnnAssign):
        done = declare_observed(program, statement, ast.unparse(statement.target))
    return done


def retype_signature(program: Program, finding: Finding) -> bool:
    """The annotations that the solution brought give way to the types that were seen."""
    statement = program.statement(finding.line)
    function = statement if isinstance(statement, ast.FunctionDef) else None
    if function is None and statement is not None:
        found = program.function(statement)
        function = found if isinstance(found, ast.FunctionDef) else None
    if function is None:
        return False
    before = ast.unparse(function.args), ast.unparse(function.returns) if function.returns else ""
    fill_generic(program, Finding("", function.lineno, ""))
    return before != (ast.unparse(function.args), ast.unparse(function.returns) if function.returns else "")
