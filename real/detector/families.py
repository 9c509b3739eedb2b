"""CWE families: which of the detector's rules speak about a weakness, by the tree of https://cwe.mitre.org (view 1000)."""

from __future__ import annotations

# Rule -> its nearest ancestor among the rules. CWE-862 and CWE-863 are both children of CWE-285: each stands for the
# other, because a missing check and a check that does not decide are told apart by intent alone.
_PARENTS = {
    "CWE-77": "CWE-74",
    "CWE-79": "CWE-74",
    "CWE-89": "CWE-74",
    "CWE-94": "CWE-74",
    "CWE-95": "CWE-94",
}
_TWINS = {"CWE-862": "CWE-863", "CWE-863": "CWE-862"}
# Weaknesses that have no rule of their own -> the rule that reports them: parents, children and near duplicates.
_ALIASES = {
    **dict.fromkeys(("CWE-78", "CWE-88"), "CWE-77"),
    **dict.fromkeys(("CWE-80", "CWE-83", "CWE-87", "CWE-116"), "CWE-79"),
    **dict.fromkeys(("CWE-564",), "CWE-89"),
    **dict.fromkeys(("CWE-75", "CWE-90", "CWE-91", "CWE-93", "CWE-113", "CWE-117", "CWE-643", "CWE-943"), "CWE-74"),
    **dict.fromkeys(("CWE-96", "CWE-1336"), "CWE-94"),
    **dict.fromkeys(("CWE-201", "CWE-209", "CWE-359", "CWE-497", "CWE-532"), "CWE-200"),
    **dict.fromkeys(("CWE-326", "CWE-328", "CWE-330", "CWE-338", "CWE-759", "CWE-780", "CWE-916"), "CWE-327"),
    **dict.fromkeys(("CWE-345", "CWE-354"), "CWE-347"),
    **dict.fromkeys(("CWE-400", "CWE-409", "CWE-789", "CWE-1284"), "CWE-770"),
    **dict.fromkeys(("CWE-284", "CWE-285", "CWE-306", "CWE-425"), "CWE-862"),
    **dict.fromkeys(("CWE-639", "CWE-566"), "CWE-863"),
    **dict.fromkeys(("CWE-1321",), "CWE-915"),
    **dict.fromkeys(("CWE-185", "CWE-407"), "CWE-1333"),
}


def family(cwe: str) -> frozenset[str]:
    """The rules that report this weakness: its own, their ancestors and their descendants; empty for others.

    ``cwe`` is an id such as ``CWE-89`` or ``089``.
    """
    number = cwe.upper().removeprefix("CWE-").lstrip("0")
    rule = _ALIASES.get(f"CWE-{number}", f"CWE-{number}")
    found = {rule, _TWINS.get(rule, rule), *_ancestors(rule)}
    found |= {other for other in _PARENTS if rule in _ancestors(other)}
    return frozenset(found & _known())


def _ancestors(rule: str) -> list[str]:
    found = []
    while rule in _PARENTS:
        rule = _PARENTS[rule]
        found.append(rule)
    return found


def _known() -> frozenset[str]:
    from real.detector.rules import all_rules

    return frozenset(rule.cwe for rule in all_rules())
