"""``--select`` and ``--ignore``: which rules run."""

from __future__ import annotations

from collections.abc import Sequence

from real.detector.families import rule_of
from real.detector.rules import all_rules
from real.errors import UnknownNameError, UsageError
from real.registry import did_you_mean


def chosen(select: Sequence[str], ignore: Sequence[str]) -> tuple[str, ...]:
    """The ids of the rules in ``select`` (all, if it is empty) but not in ``ignore``; both may hold lists with commas.

    Raises:
        UnknownNameError: an id that is no rule's.
        UsageError: no rule is left.
    """
    wanted, unwanted = _names(select), _names(ignore)
    left = tuple(cwe for cwe in known() if (not wanted or cwe in wanted) and cwe not in unwanted)
    if not left:
        raise UsageError("no rule is left to run", hint="--ignore takes away what --select chose.")
    return left


def known() -> tuple[str, ...]:
    """The ids of all rules."""
    return tuple(rule.cwe for rule in all_rules())


def rule_id(name: str) -> str:
    """The id of a rule as the rules spell it; raises ``UnknownNameError`` with a suggestion."""
    name = name.strip()
    if name.upper() in known():
        return name.upper()
    raise UnknownNameError(f"unknown rule {name!r}", hint=nearest(name))


def nearest(name: str) -> str:
    """One sentence for a name that is no rule's: which rule reports this weakness, or is spelt like it."""
    covering = rule_of(name)
    if covering in known():
        return f"Did you mean {covering}? It reports {name.upper()} as well."
    return did_you_mean(name, known())


def _names(options: Sequence[str]) -> set[str]:
    return {rule_id(name) for option in options for name in option.split(",")}
