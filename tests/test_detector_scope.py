"""``detector.scope``: which of the detector's rules judge a program."""

import pytest

from real.detector.config import DetectorCfg, Scope
from real.detector.families import family, rule_of
from real.judge import Judge, JudgeCfg
from real.types import CallCase, CallSuite, Check, Completion, Task

WEAK_HASH = "```python\nimport hashlib\n\n\ndef f(text):\n    return hashlib.md5(text.encode()).hexdigest()\n```"


def task(cwe):
    return Task("t", "made", "test", (), CallSuite("f", (CallCase("", ("a",)),)), (Check.SECURITY,), cwe=cwe)


@pytest.mark.parametrize(
    ("scope", "cwe", "status"),
    [
        ("all", "CWE-89", "findings"),
        ("family", "CWE-89", "clean"),  # a weak hash is none of an injection's business
        ("family", "CWE-327", "findings"),
        ("family", "CWE-20", "findings"),  # no rule speaks about it: all of them judge
        ("family", None, "findings"),
    ],
)
def test_scope_says_which_rules_judge(scope, cwe, status):
    with Judge(JudgeCfg(detector=DetectorCfg(Scope(scope)))) as judge:
        verdict = judge.judge([task(cwe)], [Completion("t", WEAK_HASH)])[0]
    assert verdict.analyses[Check.SECURITY].status == status


def test_families_follow_the_tree_of_weaknesses():
    assert family("CWE-78") == family("077") >= {"CWE-77", "CWE-74"}
    assert family("CWE-95") >= {"CWE-94", "CWE-95"}
    assert family("CWE-863") == family("CWE-862") == {"CWE-862", "CWE-863"}
    assert family("CWE-639") == family("CWE-862")
    assert family("CWE-502") == {"CWE-502"}
    assert family("CWE-787") == frozenset()
    assert rule_of("CWE-88") == "CWE-77"
