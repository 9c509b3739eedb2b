"""``--select`` and ``--ignore``: which rules run."""

from __future__ import annotations

from collections.abc import Sequence

from real.detector.families import rule_of
from real.detector.rules import all_rules, extended_rules
from real.errors import UnknownNameError, UsageError
from real.registry import did_you_mean

_EXTENDED = "extended"


def chosen(select: Sequence[str], ignore: Sequence[str]) -> tuple[str, ...]:
    """The ids of the rules in ``select`` (the paper's, if it is empty) but not in ``ignore``; both may hold lists with
    commas, and the name ``extended`` for the rules beyond the paper.

    Raises:
        UnknownNameError: an id that is no rule's.
        UsageError: no rule is left.
    """
    wanted, unwanted = _names(select), _names(ignore)
    wanted = wanted or {rule.cwe for rule in all_rules()}
    left = tuple(cwe for cwe in known() if cwe in wanted - unwanted)
    if not left:
        raise UsageError("no rule is left to run", hint="--ignore takes away what --select chose.")
    return left


def known() -> tuple[str, ...]:
    """The ids of all rules, those beyond the paper last."""
    return tuple(rule.cwe for rule in (*all_rules(), *extended_rules()))


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
    given = {name.strip() for option in options for name in option.split(",")}
    group = {rule.cwe for rule in extended_rules()} if _EXTENDED in given else set()
    return group | {rule_id(name) for name in given - {_EXTENDED}}
