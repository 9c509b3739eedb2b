"""``--select``, ``--ignore``, ``--explain``: which rules people mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from real.detector.families import rule_of
from real.detector.rules import all_rules, extended_rules
from real.errors import UnknownNameError, UsageError
from real.linter.profiles import Profile, rules_of
from real.registry import did_you_mean

_EXTENDED = "extended"
_SPELLING = re.compile(r"(?:cwe[-_ ]?)?0*(\d+)", re.IGNORECASE)


def chosen(
    select: Sequence[str],
    ignore: Sequence[str],
    profile: Profile = Profile.REWARD,
    note: Callable[[str], None] = lambda _: None,
) -> tuple[str, ...]:
    """The ids of the rules in ``select`` (those of the profile, if it is empty) but not in ``ignore``; both may hold
    lists with commas, and the name ``extended`` for the rules beyond the paper. ``note`` is told of weaknesses that a
    rule with another number reports.

    Raises:
        UnknownNameError: an id that is no rule's.
        UsageError: no rule is left.
    """
    wanted, unwanted = names(select, note), names(ignore, note)
    wanted = wanted or frozenset(rules_of(profile, tuple(rule.cwe for rule in all_rules())))
    left = tuple(cwe for cwe in known() if cwe in wanted - unwanted)
    if not left:
        raise UsageError("no rule is left to run", hint="--ignore takes away what --select chose.")
    return left


def known() -> tuple[str, ...]:
    """The ids of all rules, those beyond the paper last."""
    return tuple(rule.cwe for rule in (*all_rules(), *extended_rules()))


def rule_id(name: str, note: Callable[[str], None] = lambda _: None) -> str:
    """The rule that is meant: ``89``, ``cwe_089`` and ``CWE-89`` are one, and ``78`` is reported by ``CWE-77``.

    Raises ``UnknownNameError`` with a suggestion where no rule reports such a weakness.
    """
    name = name.strip()
    written = _SPELLING.fullmatch(name)
    meant = f"CWE-{written[1]}" if written else name
    rule = rule_of(meant) if written else name
    if rule not in known():
        raise UnknownNameError(f"unknown rule {name!r}", hint=nearest(name))
    if rule != meant:
        note(f"note: {meant} is reported by the rule {rule}")
    return rule


def nearest(name: str) -> str:
    """One sentence for a name that is no rule's: which rule reports this weakness, or is spelt like it."""
    covering = rule_of(name)
    if covering in known():
        return f"Did you mean {covering}? It reports {name.upper()} as well."
    return did_you_mean(name.upper(), known())


def names(options: Sequence[str], note: Callable[[str], None] = lambda _: None) -> frozenset[str]:
    """The ids of the rules in lists with commas, each checked."""
    given = {name.strip() for option in options for name in option.split(",")}
    group = {rule.cwe for rule in extended_rules()} if _EXTENDED in given else set()
    return frozenset(group | {rule_id(name, note) for name in sorted(given - {_EXTENDED})})
