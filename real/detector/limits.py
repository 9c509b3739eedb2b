"""What the detector agrees to analyse: bounds that keep hostile or huge sources from hanging or crashing it."""

from __future__ import annotations

import ast
import warnings

MAX_BYTES = 200_000
MAX_DEPTH = 150  # levels of nested syntax; the lowering recurses a few Python frames per level
MAX_VALUES = 400_000  # instructions in a program after lowering
MAX_STEPS = 300_000  # instructions evaluated and objects looked at in one analysis: a second or two


class UnanalyzableError(Exception):
    """The program is outside what can be analysed; the message says why."""


def parse(code: str) -> ast.Module:
    """Parse ``code``; raises ``UnanalyzableError`` with the reason for anything that is not an ordinary program."""
    if len(code) > MAX_BYTES:
        raise UnanalyzableError(f"the source has {len(code):,} characters; the limit is {MAX_BYTES:,}")
    if "\0" in code:
        raise UnanalyzableError("the source contains a NUL byte")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the analysed program are no concern of the caller
            code = code.removeprefix("\ufeff")
            tree = ast.parse(code)
            _check_compiles(tree, code)
            return tree
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        raise UnanalyzableError(f"syntax error: {error.msg}{place}") from error
    except UnicodeEncodeError as error:
        raise UnanalyzableError("the source contains a lone surrogate") from error
    except ValueError as error:
        raise UnanalyzableError(f"not parsable: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise UnanalyzableError("the source is nested too deeply to parse") from error


def _check_compiles(tree: ast.Module, code: str) -> None:
    """Find the errors that the grammar allows, such as a stray ``return``; nothing is executed."""
    try:
        compile(tree, "<program>", "exec", dont_inherit=True)
    except RecursionError:  # from a tree, the limit is lower than from source
        compile(code, "<program>", "exec", dont_inherit=True)
