"""Conditions on the other arguments of a call, for ``Sink.when``: what the constants there say."""

from __future__ import annotations

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.tables import Condition
from real.detector.analysis.values import Constant


def given(position: int | None, keyword: str | None, *constants: Constant) -> Condition:
    """Some argument may be one of the constants (``True`` is not 1 here)."""

    def holds(site: CallSite) -> bool:
        return any(_same(found, wanted) for found in site.constants(position, keyword) for wanted in constants)

    return holds


def not_given(position: int | None, keyword: str | None, *constants: Constant) -> Condition:
    """The argument is missing, or may be something else than the constants."""

    def holds(site: CallSite) -> bool:
        found = site.constants(position, keyword)
        return not found or any(not _same(const, wanted) for const in found for wanted in constants)

    return holds


def missing(position: int | None, keyword: str | None) -> Condition:
    """No such argument is passed, not even by a starred one."""

    def holds(site: CallSite) -> bool:
        return site.argument(position, keyword) is None

    return holds


def truthy(position: int | None, keyword: str | None) -> Condition:
    """The argument is passed and is not certainly false (``shell=True``, ``shell=flag``)."""

    def holds(site: CallSite) -> bool:
        value = site.argument(position, keyword)
        return value is not None and not (value.consts and not any(value.consts))

    return holds


def named(position: int | None, keyword: str | None, *paths: str) -> Condition:
    """The argument may be one of these library names, or something that a call of one made."""

    def holds(site: CallSite) -> bool:
        return any(path.removesuffix("()") in paths for path in site.paths(position, keyword))

    return holds


def either(*conditions: Condition) -> Condition:
    """Any of the conditions holds."""

    def holds(site: CallSite) -> bool:
        return any(condition(site) for condition in conditions)

    return holds


def _same(a: Constant, b: Constant) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)
