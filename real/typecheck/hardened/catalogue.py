"""Every rule of the checker by its code, and the text of ``--explain``."""

from __future__ import annotations

from functools import cache

from real.errors import UnknownNameError
from real.registry import did_you_mean
from real.typecheck.hardened import (
    any_types,
    blind_spots,
    comments,
    dynamic_code,
    empty_programs,
    naming,
    reachability,
    signature,
    unused,
)
from real.typecheck.hardened.rule import Rule

_FAMILIES = (comments, any_types, dynamic_code, blind_spots, empty_programs, reachability, signature, unused, naming)

RULES = {rule.code: rule for family in _FAMILIES for rule in family.RULES}


def rule(code: str) -> Rule:
    """The rule with this code, one of ours or ``mypy:CODE``; raises ``UnknownNameError`` with the nearest codes."""
    found = RULES.get(code) or _mypy_rules().get(code) or _mypy_rules().get(f"mypy:{code}")
    if found is None:
        raise UnknownNameError(f"unknown code {code!r}", hint=did_you_mean(code, [*RULES, *_mypy_rules()]))
    return found


@cache
def _mypy_rules() -> dict[str, Rule]:
    """MyPy's own error codes; loading them takes a moment."""
    from mypy.errorcodes import error_codes

    return {f"mypy:{name}": _from_mypy(name, code.description, code.category) for name, code in error_codes.items()}


def _from_mypy(name: str, description: str, category: str) -> Rule:
    return Rule(
        f"mypy:{name}",
        description[:1].lower() + description[1:],
        f"An error code of MyPy (category {category}); its manual has an example:\n"
        f"https://mypy.readthedocs.io/en/stable/_refs.html#code-{name}",
        "Follow the message: add the annotation it asks for, or repair the types that do not fit.",
        where="both policies",
    )


def is_advice(code: str) -> bool:
    """Whether findings with this code are shown only; MyPy's own always count."""
    return code in RULES and not RULES[code].fails
