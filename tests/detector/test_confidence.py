"""How much speaks for a finding: the weaker of where its data enter and of how its sink is known."""

import pytest

from real.detector import scan

FLASK = "import flask, os, sqlite3\napp = flask.Flask(__name__)\n"
VIEW = "@app.route('/x/<name>')\ndef view(name):\n"
CASES = {
    "a request at a sink of a library": ("high", f"{FLASK}def f():\n    os.system('ls ' + flask.request.args['d'])\n"),
    "a parameter of an endpoint": ("high", f"{FLASK}{VIEW}    os.system('ls ' + name)\n    return ''\n"),
    "a parameter of any function": ("low", "import os\ndef f(name):\n    os.system('ls ' + name)\n"),
    "the command line": ("high", "import os, sys\nos.system('ls ' + sys.argv[1])\n"),
    "a cursor of a driver": (
        "high",
        "import sqlite3\nc = sqlite3.connect('a').cursor()\nc.execute(input())\n",
    ),
    "an unknown object, with the text of a statement": (
        "high",
        "import store\nstore.db().execute('SELECT a FROM b WHERE c = ' + input())\n",
    ),
    "an unknown object, in a program with a driver": (
        "medium",
        "import psycopg2, store\nstore.db().execute('x' + input())\n",
    ),
    "an unknown object": ("low", "import store\nstore.db().execute('x' + input())\n"),
    "any method of a driver's object": (
        "medium",
        "import sqlite3\nc = sqlite3.connect('a')\ngetattr(c, input())('x' + input())\n",
    ),
    "a code with a key, by SHA-1": (
        "low",
        "import hashlib, hmac\ndef f(k, m):\n    return hmac.new(k, m, hashlib.sha1).digest()\n",
    ),
    "a code with a key, by MD5": ("high", "import hmac\ndef f(k, m):\n    return hmac.new(k, m, 'md5').digest()\n"),
    "a pattern": ("medium", "import re\ndef f(text):\n    return re.match(r'^(a+)+$', text)\n"),
}


@pytest.mark.parametrize("what", CASES)
def test_confidence(what: str) -> None:
    expected, code = CASES[what]
    found = scan(code).findings
    assert [finding.confidence.value for finding in found][:1] == [expected], found


OWNED = "def delete(vaults, vault_id):\n    del vaults[vault_id]\n"


def test_a_missing_check_needs_an_endpoint_to_be_more_than_a_guess() -> None:
    view = "import flask\napp = flask.Flask(__name__)\nvaults = {}\n@app.delete('/v/<vault_id>')\ndef drop(vault_id):\n"
    view += "    delete(vaults, vault_id)\n    return ''\n"
    assert {found.confidence.value for found in scan(OWNED).findings if found.rule == "CWE-862"} <= {"low"}
    found = [found.confidence.value for found in scan(OWNED + view).findings if found.rule in ("CWE-862", "CWE-352")]
    assert "medium" in found


def test_a_method_of_an_unknown_object_that_is_given_what_came_in_is_no_statement() -> None:
    assert scan("def due(calendar, method, start):\n    return getattr(calendar, method)(start)\n").status == "clean"


@pytest.mark.parametrize(
    "code",
    [
        "def f(db, method, name):\n    return getattr(db, method)(f'SELECT * FROM t WHERE n = {name}')\n",
        "import sqlite3\ndef f(db, method, text):\n    return getattr(db, method)(text)\n",
    ],
)
def test_any_method_that_may_run_a_statement_is_reported(code: str) -> None:
    assert [finding.rule for finding in scan(code).findings] == ["CWE-89"]


def test_two_mappings_are_merged_and_a_record_is_not() -> None:
    merge = "def merge(source, target):\n    for key, value in source.items():\n        target[key] = value\n"
    assert scan(merge).status == "clean"
    for record in (merge.replace("target", "user"), merge.replace("target[", "target.__dict__[")):
        assert [found.rule for found in scan(record).findings] == ["CWE-915"]
