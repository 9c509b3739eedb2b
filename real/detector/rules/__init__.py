"""The rules: every ``cwe_*.py`` beside this file defines one ``RULE``; its docstring is the ``--explain`` page."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from functools import cache

from real.detector.rule import Rule
from real.errors import UnknownNameError
from real.registry import did_you_mean


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the CWE numbers."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("cwe_"))
    rules = []
    for name in names:
        rule = importlib.import_module(f"{__name__}.{name}").RULE
        if not isinstance(rule, Rule):
            raise TypeError(f"{name}.RULE is not a Rule")
        rules.append(rule)
    return tuple(rules)


def select_rules(names: Collection[str] | None) -> tuple[Rule, ...]:
    """The named rules (all for ``None``); raises ``UnknownNameError`` with the nearest names."""
    if names is None:
        return all_rules()
    known = {rule.cwe: rule for rule in all_rules()}
    for name in names:
        if name not in known:
            raise UnknownNameError(f"unknown rule {name!r}", hint=did_you_mean(name, known))
    return tuple(rule for cwe, rule in known.items() if cwe in names)
