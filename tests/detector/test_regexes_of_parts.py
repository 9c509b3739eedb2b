"""Regular expressions that are made of parts are what the parts make: as a danger, and as a test."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.types import AnalysisStatus

# How the dangerous part becomes a pattern.
PATTERNS = {
    "a sum": "'^' + WORD + '$'",
    "a percent sign": "'^%s$' % WORD",
    "a percent sign and a tuple": "'^%s%s$' % (WORD, SEP)",
    "format()": "'^{{}}$'.format(WORD)",
    "join() of a list": "'^' + ''.join(PARTS) + '$'",
    "join() of a generator": "'^' + ''.join(part for part in (WORD, SEP)) + '$'",
    "re.escape()": "'^' + WORD + re.escape('|') + '$'",
    "re.escape() of each": "'^' + WORD + '(' + '|'.join(map(re.escape, NAMES)) + ')$'",
}
HEAD = "import os, re\nSEP = '-'\nNAMES = ['a.b', 'c']\nWORD = {0}\nPARTS = [WORD, SEP]\n"


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_of_parts_is_judged(pattern: str) -> None:
    code = HEAD + "def f(x):\n    return re.match(" + pattern + ", x)\n"
    assert "CWE-1333" in {finding.rule for finding in scan(code.format("r'(\\w+)+'")).findings}
    assert scan(code.format("r'\\w+'")).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_of_parts_proves_what_it_admits(pattern: str) -> None:
    code = HEAD + "def f(x):\n    if re.fullmatch(" + pattern + ", x):\n        os.system('ls ' + x)\n"
    proves = pattern != PATTERNS["re.escape()"]  # a bar is no harmless character
    assert (scan(code.format("'[a-z]+'")).status is AnalysisStatus.CLEAN) is proves
    assert scan(code.format("'[a-z;]+'")).status is AnalysisStatus.FINDINGS


def test_a_list_that_changes_is_not_known() -> None:
    code = "import os, re\nNAMES = ['df']\ndef add(name):\n    NAMES.append(name)\ndef f(x):\n    if re.fullmatch('|'.join(n for n in NAMES), x):\n        os.system(x)\n"
    assert scan(code).status is AnalysisStatus.FINDINGS
