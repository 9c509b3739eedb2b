"""Repairs of what a function returns."""

from __future__ import annotations

import ast

from real.datasets.annotate.program import Program, expression
from real.datasets.annotate.repairs.mypy_messages import NUMBERS, types_of, union, usable
from real.types import Finding

_CASTABLE = ("int", "float", "str", "bool")


def widen_result(program: Program, finding: Finding) -> bool:
    """The result type takes in what is returned too."""
    got, wanted = types_of(finding)
    statement = program.statement(finding.line)
    function = program.function(statement) if statement is not None else None
    if function is None or not usable(got):
        return False
    if got in NUMBERS and wanted in NUMBERS:
        wide = max(got, wanted, key=NUMBERS.index)
    else:
        wide = union(ast.unparse(function.returns) if function.returns else wanted, got)
    function.returns = expression(wide)
    return True


def take_result(program: Program, finding: Finding) -> bool:
    """The result type becomes what MyPy says is returned."""
    got, _ = types_of(finding)
    statement = program.statement(finding.line)
    function = program.function(statement) if statement is not None else None
    if function is None or not usable(got):
        return False
    function.returns = expression(got)
    return function.returns is not None


def convert_result(program: Program, finding: Finding) -> bool:
    """What MyPy knows nothing of, and was seen as a plain value, is converted to that: ``return int(a ** b)``."""
    statement = program.statement(finding.line)
    function = program.function(statement) if statement is not None else None
    if not isinstance(statement, ast.Return) or statement.value is None or function is None:
        return False
    declared = ast.unparse(function.returns) if function.returns is not None else ""
    seen = set(program.seen.get(f"{program.names[function]}:return", {}))
    if declared not in _CASTABLE or seen - ({"int", "float"} if declared == "float" else {declared}):
        return False
    statement.value = ast.Call(ast.Name(declared, ast.Load()), [statement.value], [])
    return True


def return_none(program: Program, finding: Finding) -> bool:
    """A function whose end can be reached returns ``None`` there, and says so."""
    function = program.statement(finding.line)
    if not isinstance(function, ast.FunctionDef) or function.returns is None:
        return False
    text = ast.unparse(function.returns)
    if "None" not in text:
        function.returns = expression(f"{text} | None")
    _append(function, ast.Return(ast.Constant(None)))
    return True


def raise_at_end(program: Program, finding: Finding) -> bool:
    """A function whose end no test reached raises there."""
    function = program.statement(finding.line)
    if not isinstance(function, ast.FunctionDef) or "None" in program.seen.get(f"{program.names[function]}:return", {}):
        return False
    _append(function, ast.parse("raise ValueError('no result for these arguments')").body[0])
    return True


def _append(function: ast.FunctionDef, statement: ast.stmt) -> None:
    function.body.append(ast.fix_missing_locations(ast.copy_location(statement, function.body[-1])))


def last_branch(program: Program, finding: Finding) -> bool:
    """An ``elif`` at the end that covers every case left is an ``else``."""
    function = program.statement(finding.line)
    if not isinstance(function, ast.FunctionDef) or not isinstance(function.body[-1], ast.If):
        return False
    branch = function.body[-1]
    if not branch.orelse:
        return False
    while len(branch.orelse) == 1 and isinstance(below := branch.orelse[0], ast.If):
        if not below.orelse:
            branch.orelse = below.body
            return True
        branch = below
    return False
