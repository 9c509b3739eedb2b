"""A variable that changes its type becomes two: from the assignment on it has a new name, where that is the same.

``n = str(n)`` makes ``n`` an int first and a str then, which a type checker refuses. Later uses are renamed where no
use outside of the renamed region can see the assignment.
"""

from __future__ import annotations

import ast

from real.datasets.annotate.program import Program
from real.datasets.annotate.scopes import every_name

_LOOPS = (ast.For, ast.While, ast.AsyncFor)


def rename_from(program: Program, statement: ast.stmt, variable: str, suffix: str) -> bool:
    """Rename ``variable`` from an assignment or a loop that binds it on; False where that could change the program."""
    targets = _targets(statement, variable)
    if not targets or isinstance(statement, ast.AugAssign):
        return False
    scope = program.function(statement) or program.tree
    if any(isinstance(n, ast.Global | ast.Nonlocal) and variable in n.names for n in ast.walk(scope)):
        return False
    region = _region(program, statement)
    renamed = [*targets, *(n for part in region for n in _uses(part, variable))]
    known = {id(name) for name in renamed}
    others = [name for name in _uses(scope, variable) if id(name) not in known]
    if any(isinstance(n.ctx, ast.Load) and _reached(program, statement, n) for n in others):
        return False
    if any(arg.arg == variable for part in region for n in ast.walk(part) for arg in _arguments(n)):
        return False
    fresh = _fresh(program, f"{variable}_{suffix}")
    for name in renamed:
        name.id = fresh
    return True


def _targets(statement: ast.stmt, variable: str) -> list[ast.Name]:
    roots: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        roots = statement.targets
    elif isinstance(statement, ast.For | ast.AnnAssign):
        roots = [statement.target]
    elif isinstance(statement, ast.With):
        roots = [item.optional_vars for item in statement.items if item.optional_vars is not None]
    return [
        n for root in roots for n in ast.walk(root)
        if isinstance(n, ast.Name) and n.id == variable and isinstance(n.ctx, ast.Store)
    ]  # fmt: skip


def _region(program: Program, statement: ast.stmt) -> list[ast.stmt]:
    """What certainly runs after the statement, in its own block: there the name means what it was given."""
    block = program.block(statement)
    later = block[block.index(statement) + 1 :]
    return [*statement.body, *statement.orelse, *later] if isinstance(statement, ast.For) else later


def _uses(node: ast.AST, variable: str) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == variable]


def _arguments(node: ast.AST) -> list[ast.arg]:
    arguments = getattr(node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return []
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _reached(program: Program, statement: ast.stmt, name: ast.Name) -> bool:
    """Whether a use outside of the region may come after the statement: later in the text, or in a loop around it."""
    if isinstance(statement, ast.Assign) and any(name is n for n in ast.walk(statement.value)):
        return _carried(program, statement, name)
    if isinstance(statement, ast.For) and any(name is n for n in ast.walk(statement.iter)):
        return _carried(program, statement, name)
    if (name.lineno, name.col_offset) > (statement.lineno, statement.col_offset):
        return not _other_branch(program, statement, name)
    return _carried(program, statement, name)


def _other_branch(program: Program, statement: ast.stmt, name: ast.Name) -> bool:
    """Whether the two stand in different branches of one ``if`` that is in no loop."""
    mine, theirs = [statement, *program.ancestors(statement)], [name, *program.ancestors(name)]
    common = next(node for node in mine if any(node is other for other in theirs))
    if not isinstance(common, ast.If):
        return False
    return not any(isinstance(node, _LOOPS) for node in [common, *program.ancestors(common)])


def _carried(program: Program, statement: ast.stmt, name: ast.Name) -> bool:
    """Whether a loop carries the value back to an earlier use, with nothing that surely binds the name in between."""
    mine = [*program.ancestors(statement)]
    loops = [node for node in mine if isinstance(node, _LOOPS)]
    holding = [loop for loop in loops if any(loop is node for node in program.ancestors(name))]
    for loop in holding:
        if isinstance(loop, ast.For) and any(n.id == name.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)):
            if any(name is n for n in ast.walk(loop.iter)):
                continue
            return False  # each turn binds it before anything in the body is reached
        if _bound_before(program, loop, statement, name):
            return False
    return bool(holding)


def _bound_before(program: Program, loop: ast.AST, statement: ast.stmt, name: ast.Name) -> bool:
    """Whether the loop's own body binds the name before both, on every turn."""
    body = getattr(loop, "body", [])
    for node in body:
        inside = list(ast.walk(node))
        if any(name is n for n in inside) or any(statement is n for n in inside):
            return False
        if isinstance(node, ast.Assign | ast.AnnAssign) and _targets(node, name.id):
            return True
    return False


def _fresh(program: Program, wanted: str) -> str:
    taken = every_name(program.tree)
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}{number}", number + 1
    return name
