"""All models, and the tables that the analysis derives from them: a rule names kinds, and gets what the libraries have.

A file beside this one (or in ``stdlib/``) that defines ``LIBRARY`` is a model; there is no other list of them.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from real.detector.models import __path__ as _folder
from real.detector.models.dbapi import DRIVERS
from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import (
    Builder,
    Call,
    Framework,
    Handler,
    Library,
    Module,
    Replacer,
    Returns,
    Row,
    Sanitizer,
    Setting,
    Sink,
    Source,
    Template,
)
from real.detector.models.stdlib import __path__ as _stdlib

R = TypeVar("R", bound=Row)
_NOT_MODELS = frozenset(
    {"kinds", "rows", "when", "catalogue", "document", "library", "renamed", "stdlib_returns", "stdlib"}
)


@cache
def libraries() -> tuple[Library, ...]:
    """Every model, by name; raises ``TypeError`` for a file that defines none."""
    places = [(_folder, "real.detector.models"), (_stdlib, "real.detector.models.stdlib")]
    found = []
    for folder, package in places:
        for module in pkgutil.iter_modules(folder):
            if module.name in _NOT_MODELS:
                continue
            library = importlib.import_module(f"{package}.{module.name}").LIBRARY
            if not isinstance(library, Library):
                raise TypeError(f"{package}.{module.name}.LIBRARY is not a Library")
            found.append(library)
    return tuple(sorted(found, key=lambda library: library.name.lower()))


@cache
def sources() -> dict[str, Source]:
    """Qualified name -> what makes it a source."""
    return {row.api: row for row in rows_of(Source)}


@cache
def replacers() -> dict[str, Replacer]:
    """Qualified name -> how it replaces code."""
    return {row.api: row for row in rows_of(Replacer)}


@dataclass(frozen=True, slots=True)
class Tables:
    """What the rows of some kinds come to, in the form that the analysis looks them up in.

    ``methods`` and ``cleaning_methods`` are by method name; ``rooted`` by library, then by method name.
    """

    calls: dict[str, Sink] = field(default_factory=dict)
    methods: dict[str, Sink] = field(default_factory=dict)
    rooted: dict[str, dict[str, Sink]] = field(default_factory=dict)
    cleans: set[str] = field(default_factory=set)
    cleaning_methods: set[str] = field(default_factory=set)
    builders: set[str] = field(default_factory=set)


@cache
def tables(kinds: tuple[Kind, ...]) -> Tables:
    """The rows of the kinds."""
    found = Tables(builders={row.api for row in rows_of(Builder) if not set(kinds).isdisjoint(row.kinds)})
    for sink in rows_of(Sink):
        if sink.kind in kinds:
            _add(found, sink)
    for sanitizer in rows_of(Sanitizer):
        if not set(kinds).isdisjoint(sanitizer.kinds):
            root, name = _split(sanitizer.api)
            if root is None:
                found.cleans.add(sanitizer.api)
            else:
                found.cleaning_methods.add(name)
    return found


def sink_libraries(kinds: tuple[Kind, ...]) -> frozenset[str]:
    """The packages with a sink of these kinds, by the first components of the names that they are imported by."""
    found = {path.partition(".")[0] for row in rows_of(Sink) if row.kind in kinds for path in (row.api, *row.of)}
    return frozenset(found | (DRIVERS if Kind.SQL in kinds else frozenset())) - {"**", "builtins"}


def calls_of(role: Role) -> dict[str, Call]:
    """Qualified name, or the name of a method of anything, -> the row of a call of this role."""
    return _calls().get(role, {})


@cache
def _calls() -> dict[Role, dict[str, Call]]:
    found: dict[Role, dict[str, Call]] = {}
    for row in rows_of(Call):
        found.setdefault(row.role, {})[row.api.removeprefix("**.")] = row
    return found


@cache
def last_names(*roles: Role, below: tuple[str, ...] = ("",)) -> frozenset[str]:
    """The last components of what has one of these roles: decorators and classes often come from unseen files."""
    apis = (api for role in roles for api in calls_of(role) if api.startswith(below))
    return frozenset(api.rpartition(".")[2] for api in apis)


@cache
def roots_of(*roles: Role) -> tuple[str, ...]:
    """The modules that have calls of these roles, as beginnings of qualified names: ``aiohttp.web.``."""
    apis = (api for role in roles for api in calls_of(role) if "." in api)
    return tuple(sorted({api.rpartition(".")[0].partition("()")[0] + "." for api in apis}))


@cache
def modules_of(*roles: Role) -> frozenset[str]:
    """The modules, and what calls return, below which everything has one of these roles."""
    return frozenset(row.api for row in rows_of(Module) if row.role in roles)


@cache
def below(*roles: Role) -> tuple[str, ...]:
    """The same as beginnings of qualified names: ``logging.``."""
    return tuple(sorted(f"{api}." for api in modules_of(*roles)))


@cache
def known_apis() -> frozenset[str]:
    """Everything that a model has by its qualified name."""
    return frozenset(row.api for kind in (Call, Sanitizer, Sink, Source) for row in rows_of(kind))


@cache
def known_modules() -> frozenset[str]:
    """The top-level modules of which something is known: those of Python, and those that models name."""
    return frozenset({name.partition(".")[0] for name in described_modules()} | sys.stdlib_module_names)


@cache
def described_modules() -> frozenset[str]:
    """The modules of libraries, in which a model describes something, and what they lie in."""
    whole = {row.api for kind in (Builder, Framework, Module) for row in rows_of(kind)}
    kinds = (Call, Handler, Replacer, Returns, Sanitizer, Sink, Source, Template)
    named = {row.api.rpartition(".")[0] for kind in kinds for row in rows_of(kind) if "." in row.api}
    apis = [api.split(".") for api in whole | named if not api.startswith("*")]
    return frozenset(".".join(parts[:count]) for parts in apis for count in range(1, len(parts) + 1))


@cache
def pattern_modules() -> frozenset[str]:
    """The modules that match regular expressions."""
    return frozenset(api.partition(".")[0] for api in calls_of(Role.MATCHER))


@cache
def settings_of(role: Role) -> frozenset[str]:
    """The settings of a role."""
    return frozenset(row.name for row in rows_of(Setting) if row.role is role)


@cache
def rows_of(kind: type[R]) -> tuple[R, ...]:
    """All rows of a type."""
    return tuple(row for library in libraries() for row in library.rows if isinstance(row, kind))


def sanitizing(*kinds: Kind) -> frozenset[str]:
    """The qualified names of what is safe for all readers of these kinds."""
    rows = rows_of(Sanitizer)
    return frozenset(row.api for row in rows if set(kinds) <= set(row.kinds) and not row.api.startswith("**."))


def _split(api: str) -> tuple[str | None, str]:
    """``asyncpg``, ``fetch`` of ``asyncpg.**.fetch``; the root of ``**.execute`` is empty, a plain name has none."""
    root, found, name = api.rpartition("**.")
    return (root.removesuffix("."), name) if found else (None, api)


def _add(found: Tables, row: Sink) -> None:
    root, name = _split(row.api)
    if root is None:
        found.calls[name] = row
    elif not root:
        found.methods[name] = row
    else:
        # ``**.objects.**.raw``: anything below an attribute of this name
        found.rooted.setdefault(root.replace("**.", "*."), {})[name] = row
