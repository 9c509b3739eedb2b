"""Parsing programs that data sets bring."""

from __future__ import annotations

import ast
import warnings


def parse(code: str) -> ast.Module:
    """The syntax tree, without the warnings that a doubtful escape sequence gives.

    Raises ``SyntaxError`` for everything that cannot be parsed: NUL bytes and code too deep for the parser too.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "too deep to parse") from error
