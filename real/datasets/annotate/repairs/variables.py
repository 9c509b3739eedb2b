"""Repairs of variables: a type where they are first bound, or a second name where they change it."""

from __future__ import annotations

import ast
import re

from real.datasets.annotate.program import Program
from real.datasets.annotate.rename import rename_from
from real.datasets.annotate.repairs.mypy_messages import (
    NUMBERS,
    QUOTED,
    bound_names,
    expressions,
    types_of,
    union,
    usable,
)
from real.datasets.annotate.scopes import own_nodes
from real.types import Finding


def declare_needed(program: Program, finding: Finding) -> bool:
    """ "Need type annotation for x": the type that x was seen with."""
    statement, match = program.statement(finding.line), QUOTED.search(finding.message)
    if statement is None or match is None:
        return False
    wanted = match[1]
    for variable in bound_names(statement):
        if variable.rpartition(".")[2] == wanted or variable == wanted:
            return _split_tuple(program, statement) or declare_observed(program, statement, variable)
    return False


def _split_tuple(program: Program, statement: ast.stmt) -> bool:
    """``a, b = [], {}`` and ``a = b = 0`` as single assignments, where their order cannot matter."""
    if not isinstance(statement, ast.Assign):
        return False
    target = statement.targets[0]
    if len(statement.targets) > 1:
        if not all(isinstance(t, ast.Name) for t in statement.targets):
            return False
        first = statement.targets[0]
        assert isinstance(first, ast.Name)
        new: list[ast.stmt] = [ast.Assign([first], statement.value)]
        new += [ast.Assign([t], ast.Name(first.id, ast.Load())) for t in statement.targets[1:]]
    elif isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
        pairs = list(zip(target.elts, statement.value.elts, strict=False))
        bound = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
        read = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
        if (
            len(target.elts) != len(statement.value.elts)
            or bound & read
            or not all(isinstance(t, ast.Name | ast.Attribute) for t in target.elts)
        ):
            return False
        new = [ast.Assign([t], value) for t, value in pairs]
    else:
        return False
    program.replace(statement, [ast.copy_location(node, statement) for node in new])
    return True


def declare_observed(program: Program, place: ast.AST, variable: str) -> bool:
    """Declare a variable with the type it was seen with; False where it was not seen or has a type."""
    if "." in variable:
        owner, _, attribute = variable.partition(".")
        cls = next((n for n in program.ancestors(place) if isinstance(n, ast.ClassDef)), None)
        shape = program.seen.get(f"{cls.name}:attribute:{attribute}") if cls is not None and owner == "self" else None
        if shape is None:
            return False
        return program.declare(place, variable, program.renderer.render(shape).replace("?", program.filler))
    observed = program.observed(place, variable)
    return bool(observed) and program.declare(place, variable, observed)


def widen_number(program: Program, finding: Finding) -> bool:
    """An int that becomes a float is declared a float where it is first bound."""
    got, wanted = types_of(finding)
    statement = program.statement(finding.line)
    if statement is None or got not in NUMBERS or wanted not in NUMBERS:
        return False
    wide = max(got, wanted, key=NUMBERS.index)
    return any(program.declare(statement, v, wide) for v in bound_names(statement))


def rename(program: Program, finding: Finding) -> bool:
    """A variable that gets another type gets another name."""
    statement = program.statement(finding.line)
    if statement is None:
        return False
    got, _ = types_of(finding)
    head = re.match(r"\w+", got)
    suffix = {"str": "text", "int": "number"}.get(head[0].lower(), head[0].lower()) if head else "value"
    return any(rename_from(program, statement, v, suffix) for v in bound_names(statement) if "." not in v)


def declare_union(program: Program, finding: Finding) -> bool:
    """A variable with two types is declared with both."""
    got, wanted = types_of(finding)
    statement = program.statement(finding.line)
    if statement is None or not usable(got) or not usable(wanted):
        return False
    both = union(wanted, got)
    return any(program.declare(statement, v, both) for v in bound_names(statement))


def declare_mentioned(program: Program, finding: Finding) -> bool:
    """Containers that a failing statement touches are declared with the types they were seen with."""
    statement = program.statement(finding.line)
    if statement is None:
        return False
    done = False
    for node in list(expressions(statement)):
        if isinstance(node, ast.Name) and program.parameter(statement, node.id) is None:
            observed = program.observed(statement, node.id)
            if "[" in observed or "|" in observed:
                done |= program.declare(statement, node.id, observed)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            done |= declare_observed(program, statement, ast.unparse(node))
    return done


def declare_expected(program: Program, finding: Finding) -> bool:
    """A returned or passed variable is declared with the type that is expected of it."""
    statement = program.statement(finding.line)
    _, wanted = types_of(finding)
    if statement is None or not usable(wanted):
        return False
    names = [n for n in expressions(statement) if isinstance(n, ast.Name) and n.id in finding.message]
    if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Name):
        names = [statement.value]
    return any(program.declare(statement, n.id, wanted) for n in names if program.parameter(statement, n.id) is None)


def convert_assigned(program: Program, finding: Finding) -> bool:
    """The same for a number assigned: ``x = int(a / b)`` where only whole numbers were seen."""
    statement = program.statement(finding.line)
    got, wanted = types_of(finding)
    if not isinstance(statement, ast.Assign) or got not in ("float", "object", "int | float"):
        return False
    if wanted != "int" or len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
        return False
    if program.observed(statement, statement.targets[0].id) != "int":
        return False
    statement.value = ast.Call(ast.Name("int", ast.Load()), [statement.value], [])
    return True


def split_tuple(program: Program, finding: Finding) -> bool:
    """Assignments at once become single ones."""
    statement = program.statement(finding.line)
    return statement is not None and _split_tuple(program, statement)


def observed_loops(program: Program, finding: Finding) -> bool:
    """Everything that a function binds in a tuple or a container is declared as it was seen."""
    statement = program.statement(finding.line)
    scope = program.function(statement) if statement is not None else None
    if scope is None:
        return False
    done = False
    for variable in {n.id for n in own_nodes(scope) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}:
        first = program.declaration(next(iter(scope.body)), variable)
        observed = program.observed(scope.body[0], variable)
        if isinstance(first, ast.Assign) and ("[" in observed or "|" in observed or observed == "float"):
            done |= program.declare(scope.body[0], variable, observed)
    return done
