"""Lines of text as files have them."""

from __future__ import annotations

import io


def lines_of(text: str) -> list[str]:
    """The lines, which end at U+000A, U+000D or both.

    ``str.splitlines`` ends a line at U+2028, U+0085, form feed and others too: characters that a model may print.
    """
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]
