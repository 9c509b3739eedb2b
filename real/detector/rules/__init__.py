"""The rules: every ``cwe_*.py`` beside this file defines one ``RULE``; its docstring is the ``--explain`` page."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterable
from functools import cache

from real.detector.rule import Rule
from real.detector.rules import extended
from real.errors import UnknownNameError
from real.registry import did_you_mean


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the paper, in the order of the CWE numbers."""
    return _rules_in(__path__, __name__)


@cache
def extended_rules() -> tuple[Rule, ...]:
    """The rules beyond the paper, which run only where they are selected."""
    return _rules_in(extended.__path__, extended.__name__)


def _rules_in(folder: Iterable[str], package: str) -> tuple[Rule, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(folder) if module.name.startswith("cwe_"))
    rules = []
    for name in names:
        rule = importlib.import_module(f"{package}.{name}").RULE
        if not isinstance(rule, Rule):
            raise TypeError(f"{name}.RULE is not a Rule")
        rules.append(rule)
    return tuple(rules)


def select_rules(names: Collection[str] | None) -> tuple[Rule, ...]:
    """The named rules (the paper's for ``None``); raises ``UnknownNameError`` with the nearest names."""
    if names is None:
        return all_rules()
    known = {rule.cwe: rule for rule in (*all_rules(), *extended_rules())}
    for name in names:
        if name not in known:
            raise UnknownNameError(f"unknown rule {name!r}", hint=did_you_mean(name, known))
    return tuple(rule for cwe, rule in known.items() if cwe in names)
