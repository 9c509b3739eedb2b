"""Source text as Python reads it: the one decoder of files, and of text in memory, for every room.

A file is decoded by PEP 263, as ``tokenize.open`` does: a byte order mark, else a coding cookie in the first two lines,
else UTF-8; line ends become ``\\n``. Text in memory, such as a model's answer, has been decoded already: there a cookie
is a comment like any other, and one leading U+FEFF is what is left of a byte order mark.
"""

from __future__ import annotations

import io
import tokenize

BYTE_ORDER_MARK = "\ufeff"


class SourceTextError(ValueError):
    """No interpreter would read this as a program; the message says why."""


def decode(raw: bytes) -> str:
    """The text of a file; raises ``SourceTextError`` for bytes that its encoding does not have, or none at all."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        text = io.TextIOWrapper(io.BytesIO(raw), encoding).read()
    except UnicodeDecodeError as error:
        raise SourceTextError(f"not valid {error.encoding.upper()}: byte {error.start}") from error
    except (SyntaxError, UnicodeError, LookupError) as error:  # an unknown encoding, or two that contradict each other
        raise SourceTextError(f"cannot be decoded: {error}{_first_odd_byte(raw)}") from error
    _refuse_unreadable(text)
    return text


def checked(text: str) -> str:
    """Text in memory without its byte order mark; raises ``SourceTextError`` for NUL bytes and lone surrogates."""
    text = without_mark(text)
    _refuse_unreadable(text)
    return text


def without_mark(text: str) -> str:
    """Text without one leading U+FEFF, which ``compile`` refuses where a file may have it."""
    return text.removeprefix(BYTE_ORDER_MARK)


def _first_odd_byte(raw: bytes) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f" (not UTF-8: byte {error.start})"
    return ""


def _refuse_unreadable(text: str) -> None:
    if "\0" in text:
        raise SourceTextError("the program contains a NUL byte")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SourceTextError(f"not valid Unicode: {error.reason} at character {error.start}") from error
