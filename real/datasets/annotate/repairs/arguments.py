"""Repairs of what is passed and read: parameters of own functions, keys of a sort, values that are not None."""

from __future__ import annotations

import ast
import re

from real.datasets.annotate.program import Program, expression
from real.datasets.annotate.repairs.mypy_messages import expressions, types_of, union, usable
from real.datasets.annotate.scopes import Function, parameters
from real.types import Finding


def widen_parameter(program: Program, finding: Finding) -> bool:
    """A parameter of the program's own function takes in what is passed to it."""
    match = re.match(r'Argument (\S+) to "(\w+)"', finding.message)
    got, _ = types_of(finding)
    if match is None or not usable(got):
        return False
    function = _by_name(program, match[2])
    if function is None:
        return False
    own = [a for a in parameters(function) if a.arg not in ("self", "cls")]
    place = match[1].strip('"')
    chosen = next((a for a in own if a.arg == place), None)
    if chosen is None and place.isdigit() and int(place) <= len(own):
        chosen = own[int(place) - 1]
    if chosen is None or chosen.annotation is None:
        return False
    chosen.annotation = expression(union(ast.unparse(chosen.annotation), got))
    return chosen.annotation is not None


def _by_name(program: Program, name: str) -> Function | None:
    return next((f for f, qualified in program.names.items() if qualified.rpartition(".")[2] == name), None)


class _KeyGet(ast.NodeTransformer):
    done = False

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        value = node.value
        if node.arg == "key" and isinstance(value, ast.Attribute) and value.attr == "get":
            node.value = ast.Attribute(value.value, "__getitem__", ast.Load())
            self.done = True
        return node


def key_get(program: Program, finding: Finding) -> bool:
    """``max(d, key=d.get)`` may give None for a missing key, which cannot be ordered: ``d.__getitem__`` does not."""
    statement = program.statement(finding.line)
    if statement is None:
        return False
    visitor = _KeyGet()
    visitor.visit(statement)
    return visitor.done


def narrow(program: Program, finding: Finding) -> bool:
    """What is None by its type, and never was, is asserted not to be."""
    statement = program.statement(finding.line)
    if statement is None or "None" not in finding.message:
        return False
    scope = program.scope(statement)
    for node in expressions(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            annotated = program.parameter(statement, node.id) or program.declaration(statement, node.id)
            note = getattr(annotated, "annotation", None)
            seen = program.seen.get(f"{scope}:local:{node.id}", {})
            if (note is not None and "None" in ast.unparse(note)) or "None" in seen:
                check = ast.parse(f"assert {node.id} is not None").body[0]
                program.replace(statement, [check, statement])
                return True
    return False
