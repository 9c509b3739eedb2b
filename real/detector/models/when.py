"""Conditions on the other arguments of a call, as rows can hold them: typed, comparable, and checked like the sink.

Each is a predicate on a call site (``argument``, ``constants`` and ``paths`` of ``analysis.callsites.CallSite``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Constant: TypeAlias = "str | bytes | int | float | bool | None"


class Object(Protocol):
    """What a value may be: an object, ``kind`` "api" where it is something of a library."""

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...


class Passed(Protocol):
    """What is passed for a parameter: the constants and the objects that it may be."""

    @property
    def consts(self) -> frozenset[Constant] | None: ...

    @property
    def objs(self) -> Iterable[Object]: ...


class Call(Protocol):
    """A call, as the analysis records it."""

    @property
    def path(self) -> str: ...

    @property
    def receiver(self) -> Passed | None: ...

    def argument(self, position: int | None, keyword: str | None = None) -> Passed | None: ...

    def constants(self, position: int | None, keyword: str | None = None) -> frozenset[Constant]: ...

    def usual(
        self, position: int | None, keyword: str | None = None, kind: type[bool] | type[int] = bool
    ) -> frozenset[Constant]: ...

    def paths(self, position: int | None, keyword: str | None = None) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument: its position (from 0, without ``self``; ``None``: keyword only) and its names."""

    position: int | None
    names: tuple[str, ...] = ()

    @property
    def positions(self) -> tuple[int, ...]:
        """Its position; none where it is passed by keyword only."""
        return () if self.position is None else (self.position,)

    @property
    def name(self) -> str | None:
        """Its first name."""
        return self.names[0] if self.names else None


class When(Protocol):
    """A condition; ``arguments`` are those that it reads, for the check against the library."""

    @property
    def arguments(self) -> tuple[Arg, ...]: ...

    def __call__(self, site: Call) -> bool: ...


@dataclass(frozen=True, slots=True)
class _OfOne:
    argument: Arg

    @property
    def arguments(self) -> tuple[Arg, ...]:
        """The one that it reads."""
        return (self.argument,)


@dataclass(frozen=True, slots=True)
class Truthy(_OfOne):
    """The argument is passed and not certainly false: ``shell=True``, ``shell=flag``."""

    def __call__(self, site: Call) -> bool:
        value = site.argument(self.argument.position, self.argument.name)
        return value is not None and not (value.consts and not any(value.consts))


@dataclass(frozen=True, slots=True)
class Given(_OfOne):
    """The argument is passed, whatever it is."""

    def __call__(self, site: Call) -> bool:
        return site.argument(self.argument.position, self.argument.name) is not None


@dataclass(frozen=True, slots=True)
class Missing(_OfOne):
    """The argument is not passed, not even by a starred one."""

    def __call__(self, site: Call) -> bool:
        return site.argument(self.argument.position, self.argument.name) is None


@dataclass(frozen=True, slots=True)
class May(_OfOne):
    """The argument may be one of the constants, be it by default: ``allow_pickle=True`` (which is not 1 here)."""

    constants: tuple[Constant, ...]

    def __call__(self, site: Call) -> bool:
        found = site.usual(self.argument.position, self.argument.name)
        return any(_same(constant, wanted) for constant in found for wanted in self.constants)


@dataclass(frozen=True, slots=True)
class Unless(_OfOne):
    """The argument is missing, or may be something else than the constants: ``weights_only=True``."""

    constants: tuple[Constant, ...]

    def __call__(self, site: Call) -> bool:
        found = site.constants(self.argument.position, self.argument.name)
        return not found or any(not _same(constant, wanted) for constant in found for wanted in self.constants)


@dataclass(frozen=True, slots=True)
class MissingOrNamed(_OfOne):
    """The argument is not passed, or may be one of these library names or what they made: ``Loader=yaml.Loader``."""

    apis: tuple[str, ...]

    def __call__(self, site: Call) -> bool:
        position, name = self.argument.position, self.argument.name
        if site.argument(position, name) is None:
            return True
        return any(path.removesuffix("()") in self.apis for path in site.paths(position, name))


@dataclass(frozen=True, slots=True)
class IsHtml:
    """The response is HTML by its type: by ``default`` where none of the arguments says so."""

    arguments: tuple[Arg, ...]
    default: bool

    def __call__(self, site: Call) -> bool:
        for argument in self.arguments:
            types = [text for text in site.constants(None, argument.name) if isinstance(text, str)]
            markup = any("html" in text or "svg" in text or (self.default and "xml" in text) for text in types)
            if types and markup is not self.default:
                return not self.default
        return self.default


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The receiver is unknown or comes from one of these libraries, and its path has not the word ``never``."""

    roots: tuple[str, ...]
    never: str
    arguments: tuple[Arg, ...] = ()

    def __call__(self, site: Call) -> bool:
        held = site.receiver.objs if site.receiver is not None else ()
        paths = [site.path, *(obj.name for obj in held if obj.kind == "api")]
        known = not site.path or site.path.startswith(self.roots)
        return known and not any(self.never in path for path in paths)


def _same(a: Constant, b: Constant) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)
