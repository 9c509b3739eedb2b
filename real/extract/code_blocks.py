"""The fenced code blocks of a response in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from real.source_text import without_mark

# CommonMark, section 4.5: three or more backticks (no backtick may follow on the line) or tildes. Unlike there, any
# indentation is allowed, because models put fences into lists of any depth.
_OPENING = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_PYTHON = re.compile(r"(python|py)[\d.]*", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\s{.]*(?P<name>[\w+#-]*)")

# What matters inside a line of Python for finding the end of a string; an unended string on one line ends with it.
_TOKEN = re.compile(r"""#.*|(?P<triple>'{3}|"{3})|'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?|(?P<ticks>`+)""")


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block; ``closed`` is false where the fence never ends, and ``code`` then is all that follows it.

    ``starts``: where in the text each line of ``code`` begins.
    """

    language: str
    code: str
    closed: bool = True
    starts: tuple[int, ...] = ()


def code_blocks(text: str) -> Iterator[CodeBlock]:
    """The fenced blocks from top to bottom; what stands inside one is never a fence of another."""
    lines = text.split("\n")
    starts = line_starts(lines)
    at = 0
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at].rstrip("\r"))
        at += 1
        if opening is None:
            continue
        language = _LANGUAGE.match(opening["info"])
        name = language["name"] if language else ""
        close = _find_close(lines, at, opening["fence"], len(opening["indent"]))
        if close is None:
            # Unclosed: the rest of the response belongs to this block.
            yield _block(name, lines[at:], starts[at:], len(opening["indent"]), closed=False)
            return
        heads = [] if close.head is None else [close.head]  # code on the line of the closing fence
        yield _block(name, [*lines[at : close.line], *heads], starts[at:], len(opening["indent"]))
        at = close.line + 1


def ends_a_program(text: str) -> bool:
    """Whether the last whole line of ``text`` closes its first block of Python (or of no language) that holds code.

    For a response that is still being written: a fence in a string that is open so far may be part of the string.
    """
    for block in code_blocks(text.rpartition("\n")[0]):
        if block.code.strip() and (not block.language or is_python(block.language)):
            return block.closed and not _open_quote(block.code)
    return False


def is_python(language: str) -> bool:
    """Whether a fence's language is Python, by any of its names."""
    return _PYTHON.fullmatch(language) is not None


def _open_quote(code: str) -> str:
    """The triple quote that is open at the end of ``code``, or nothing."""
    quote = ""
    for line in code.split("\n"):
        quote, _ = _scan(line, quote)
    return quote


def line_starts(lines: Sequence[str], start: int = 0) -> list[int]:
    """Where each of ``lines`` begins when they are put together again with line ends, the first one at ``start``."""
    return list(accumulate((len(line) + 1 for line in lines[:-1]), initial=start))


@dataclass(frozen=True, slots=True)
class _Close:
    """Where a block ends; ``head`` is code before the closing fence on its own line, or ``None``."""

    line: int
    head: str | None = None


def _find_close(lines: list[str], start: int, fence: str, indent: int) -> _Close | None:
    """The closing fence: the first one outside a triple-quoted string of the program.

    Docstrings show fenced examples, so a fence inside one is text. When the string never ends, the program is broken
    and the first fence closes, as in CommonMark. Backticks have no meaning in Python outside strings and comments, so
    they also close at the end of a line of code: the prompts ask for ```` ```python\\n[YOUR PYTHON CODE]``` ````.
    """
    closing = re.compile(rf"[ \t]{{0,{indent + 3}}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*\r?")
    fallback: _Close | None = None
    quote = ""  # the triple quote that is open at the beginning of the line
    for number in range(start, len(lines)):
        line = lines[number]
        if closing.fullmatch(line):
            if not quote:
                return _Close(number)
            fallback = fallback or _Close(number)
        quote, ticks = _scan(line, quote)
        if ticks is not None and fence[0] == "`" and len(line.rstrip()) - ticks >= len(fence):
            return _Close(number, line[:ticks])
    return fallback


def _scan(line: str, quote: str) -> tuple[str, int | None]:
    """Read one line of Python that begins inside the triple quote ``quote`` (or outside: ``""``).

    Returns the triple quote that is open at its end, and where backticks outside strings end the line, if they do.
    """
    at = 0
    while True:
        if quote:
            end = re.compile(rf"(?:\\.|[^\\])*?{quote}").match(line, at)
            if end is None:
                return quote, None
            at, quote = end.end(), ""
        token = _TOKEN.search(line, at)
        if token is None:
            return "", None
        at = token.end()
        if token["triple"]:
            quote = token["triple"]
        elif token["ticks"] and not line[at:].strip():
            return "", token.start()


def _block(
    language: str, lines: Sequence[str], starts: Sequence[int], indent: int, *, closed: bool = True
) -> CodeBlock:
    """A block of ``lines``, less the indentation of its fence, its last line end and a byte order mark."""
    # Not more than the first line has: a fence is sometimes indented where its code is not.
    first = next((line for line in lines if line.strip()), "")
    indent = min(indent, _indentation(first))
    cut = [min(indent, _indentation(line)) for line in lines]
    whole = "\n".join(line[n:] for line, n in zip(lines, cut, strict=True))
    code = without_mark(whole)
    begin = [start + n for start, n in zip(starts, cut, strict=False)]  # the lines after the block are not in it
    begin[:1] = [at + len(whole) - len(code) for at in begin[:1]]
    return CodeBlock(language, code.removesuffix("\r"), closed, tuple(begin))


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
