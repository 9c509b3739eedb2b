"""Completion (the response only, never the prompt) -> Program, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from real.errors import UnknownNameError
from real.registry import did_you_mean
from real.types import Program

RULES = ("first", "last")

NO_BLOCK = "no code block"
UNCLOSED = "unclosed code fence"
EMPTY = "empty code block"
PLACEHOLDER = "placeholder"

# CommonMark, section 4.5: three or more backticks (no backtick may follow on the line) or tildes. Unlike there, any
# indentation is allowed, because models put fences into lists of any depth.
_OPENING = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_LANGUAGE = re.compile(r"[\s{.]*(?P<name>[\w+#-]*)")
_PYTHON = re.compile(r"(python|py)[\d.]*", re.IGNORECASE)

# What the prompts of the three benchmarks show in the place of the program.
_PLACEHOLDER = re.compile(r"[#\s]*\[?YOUR[_ ](PYTHON[_ ])?CODE([_ ]HERE)?\]?\s*", re.IGNORECASE)

# What matters inside a line of Python for finding the end of a string; an unended string on one line ends with it.
_TOKEN = re.compile(r"""#.*|(?P<triple>'{3}|"{3})|'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?|(?P<ticks>`+)""")


@dataclass(frozen=True, slots=True)
class _Block:
    """A fenced block; ``code`` is ``None`` when the fence is never closed."""

    language: str
    code: str | None


def extract(completion_text: str, rule: str = "last") -> Program:
    """Take the program out of a response: the first or the last Python block.

    A block is Python when its fence says ``python``, ``py``, ``Python3``, ...; only when there is none, blocks whose
    fence names no language stand in. The program is the block's text without its last line end, otherwise unchanged.
    The reasons for no program are ``no code block``, ``unclosed code fence`` (the response was cut off),
    ``empty code block`` and ``placeholder`` (the prompt's stand-in was repeated). Raises ``UnknownNameError`` for an
    unknown rule; the paper's code takes the first block on SecCodePLT+ and the last one on SafeSQL and APPS+.
    """
    if rule not in RULES:
        raise UnknownNameError(f"unknown extraction rule {rule!r}", hint=did_you_mean(rule, RULES))
    blocks = list(_blocks(completion_text))
    candidates = [block for block in blocks if _PYTHON.fullmatch(block.language)]
    candidates = candidates or [block for block in blocks if not block.language]
    if not candidates:
        return Program(None, NO_BLOCK)
    code = candidates[0 if rule == "first" else -1].code
    if code is None:
        return Program(None, UNCLOSED)
    if not code.strip():
        return Program(None, EMPTY)
    if _PLACEHOLDER.fullmatch(code):
        return Program(None, PLACEHOLDER)
    return Program(code)


def _blocks(text: str) -> Iterator[_Block]:
    """The fenced blocks from top to bottom; what stands inside one is never a fence of another."""
    lines = text.split("\n")
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
            yield _Block(name, None)
            return
        yield _Block(name, _code(lines[at : close.line], close.head, len(opening["indent"])))
        at = close.line + 1


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


def _code(lines: list[str], head: str | None, indent: int) -> str:
    """The text of a block, less the indentation of its fence and its last line end."""
    if head is not None:
        lines = [*lines, head]
    # Not more than the first line has: a fence is sometimes indented where its code is not.
    first = next((line for line in lines if line.strip()), "")
    indent = min(indent, _indentation(first))
    return "\n".join(line[min(indent, _indentation(line)) :] for line in lines).removesuffix("\r")


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
