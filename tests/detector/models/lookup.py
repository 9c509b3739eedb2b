"""Look the names of the models up in the real libraries: what a qualified name is, and which parameters it takes.

Run by ``make test-models`` in an environment that has the libraries; imports nothing but the models and the library.
"""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
import typing
import warnings
from collections.abc import Iterable

_MISSING = object()


class NotThereError(LookupError):
    """The library has no such name."""


def resolve(api: str, returns: dict[str, str]) -> object:
    """The object behind a qualified name; ``returns`` says what calls return whose annotation does not.

    An attribute that only the methods of a class set on ``self`` gives ``AttributeOfInstance``.
    """
    parts = api.split(".")
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        if "()" in name:
            continue
        module = _module(name)
        if module is not None:
            return _follow(module, name, parts[end:], returns)
    raise NotThereError(f"no module {parts[0]!r}")


def _module(name: str) -> object | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError:
        return None


class AttributeOfInstance:
    """What a method of the class stores on ``self``."""


def _follow(found: object, name: str, parts: list[str], returns: dict[str, str]) -> object:
    for part in parts:
        word = part.removesuffix("()")
        try:
            inner = getattr(found, word, _MISSING)
        except RuntimeError:  # an object of a request that is not there
            return AttributeOfInstance()
        if inner is _MISSING and inspect.isclass(found) and _is_set(found, word):
            inner = AttributeOfInstance()
        if inner is _MISSING:
            raise NotThereError(f"{name} has no {word!r}")
        name = f"{name}.{word}"
        found = _result(inner, name, returns) if part.endswith("()") else inner
    return found


def _result(made: object, name: str, returns: dict[str, str]) -> object:
    """The class of what a call returns."""
    if name in returns:
        return resolve(returns[name], returns)
    if inspect.isclass(made):
        return made
    try:
        annotated = typing.get_type_hints(made).get("return")
    except Exception as error:  # annotations of other people's code
        raise NotThereError(f"what {name}() returns is not annotated: add a Returns row ({error})") from error
    if inspect.isclass(annotated):
        return annotated
    raise NotThereError(f"what {name}() returns is not annotated: add a Returns row")


def _is_set(owner: type, word: str) -> bool:
    """Whether a class or its bases declare an attribute or set it on ``self``."""
    pattern = re.compile(rf"\bself\.{word}\b[^=\n]*=|^\s+{word}\s*:", re.M)
    for base in owner.__mro__:
        if word in getattr(base, "__annotations__", {}):
            return True
        try:
            if pattern.search(textwrap.dedent(inspect.getsource(base))):
                return True
        except (OSError, TypeError):
            continue
    return False


def parameters(found: object, *, bound: bool) -> list[str] | None:
    """``["url", "**kwargs"]`` without ``self``; ``None`` where the library does not tell (code of C)."""
    try:
        given = list(inspect.signature(found).parameters.values())  # type: ignore[arg-type]
    except (ValueError, TypeError, RuntimeError):  # no function, code of C, an object of a request that is not there
        return None
    is_method = bound and not inspect.isclass(found) and not isinstance(found, (classmethod, staticmethod))
    if is_method and given and given[0].name in ("self", "cls", "_"):
        given = given[1:]
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    shown = []
    for parameter in given:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not any(name.startswith("*") for name in shown):
            shown.append("*")
        shown.append(marks.get(parameter.kind, "") + parameter.name)
    return shown


def mismatch(shown: list[str] | None, position: int | None, names: Iterable[str]) -> str:
    """What is wrong with an argument for these parameters; empty if nothing is."""
    if shown is None:
        return ""
    positional = []
    for name in shown:
        if name.startswith("*"):
            break
        positional.append(name)
    star = any(name.startswith("*") and not name.startswith("**") and name != "*" for name in shown)
    rest = any(name.startswith("**") for name in shown)
    known = {name.lstrip("*") for name in shown}
    for name in names:
        if name not in known and not rest and not star:
            return f"no parameter {name!r} among ({', '.join(shown)})"
    if position is not None and not star:
        if position >= len(positional):
            return f"no position {position} among ({', '.join(shown)})"
        if names and positional[position] not in names and not rest:
            return f"position {position} is {positional[position]!r}, not {'/'.join(names)}, in ({', '.join(shown)})"
    return ""
