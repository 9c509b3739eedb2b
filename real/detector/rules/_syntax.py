"""Names in the source itself: annotations, decorators and bases, which leave few traces in the representation."""

from __future__ import annotations

import ast


def last_word(node: ast.AST) -> str:
    """``User`` of ``User`` and ``models.User``; empty for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def words_in(node: ast.AST) -> set[str]:
    """The names and attributes anywhere in it: ``Annotated``, ``User``, ``Depends``, ``get``."""
    return {word for inner in ast.walk(node) if (word := last_word(inner))}
