"""Names of the module that are set through its namespace: what the program reads afterwards is what was put there."""

import pytest

from real.detector import scan
from real.types import AnalysisStatus

QUERY = """
import sqlite3
import sys

SQL = "SELECT 1"

def digits(text):
    return str(int(text))

{0}

def find(name):
    {1}
    return sqlite3.connect("a.db").execute({2}).fetchall()
"""
NUMBER = '"SELECT * FROM users WHERE id = " + digits(name)'
BUILT = '"SELECT * FROM users WHERE name = \'" + text + "\'"'
VULNERABLE = [
    (f'def keep(text):\n    globals()["SQL"] = {BUILT}', "keep(name)", "SQL"),
    (f'def keep(text):\n    """Keep."""\n    setattr(sys.modules[__name__], "SQL", {BUILT})', "keep(name)", "SQL"),
    (f"def keep(text):\n    globals().update(SQL={BUILT})", "keep(name)", 'globals()["SQL"]'),
    ("sys.modules[__name__].digits = lambda text: text", "pass", NUMBER),
    ('def relax():\n    globals()["digits"] = str\n\nrelax()', "pass", NUMBER),
]
SAFE = [
    ('def verbose(on):\n    globals()["VERBOSE"] = bool(on)', "pass", NUMBER),
    ('VERBOSE = 0\ndef verbose(level):\n    setattr(sys.modules[__name__], "VERBOSE", level)', "pass", NUMBER),
    (
        'COUNT = 0\ndef count():\n    """Count."""\n    sys.modules[__name__].COUNT = COUNT + 1',
        "count()",
        NUMBER,
    ),
    (
        "_POOL = None\ndef pool():\n    if _POOL is None:\n        globals().update(_POOL=[])\n    return _POOL",
        "pool()",
        NUMBER,
    ),
]


@pytest.mark.parametrize(("lines", "call", "statement"), VULNERABLE)
def test_what_is_put_there_is_followed(lines: str, call: str, statement: str) -> None:
    assert "CWE-89" in {finding.rule for finding in scan(QUERY.format(lines, call, statement)).findings}


@pytest.mark.parametrize(("lines", "call", "statement"), SAFE)
def test_settings_of_a_module_are_seen(lines: str, call: str, statement: str) -> None:
    found = scan(QUERY.format(lines, call, statement))
    assert (found.status, found.reason) == (AnalysisStatus.CLEAN, "")


def test_a_variable_of_the_function_is_another_one() -> None:
    found = scan("def limited(LIMIT):\n    globals()['LIMIT'] = 3\n    return LIMIT\n")
    assert found.status is AnalysisStatus.PARTIAL


def test_what_a_setter_puts_there_is_anything() -> None:
    code = QUERY.format(
        "class Switch:\n    @property\n    def on(self):\n        return 1\n    @on.setter\n    def on(self, value):\n"
        "        globals()['digits'] = value\n\nSwitch().on = str",
        "pass",
        '"SELECT * FROM users WHERE id = \'" + digits(name) + "\'"',
    )
    assert "CWE-89" in {finding.rule for finding in scan(code).findings}
