"""Lines of several files in one program: file ``n`` begins at line ``n * STRIDE``, the program's own file is file 0."""

from __future__ import annotations

STRIDE = 10_000_000  # more lines than any source has that is read


def file_of(line: int) -> int:
    """The number of the file that a line is of; 0 for the program's own."""
    return line // STRIDE


def line_in_file(line: int) -> int:
    """The line as its file counts it, 1-based."""
    return line % STRIDE


def is_linked(line: int) -> bool:
    """Whether a line is of another file than the program's own."""
    return line >= STRIDE
