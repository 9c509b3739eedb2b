"""A list of words as evidence: what for, two unrelated examples, a source; and the words of a name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Self


@lru_cache(maxsize=8192)
def words(name: str) -> frozenset[str]:
    """The words of an identifier, and the identifier itself, in lower case."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return frozenset((name.lower(), *(part.lower() for part in parts)))


class Words(frozenset[str]):
    """A list of lower-case words. ``examples`` are names in two programs that have nothing to do with each other."""

    purpose: str
    examples: tuple[str, str]
    source: str

    def __new__(cls, text: str, purpose: str, examples: tuple[str, str], source: str) -> Self:
        made = super().__new__(cls, text.split())
        made.purpose, made.examples, made.source = purpose, examples, source
        return made


class Pairs(tuple[frozenset[str], ...]):
    """Like ``Words``, of words that count only together."""

    purpose: str
    examples: tuple[str, str]
    source: str

    def __new__(cls, text: str, purpose: str, examples: tuple[str, str], source: str) -> Self:
        made = super().__new__(cls, (frozenset(pair.split()) for pair in text.split(",")))
        made.purpose, made.examples, made.source = purpose, examples, source
        return made

    def said_by(self, name: frozenset[str]) -> bool:
        """Whether all words of one of the pairs are among the words of a name."""
        return any(pair <= name for pair in self)
