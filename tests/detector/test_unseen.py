"""No line throws a program away, and none that hides something makes it clean (``engine``), from both sides."""

import pytest

from real.detector import scan
from real.detector.limits import Limits
from real.rewards import RewardCfg, reward
from real.rewards.config import GradingCfg
from real.rewards.graded import graded_quality
from real.types import Analysis, AnalysisStatus, Check, Finding, OutcomeStatus, Program, TestOutcome, Unseen, Verdict

PLAIN = "import os\nimport sys\nimport types\n\ndef double(x):\n    return 2 * x\n"
VULNERABLE = "\ndef remove(path):\n    os.system('rm ' + path)\n"
HARMLESS = {
    "a class made by type()": "Missing = type('Missing', (), {})",
    "a class made by type(), with methods": "Missing = type('Missing', (), {'__repr__': lambda self: 'missing'})",
    "the name of a code object": "print(double.__code__.co_name)",
    "the code of a frame": "print(sys._getframe().f_code.co_name)",
    "an object in the place of the module": "class Lazy:\n    pass\nsys.modules[__name__] = Lazy()",
    "a module of others": "print(sys.modules['re'])",
}
HIDING = {
    "code of a file": "exec(open('a.py').read())",
    "another module under a name": "sys.modules['quiet'] = os",
    "a name of the module that is not known": "globals()[input()] = double",
    "many such names": "globals().update(double(3))",
    "the code object of another": "double.__code__ = remove.__code__",
    "a class of unknown parts": "Made = type('Made', (), double(3))",
    "a function of a code object": "made = types.FunctionType(double.__code__, {})",
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_can_be_followed_costs_nothing(what: str) -> None:
    assert scan(f"{PLAIN}{HARMLESS[what]}\n") == Analysis(AnalysisStatus.CLEAN)


@pytest.mark.parametrize("what", HARMLESS)
def test_what_can_be_followed_hides_nothing(what: str) -> None:
    found = scan(f"{PLAIN}{HARMLESS[what]}\n{VULNERABLE}")
    assert [finding.rule for finding in found.findings] == ["CWE-77"]
    assert not found.unseen


@pytest.mark.parametrize("what", HIDING)
def test_what_could_hide_a_flow_is_never_clean_and_names_its_line(what: str) -> None:
    found = scan(f"{PLAIN}{HIDING[what]}\n")
    assert found.status is AnalysisStatus.PARTIAL
    assert [part.line for part in found.unseen] == [PLAIN.count("\n") + 1]
    assert f"(line {found.unseen[0].line})" in found.reason


@pytest.mark.parametrize("what", HIDING)
def test_beside_what_could_hide_a_flow_the_rest_is_reported(what: str) -> None:
    found = scan(f"{PLAIN}{HIDING[what]}\n{VULNERABLE}")
    assert "CWE-77" in {finding.rule for finding in found.findings}
    assert found.status is AnalysisStatus.FINDINGS
    assert found.unseen


def test_a_class_made_of_own_functions_is_no_hiding_place() -> None:
    code = f"{PLAIN}Tool = type('Tool', (), {{'run': lambda self, line: os.system(line)}})\n"
    assert "CWE-77" in {finding.rule for finding in scan(code).findings}


def test_an_object_that_others_import_is_called_by_them() -> None:
    code = "import os, sys\nclass _T:\n    def run(self, x):\n        os.system(x)\nsys.modules[__name__] = _T()\n"
    assert "CWE-77" in {finding.rule for finding in scan(code).findings}


SMALL = Limits(steps=40)
LONG = "".join(f"def f{n}(a, b):\n    return [a + b, a - b, {{'a': a}}]\n" for n in range(30))


@pytest.mark.parametrize(
    ("cwe", "code"),
    [
        ("CWE-77", "import subprocess\ndef run(x):\n    subprocess.run(f'ls {x}', shell=True)\n"),
        ("CWE-1333", "import re\ndef check(text):\n    return re.match(r'^(a+)+$', text)\n"),
        ("CWE-327", "import hashlib\ndef store(password):\n    return hashlib.md5(password.encode()).hexdigest()\n"),
    ],
)
def test_patterns_are_reported_when_the_budget_is_spent(cwe: str, code: str) -> None:
    found = scan(LONG + code, limits=Limits(steps=600))
    assert "budget" in found.reason
    assert cwe in {finding.rule for finding in found.findings}


def test_a_program_over_its_budget_is_not_clean() -> None:
    found = scan(LONG, limits=SMALL)
    assert (found.status, found.unseen) == (
        AnalysisStatus.PARTIAL,
        (Unseen(0, "the analysis exceeded its budget of steps"),),
    )


FOUND = (Finding("CWE-77", 3, "a flow"),)
PARTIAL = Analysis(AnalysisStatus.PARTIAL, reason="exec() (line 1)", unseen=(Unseen(1, "exec()"),))


def _verdict(analysis: Analysis) -> Verdict:
    return Verdict("t", Program("x = 1"), (TestOutcome(OutcomeStatus.PASS),), {Check.SECURITY: analysis})


def test_partial_earns_no_quality() -> None:
    assert reward(_verdict(PARTIAL), RewardCfg()).components["r_quality"] == 0.0


@pytest.mark.parametrize("count", [1, 2])
def test_hiding_findings_earns_no_more_than_showing_them(count: int) -> None:
    cfg = GradingCfg(finding=0.3, unanalyzable=-0.5)
    shown = Analysis(AnalysisStatus.FINDINGS, FOUND * count)
    hidden = Analysis(AnalysisStatus.FINDINGS, FOUND, unseen=PARTIAL.unseen)
    grades = [graded_quality(_verdict(analysis), cfg) for analysis in (PARTIAL, hidden, shown)]
    assert grades == sorted(grades)
    assert grades[1] < grades[2]
