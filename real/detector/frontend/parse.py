"""From source text to a syntax tree, or to the reason why there is none."""

from __future__ import annotations

import ast
import warnings

from real import source_text
from real.detector.frontend.newer.parse import parse_newer
from real.detector.limits import MAX_BYTES, UnanalyzableError
from real.source_text import SourceTextError


def parse(code: str, characters: int = MAX_BYTES) -> ast.Module:
    """Parse ``code`` of at most so many ``characters``.

    Raises ``UnanalyzableError`` with the reason for anything that is not an ordinary program.
    """
    if len(code) > characters:
        raise UnanalyzableError(f"the source has {len(code):,} characters; the limit is {characters:,}")
    try:
        code = source_text.checked(code)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the analysed program are no concern of the caller
            tree = _tree(code)
            _check_compiles(tree, code)
            return tree
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        raise UnanalyzableError(f"syntax error: {error.msg}{place}") from error
    except SourceTextError as error:
        raise UnanalyzableError(str(error)) from error
    except ValueError as error:
        raise UnanalyzableError(f"not parsable: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise UnanalyzableError("the source is nested too deeply to parse") from error


def _tree(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError:
        tree = parse_newer(code)
        if tree is None:
            raise
        return tree


def _check_compiles(tree: ast.Module, code: str) -> None:
    """Find the errors that the grammar allows, such as a stray ``return``; nothing is executed."""
    try:
        compile(tree, "<program>", "exec", dont_inherit=True)
    except RecursionError:  # from a tree, the limit is lower than from source
        compile(code, "<program>", "exec", dont_inherit=True)
