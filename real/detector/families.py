"""CWE families: which rules speak about a weakness, by the tree of https://cwe.mitre.org (research view, 1000).

Rules are relatives where one is an ancestor of the other, or both descend from the same weakness among them: the
injections are children of CWE-74, missing and incorrect authorization are children of CWE-285.
"""

from __future__ import annotations

_INJECTIONS = frozenset({"CWE-74", "CWE-77", "CWE-79", "CWE-89", "CWE-94", "CWE-95"})
_AUTHORIZATION = frozenset({"CWE-862", "CWE-863"})
# Weaknesses without a rule of their own -> the rule that reports them: parents, children and near duplicates.
_ALIASES = {
    **dict.fromkeys(("CWE-78", "CWE-88"), "CWE-77"),
    **dict.fromkeys(("CWE-80", "CWE-83", "CWE-87", "CWE-116"), "CWE-79"),
    **dict.fromkeys(("CWE-564",), "CWE-89"),
    **dict.fromkeys(("CWE-75", "CWE-90", "CWE-91", "CWE-93", "CWE-113", "CWE-117", "CWE-643", "CWE-943"), "CWE-74"),
    **dict.fromkeys(("CWE-96", "CWE-470", "CWE-1336"), "CWE-94"),
    **dict.fromkeys(("CWE-201", "CWE-209", "CWE-359", "CWE-497", "CWE-532"), "CWE-200"),
    **dict.fromkeys(("CWE-326", "CWE-328", "CWE-780", "CWE-916"), "CWE-327"),
    **dict.fromkeys(("CWE-345", "CWE-354"), "CWE-347"),
    **dict.fromkeys(("CWE-400", "CWE-409", "CWE-789"), "CWE-770"),
    **dict.fromkeys(("CWE-284", "CWE-285", "CWE-306", "CWE-425"), "CWE-862"),
    **dict.fromkeys(("CWE-566", "CWE-639"), "CWE-863"),
    **dict.fromkeys(("CWE-185", "CWE-407"), "CWE-1333"),
    "CWE-1321": "CWE-915",
}


def rule_of(cwe: str) -> str:
    """The rule that reports a weakness (``CWE-78``, ``078`` -> ``CWE-77``); the id itself where there is none."""
    number = cwe.upper().removeprefix("CWE-").lstrip("0")
    return _ALIASES.get(f"CWE-{number}", f"CWE-{number}")


def family(cwe: str) -> frozenset[str]:
    """The rules that report a weakness or a relative of it; empty where no rule does."""
    from real.detector.rules import all_rules

    rule = rule_of(cwe)
    found = next((group for group in (_INJECTIONS, _AUTHORIZATION) if rule in group), frozenset((rule,)))
    return found & {known.cwe for known in all_rules()}
