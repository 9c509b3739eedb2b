"""configparser: sections and options are told apart, and interpolation puts them together again."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.types import AnalysisStatus

START = "import configparser\nimport os\ndef f(x):\n    c = configparser.ConfigParser()\n"
# (what, safe, vulnerable)
TWINS = [
    (
        "set() and get()",
        "    c.add_section('a')\n    c.set('a', 'tool', 'df')\n    c.set('a', 'note', x)\n    os.system(c.get('a', 'tool'))\n",
        "    c.add_section('a')\n    c.set('a', 'tool', 'df')\n    c.set('a', 'note', x)\n    os.system(c.get('a', 'note'))\n",
    ),
    (
        "another section",
        "    c.set('a', 'tool', x)\n    c.set('b', 'tool', 'df')\n    os.system(c.get('b', 'tool'))\n",
        "    c.set('a', 'tool', 'df')\n    c.set('b', 'tool', x)\n    os.system(c.get('b', 'tool'))\n",
    ),
    (
        "a section that is assigned",
        "    c['a'] = {'tool': 'df', 'note': x}\n    os.system(c['a']['tool'])\n",
        "    c['a'] = {'tool': 'df', 'note': x}\n    os.system(c['a']['note'])\n",
    ),
    (
        "read_dict() and letter case",
        "    c.read_dict({'a': {'tool': 'df', 'note': x}})\n    os.system(c.get('a', 'TOOL'))\n",
        "    c.read_dict({'a': {'tool': 'df', 'note': x}})\n    os.system(c.get('a', 'NOTE'))\n",
    ),
    (
        "interpolation",
        "    c['a'] = {'tool': 'df %(note)s', 'note': '-h'}\n    c['b'] = {'note': x}\n    os.system(c.get('a', 'tool'))\n",
        "    c['a'] = {'tool': 'df %(note)s', 'note': x}\n    os.system(c['a']['tool'])\n",
    ),
    (
        "a fallback",
        "    c.set('a', 'tool', 'df')\n    os.system(c.get('a', 'tool', fallback='du'))\n",
        "    c.set('a', 'tool', 'df')\n    os.system(c.get('a', 'tool', fallback=x))\n",
    ),
]


@pytest.mark.parametrize(("safe", "vulnerable"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS])
def test_options_are_told_apart(safe: str, vulnerable: str) -> None:
    assert scan(START + safe).status is AnalysisStatus.CLEAN
    assert scan(START + vulnerable).status is AnalysisStatus.FINDINGS


OPEN = {
    "read from a text": "    c.read_string(x)\n    os.system(c.get('a', 'tool'))\n",
    "a name that is not known": "    c.set('a', x, x)\n    c.set('a', 'tool', 'df')\n    os.system(c.get('a', 'tool'))\n",
    "variables": "    c.set('a', 'tool', 'df %(note)s')\n    os.system(c.get('a', 'tool', vars={'note': x}))\n",
}


@pytest.mark.parametrize("code", OPEN.values(), ids=OPEN)
def test_what_may_be_anything_counts(code: str) -> None:
    assert scan(START + code).status is AnalysisStatus.FINDINGS
