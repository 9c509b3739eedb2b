"""Names to things, with did-you-mean."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Generic, TypeVar

from real.errors import UnknownNameError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """One sentence naming the nearest known names, or all of them when none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.55)
    return f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(names) or 'none'}."


def chosen(kind: type[E], name: str, key: str) -> E:
    """The member of ``kind`` that is called ``name``; raises ``UnknownNameError``, which says ``key``."""
    try:
        return kind(name)
    except ValueError:
        raise UnknownNameError(f"unknown {key} {name!r}", hint=did_you_mean(name, [*kind])) from None


class Registry(Generic[T]):
    """A named collection that things join by decorator: ``@METHODS.register("vanilla")``."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Add the decorated thing under ``name``; a name can be taken once."""

        def add(item: T) -> T:
            if name in self._items:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._items[name] = item
            return item

        return add

    def get(self, name: str) -> T:
        """Look a name up; raises ``UnknownNameError`` with the nearest names."""
        if name not in self._items:
            raise UnknownNameError(f"unknown {self.kind} {name!r}", hint=did_you_mean(name, self._items))
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))
