"""What is turned away before MyPy sees it: programs that cannot be parsed, or only at the risk of a crash."""

from __future__ import annotations

import ast
import warnings

from real.source_text import SourceTextError, checked

MAX_BYTES = 200_000
# Of the syntax tree. Only chains (``a + b + c ...``, ``elif``, ``a.b.c``) get this deep: brackets stop at 200 in
# CPython and in MyPy. MyPy checks chains of 4,000 and overflows its C stack at 8,000.
MAX_DEPTH = 2000


def why_unanalyzable(code: str) -> str | None:
    """The reason why ``code`` cannot be analysed, or ``None``.

    Parses but never compiles or runs it. Call it in a process that may die: CPython's parser can exhaust the C stack.
    """
    try:
        code = checked(code)
    except SourceTextError as error:
        return str(error)
    if (size := len(code.encode())) > MAX_BYTES:
        return f"too large: {size} bytes, the limit is {MAX_BYTES}"
    return _why_unparsable(code)


def _why_unparsable(code: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(code)
    except SyntaxError as error:
        return f"syntax error in line {error.lineno}: {error.msg}" if error.lineno else f"syntax error: {error.msg}"
    except ValueError as error:
        return f"cannot be parsed: {error}"
    except (RecursionError, MemoryError):
        return "too deeply nested to parse"
    depth = nesting(tree)
    return f"too deeply nested: {depth} levels, the limit is {MAX_DEPTH}" if depth > MAX_DEPTH else None


def nesting(tree: ast.AST) -> int:
    """Depth of the syntax tree, counted without recursion."""
    deepest = 0
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest
