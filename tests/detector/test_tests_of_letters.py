"""Tests of each letter, and of keys, that hold whatever comes in: they prove nothing."""

import textwrap

import pytest

from real.detector import scan

PROGRAM = """
import collections, sqlite3, string
ALLOWED = {0}
LETTERS = string.ascii_letters + string.digits + "_"

def find(name):
    con = sqlite3.connect("x.db")
{1}
    return con.execute("SELECT * FROM users WHERE name = '" + name + "'").fetchall()
"""
VACUOUS = [
    "if not all(c.isalnum() or c for c in name):\n    return []",
    "if not all([c.isalnum() or c != ';' for c in name]):\n    raise ValueError(name)",
    'if not all(c.isalnum() for c in name if c != "\'"):\n    return []',
    "if all(c in '0123456789' or len(c) for c in name):\n    pass\nelse:\n    return []",
]
STRICT = [
    "if not all(c.isalnum() for c in name):\n    return []",
    "if not all([c.isalnum() or c in '-_' for c in name]):\n    raise ValueError(name)",
    "if not all(c in 'abc' or c.isdigit() or c in '_' for c in name):\n    return []",
    "if all(c in '0123456789' or c.isalpha() for c in name):\n    pass\nelse:\n    return []",
    "if not all(c in LETTERS for c in name):\n    raise ValueError(name)",
    "for c in name:\n    if c not in LETTERS:\n        return []",
    "if not set(name) <= set(LETTERS):\n    return []",
    "if any(c not in LETTERS for c in name):\n    return []",
]
LISTED = [
    "if not all(c in LETTERS for c in name):\n    print(name)",
    "for c in name:\n    if c not in LETTERS:\n        break",
    "if not set(name) & set(LETTERS):\n    return []",
    "if all(c not in LETTERS for c in name):\n    return []",
]
FILLING = [
    "ALLOWED[name]\nif name not in ALLOWED:\n    return []",
    "if ALLOWED[name] > 3 or name not in ALLOWED:\n    raise KeyError(name)",
    "seen = ALLOWED[name]\nif name in ALLOWED:\n    print(seen)\nelse:\n    return []",
]


def _rules(allowed: str, body: str) -> set[str]:
    code = PROGRAM.format(allowed, textwrap.indent(body, "    "))
    return {finding.rule for finding in scan(code).findings}


@pytest.mark.parametrize("body", VACUOUS)
def test_a_test_that_other_letters_pass(body):
    assert "CWE-89" in _rules("()", body)


@pytest.mark.parametrize("body", LISTED)
def test_a_test_of_letters_that_is_in_vain(body):
    assert "CWE-89" in _rules("()", body)


@pytest.mark.parametrize("body", STRICT)
def test_a_test_of_every_letter(body):
    assert not _rules("()", body)


@pytest.mark.parametrize("body", FILLING)
def test_a_defaultdict_has_every_key_that_it_was_asked_for(body):
    assert "CWE-89" in _rules("collections.defaultdict(int)", body)
    assert not _rules("{'alice': 1, 'bob': 5}", body)
