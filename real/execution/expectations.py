"""What literal cases expect, and how it is read without evaluating it: literals, and names of built-in exceptions.

Most suites hold nothing else. Reading them spares a process in the jail for each suite, and the runs of programs that
solve nothing. What is read here is what the jail would say, or else it is not read: a set-up that could give a name
another meaning leaves it all to the jail. One that could fail leaves the reading presumed, until a program was called
after it: then it has not failed.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from real.execution.claimed_values import decode
from real.execution.jail.values import ValueLimitError, encode

_LONGEST = 100_000  # characters of a source that is read here
_MOST_BYTES = 4 << 20  # of an encoded value; the jail allows more
_BROKEN = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError, ValueLimitError)

# Modules that every interpreter has, and whose import does nothing but define them.
_MODULES = frozenset(
    """
    abc ast base64 binascii bisect collections collections.abc configparser contextlib copy csv dataclasses datetime
    decimal enum fractions functools hashlib heapq hmac html html.parser io ipaddress itertools json math operator os
    os.path pathlib pickle queue random re secrets shlex statistics string struct subprocess sys tempfile textwrap
    threading time types typing unicodedata urllib urllib.parse uuid xml.etree.ElementTree xml.sax.saxutils
    """.split()  # noqa: SIM905
)


# What binds names that stand nowhere in the text; ``*`` is that of an import.
_REACHING = frozenset(
    """
    * __builtins__ __dict__ __globals__ __import__ __setattr__ _getframe builtins ctypes delattr eval exec f_back
    f_builtins f_globals f_locals gc globals importlib inspect locals modules runpy setattr vars
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a literal case expects: an exception's type name, or else a value."""

    value: object = None
    exception: str | None = None


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the cases of a suite expect; ``presumed``: they are if the set-up does not fail, which nobody has seen."""

    each: tuple[Expectation, ...]
    presumed: bool = False


class NotStaticError(ValueError):
    """Something that only an interpreter can tell."""


def static_expectations(setup: str, sources: Iterable[str]) -> list[Expectation]:
    """What ``sources`` are after ``setup``; raises ``NotStaticError`` where the jail has to be asked."""
    bound = bound_by(setup)
    return [_static_expectation(source, bound) for source in sources]


def presumed_expectations(setup: str, sources: Iterable[str]) -> list[Expectation]:
    """What ``sources`` are after ``setup`` unless that fails; raises ``NotStaticError`` where it decides about them."""
    bound = names_bound_in(setup)
    return [_static_expectation(source, bound) for source in sources]


def _static_expectation(source: str, bound: frozenset[str]) -> Expectation:
    name = source.strip()
    if name not in bound and (exception := static_exception(name)) is not None:
        return Expectation(exception=exception)
    return Expectation(static_value(source))


def static_value(source: str) -> object:
    """The value of a literal as a claim of it would be decoded; raises ``NotStaticError``."""
    if len(source) > _LONGEST or "set(" in source:  # a name, which the set-up may have taken
        raise NotStaticError("too long, or no literal")
    try:
        return decode(json.loads(json.dumps(encode(ast.literal_eval(source), _MOST_BYTES))))
    except _BROKEN as error:
        raise NotStaticError(str(error)) from error


def static_exception(source: str) -> str | None:
    """The type name of the built-in exception that ``source`` names, and which can be raised as it is, if so."""
    named = getattr(builtins, source.strip(), None)
    if not (isinstance(named, type) and issubclass(named, Exception)):
        return None
    try:
        named()
    except TypeError:
        return None
    return named.__name__


@lru_cache(maxsize=4096)
def bound_by(setup: str) -> frozenset[str]:
    """The names that a set-up binds which cannot fail, nor reach beyond them; raises ``NotStaticError`` for others.

    Such a set-up imports popular modules, defines functions and assigns literals.
    """
    try:
        body = ast.parse(setup).body if len(setup) <= _LONGEST else None
    except _BROKEN as error:
        raise NotStaticError(str(error)) from error
    if body is None:
        raise NotStaticError("the set-up is too long")
    return frozenset(name for statement in body for name in _bound(statement))


@lru_cache(maxsize=4096)
def names_bound_in(setup: str) -> frozenset[str]:
    """The names that a set-up may bind, whatever else it does; raises ``NotStaticError`` where any could be.

    It can be compiled, and names none of the ways to bind what it does not name.
    """
    try:
        tree = ast.parse(setup) if len(setup) <= _LONGEST else None
        compile(setup, "setup", "exec", dont_inherit=True)
    except _BROKEN as error:
        raise NotStaticError(str(error)) from error
    if tree is None:
        raise NotStaticError("the set-up is too long")
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for node in ast.walk(tree):
        only_read = isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
        names[not only_read].update(_named(node))
    if found := _REACHING & (names[True] | names[False]):
        raise NotStaticError(f"the set-up may bind any name, by {', '.join(sorted(found))}")
    return frozenset(names[True])


def _named(node: ast.AST) -> Iterator[str]:
    """Every identifier of a node itself, and the parts of a dotted one."""
    for _, value in ast.iter_fields(node):
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not isinstance(node, ast.Constant):
                yield from text.split(".")


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Import(names=names) if all(_is_there(alias.name) for alias in names):
            return [alias.asname or alias.name.partition(".")[0] for alias in names]
        case ast.ImportFrom(module=str(module), names=names, level=0) if all(
            _is_there(module, alias.name) for alias in names
        ):
            return [alias.asname or alias.name for alias in names]
        case ast.FunctionDef(decorator_list=[], args=args, returns=None, name=name) if _is_plain(args):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_literal(value):
            return [name]
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return []
    raise NotStaticError(f"the set-up has a statement that may do anything: {type(statement).__name__}")


def _is_plain(arguments: ast.arguments) -> bool:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    annotated = any(one is not None and one.annotation is not None for one in every)
    defaults = [one for one in [*arguments.defaults, *arguments.kw_defaults] if one is not None]
    return not annotated and all(map(_is_literal, defaults))


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except _BROKEN:
        return False
    return True


@lru_cache(maxsize=1024)
def _is_there(module: str, name: str | None = None) -> bool:
    return module in _MODULES and (name is None or hasattr(importlib.import_module(module), name))
