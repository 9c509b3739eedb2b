"""Names in the source itself: annotations, decorators and bases, which leave few traces in the representation."""

from __future__ import annotations

import ast

from real.detector.ir.instructions import Unit


def last_word(node: ast.AST) -> str:
    """``User`` of ``User`` and ``models.User``; empty for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def words_in(node: ast.AST) -> set[str]:
    """The names and attributes anywhere in it: ``Annotated``, ``User``, ``Depends``, ``get``."""
    return {word for inner in ast.walk(node) if (word := last_word(inner))}


def annotation_words(unit: Unit, wanted: frozenset[str]) -> dict[str, set[str]]:
    """Parameter -> the names in its annotation, where that has one of ``wanted``: ``Annotated[User, Depends(get)]``."""
    node = unit.node
    found: dict[str, set[str]] = {}
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return found
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation is not None:
            seen = words_in(argument.annotation)
            if seen & wanted or not wanted:
                found[argument.arg] = seen
    return found
