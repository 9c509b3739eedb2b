"""Where the characters of a program stand in the response that it was taken out of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.types import Program


@dataclass(frozen=True, slots=True)
class Located:
    """A program, and where in the response each of its lines begins.

    ``starts`` has one offset for each line of the program's text as ``split("\\n")`` gives them. Whatever extraction
    drops, it drops between lines or at their beginning (indentation, a byte order mark, lines of another purpose), so
    that the characters of one line are neighbours in the response as well.
    """

    program: Program
    starts: tuple[int, ...] = ()

    def in_response(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of the response that the characters ``[start, end)`` of the program are, a part for each line.

        A line end counts to its line; empty parts are left out.
        """
        if self.program.code is None:
            return
        at = 0
        for line, origin in zip(self.program.code.split("\n"), self.starts, strict=True):
            low, high = max(start, at), min(end, at + len(line) + 1)
            if low < high:
                yield origin + low - at, origin + high - at
            at += len(line) + 1
