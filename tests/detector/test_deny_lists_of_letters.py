"""Letters that a program leaves out of a text: a sanitizer where single letters are left out, and all that do harm."""

import textwrap

import pytest

from real.detector import scan

QUERY = """
import sqlite3
BAD = "'\\"\\\\"

def find({1}):
    con = sqlite3.connect("x.db")
{0}
    return con.execute(f"SELECT * FROM users WHERE name = '{{shown}}'").fetchall()
"""
LEFT_OUT = [
    "shown = ''.join(c for c in name if c not in BAD)",
    'shown = "".join([c for c in name if c != "\'"])',
    "shown = ''\nfor c in name:\n    if c in \"'\\\\;\":\n        continue\n    shown += c",
    "shown = ''.join(filter(lambda c: c not in BAD, name))",
    "kept = []\nfor c in name.strip():\n    if c not in BAD:\n        kept.append(c)\nshown = ''.join(kept)",
]
KEPT = [
    "kept = [c for c in name if c not in BAD]\ndef more(to):\n    to.append(name)\nmore(kept)\nshown = ''.join(kept)",
    "kept = []\nfor c in name:\n    if c not in BAD:\n        kept += [c]\nkept.extend(name)\nshown = ''.join(kept)",
    "shown = ''.join(c for c in name if c not in ';-')",  # the quote stays
    "shown = ' '.join(w for w in name.split() if w not in BAD)",  # words, not letters
    "shown = ''.join(c for c in [name] if c not in BAD)",
    "shown = ''\nfor c in name:\n    if c in BAD:\n        print(c)\n    shown += c",
    "kept = []\nfor c in name:\n    if c not in BAD:\n        print(c)\n    kept.append(c)\nshown = ''.join(kept)",
]


def _rules(body: str, parameter: str = "name") -> set[str]:
    code = QUERY.format(textwrap.indent(body, "    "), parameter)
    return {finding.rule for finding in scan(code).findings}


@pytest.mark.parametrize("body", LEFT_OUT)
def test_letters_that_do_harm_are_left_out(body):
    assert not _rules(body)
    assert not _rules(body, "name: str")


@pytest.mark.parametrize("body", KEPT)
def test_something_that_does_harm_stays(body):
    assert "CWE-89" in _rules(body)


@pytest.mark.parametrize("body", LEFT_OUT[:3])
def test_of_a_list_words_are_left_out(body):
    assert "CWE-89" in _rules(body, "name: list[str]")


MARKUP = """
from flask import Flask, request
app = Flask(__name__)

@app.route("/")
def hello():
    name = request.args.{0}
    shown = "".join(c for c in name if c not in "{1}")
    return f"<p>Hello {{shown}}</p>"
"""


def test_markup_without_its_signs():
    assert not {f.rule for f in scan(MARKUP.format("get('name', '')", "<>&\\\"'")).findings}
    assert "CWE-79" in {f.rule for f in scan(MARKUP.format("get('name', '')", "&'")).findings}
    assert "CWE-79" in {f.rule for f in scan(MARKUP.format("getlist('name')", "<>&\\\"'")).findings}


DOUBLED = [
    (
        "an object that keeps doubled text",
        "class Q:\n    def __init__(self, t):\n        self.t = {0}\n    def __str__(self):\n        return self.t\n",
        "Q(x)",
    ),
    (
        "a buffer",
        "def buffered(t):\n    out = io.StringIO()\n    print({0}, end='', file=out)\n    return out.getvalue()\n",
        "buffered(x)",
    ),
    (
        "another buffer",
        "def buffered(t):\n    out = io.StringIO()\n    out.write({0})\n    return out.getvalue()\n",
        "buffered(x)",
    ),
    ("a copy", "def copied(t):\n    return ({0})[:]\n", "copied(x)"),
    ("some of several", "def some(t):\n    all_of_it = [{0}, 'x']\n    return ' '.join(all_of_it[:10])\n", "some(x)"),
]


@pytest.mark.parametrize(("what", "before", "value"), DOUBLED, ids=[what for what, _, _ in DOUBLED])
def test_doubled_quotes_stay_doubled(what, before, value):
    code = f"import io, sqlite3\n{before}\ndef find(x):\n    con = sqlite3.connect('x.db')\n    shown = {value}\n"
    code += "    return con.execute(f\"SELECT * FROM users WHERE name = '{{shown}}'\").fetchall()\n"
    kept = code.format('t.replace("\'", "\'\'")')
    assert not {f.rule for f in scan(kept).findings}
    for lost in ("t", 't.replace("\'", "\'\'")[:9]', "t.replace('\"', '')"):
        assert "CWE-89" in {f.rule for f in scan(code.format(lost)).findings}, lost
