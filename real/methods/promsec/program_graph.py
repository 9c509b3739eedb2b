"""A program as a graph: its statements, joined where control goes from one to the next and where a name flows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from real.methods.promsec.scan import Issue

KINDS = (ast.Assign, ast.Expr, ast.Return, ast.If, ast.For, ast.While, ast.FunctionDef, ast.Import, ast.With, ast.Try)
FEATURES = len(KINDS) + 3  # kind; calls something; depth; severity of what bandit finds there
_SEVERITY = {"LOW": 0.34, "MEDIUM": 0.67, "HIGH": 1.0}
LEFT_OPEN = "# this step is left open: it must be written securely"


@dataclass(frozen=True)
class ProgramGraph:
    """``features`` ``[N, FEATURES]``, ``edges`` ``[N, N]`` (symmetric, 0 or 1), ``severity`` ``[N]`` in [0, 1]."""

    statements: tuple[ast.stmt, ...]
    features: Tensor
    edges: Tensor
    severity: Tensor


def program_graph(code: str, issues: Sequence[Issue]) -> ProgramGraph | None:
    """The graph of a program; ``None`` where it does not parse or has no statement."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return None
    placed = list(_statements(tree.body, 0))
    if not placed:
        return None
    statements = [statement for statement, _ in placed]
    severity = torch.tensor([_severity(statement, issues) for statement in statements])
    rows = [_features(statement, depth) for statement, depth in placed]
    features = torch.cat([torch.tensor(rows), severity.unsqueeze(1)], dim=1)
    return ProgramGraph(tuple(statements), features, _edges(statements), severity)


def without(code: str, graph: ProgramGraph, keep: Tensor) -> str:
    """The program with the simple statements that ``keep`` ``[N]`` gives less than a half left open, as a comment."""
    lines = code.splitlines()
    for statement, kept in zip(graph.statements, keep.tolist(), strict=True):
        if kept >= 0.5 or hasattr(statement, "body"):
            continue
        first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
        lines[first : last + 1] = [" " * statement.col_offset + LEFT_OPEN] + [""] * (last - first)
    return "\n".join(line for number, line in enumerate(lines) if line or code.splitlines()[number] == "")


def _statements(body: Sequence[ast.stmt], depth: int) -> Iterator[tuple[ast.stmt, int]]:
    for statement in body:
        yield statement, depth
        for inner in _bodies(statement):
            yield from _statements(inner, depth + 1)


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield from [found] if (found := getattr(statement, name, None)) else []
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of the statements inside it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt | ast.ExceptHandler)
        ]


def _features(statement: ast.stmt, depth: int) -> list[float]:
    kind = [float(isinstance(statement, kind)) for kind in KINDS]
    return [*kind, float(any(isinstance(node, ast.Call) for node in _own_nodes(statement))), min(depth, 8) / 8]


def _severity(statement: ast.stmt, issues: Sequence[Issue]) -> float:
    """The worst that bandit finds on the statement's own lines: of a compound one, those before its body."""
    inner = [found[0].lineno for found in _bodies(statement)]
    last = min(inner) - 1 if inner else statement.end_lineno or statement.lineno
    last = max(last, statement.lineno)
    return max((_SEVERITY[i.severity] for i in issues if statement.lineno <= i.line <= last), default=0.0)


def _edges(statements: Sequence[ast.stmt]) -> Tensor:
    """Neighbours in a body, a compound statement and what it begins with, and a definition and its next use."""
    number = {statement: index for index, statement in enumerate(statements)}
    edges = torch.zeros(len(statements), len(statements))
    bodies = [found for statement in statements for found in _bodies(statement)]
    inner = {statement for body in bodies for statement in body}
    joined = [(statement, found[0]) for statement in statements for found in _bodies(statement)]
    for body in [*bodies, [statement for statement in statements if statement not in inner]]:
        joined += list(pairwise(body))
    defined: dict[str, ast.stmt] = {}
    for statement in statements:
        names = [node for node in _own_nodes(statement) if isinstance(node, ast.Name)]
        joined += [
            (defined[node.id], statement) for node in names if isinstance(node.ctx, ast.Load) and node.id in defined
        ]
        defined |= {node.id: statement for node in names if isinstance(node.ctx, ast.Store)}
    for one, other in joined:
        if one is not other:
            edges[number[one], number[other]] = edges[number[other], number[one]] = 1.0
    return edges
