"""Which characters of a response each of its tokens writes, for any tokenizer that can decode."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_BROKEN = "\ufffd"  # what decoders write for bytes that are no character, or not yet
_MANY = 16  # tokens without a whole character before the text so far is decoded once more


def token_spans(decode: Callable[[Sequence[int]], str], tokens: Sequence[int], text: str) -> list[tuple[int, int]]:
    """The characters ``[start, end)`` of ``text`` that each token writes, wholly or in part; ``text`` is all of them.

    A character whose bytes are spread over several tokens belongs to each of these; a special token that ``decode``
    leaves out has an empty span. Spans come in order, and together they cover the text.

    Tokens are decoded a few at a time, with the last ones before them that wrote anything, because decoders treat the
    beginning of a text otherwise (SentencePiece drops a space there). That is linear in the length of the response;
    only where the bytes are no text at all is the text so far decoded once more, every few tokens.
    """
    spans: list[tuple[int, int]] = []
    context: Sequence[int] = ()  # the last tokens that wrote whole characters
    known, at = 0, 0  # how many tokens are settled, and how many characters they wrote
    low = 0
    for number in range(len(tokens)):
        pending = tokens[known : number + 1]
        written = decode([*context, *pending])[len(decode(context)) if context else 0 :]
        if len(pending) % _MANY == 0:
            written = decode(tokens[: number + 1])[at:]
        whole = text.startswith(written, at)
        if whole and (not written.endswith(_BROKEN) or len(pending) % _MANY == 0):
            if written:
                context = pending  # whole characters: a decoder may refuse all bytes in a row for one that is missing
            high = at + len(written)
            spans.append((low, max(low, high)))
            known, at, low = number + 1, high, high
        else:  # it may end in a part of a character
            sure = at + _agreeing(written.rstrip(_BROKEN), text[at : at + len(written)])
            high = at + len(written) if whole else min(sure + 1, len(text))
            spans.append((low, max(low, high)))
            low = max(low, sure)
    return spans


def _agreeing(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
