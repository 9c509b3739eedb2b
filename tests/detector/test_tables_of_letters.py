"""Text spelled with letters of a table of the program's own, which letters from outside choose."""

import textwrap

import pytest

from real.detector import scan

TABLES = [
    "TABLE = ''.join(chr(i) for i in range(32, 127))",
    "TABLE = ''.join(map(chr, range(128)))",
    "import string\nTABLE = string.printable",
]
HARMLESS_TABLES = ["import string\nTABLE = string.ascii_letters", "TABLE = 'abcdef0123456789'"]
SPELLED = [
    "''.join(TABLE[TABLE.index(c)] for c in name)",
    "''.join([TABLE[(TABLE.find(c) + 13) % len(TABLE)] for c in name])",
    "''.join(t for c in name for t in TABLE if t == c)",
]
PROGRAM = """
import sqlite3
{0}

def find(name):
    con = sqlite3.connect("x.db")
    shown = {1}
    return con.execute("SELECT * FROM users WHERE name = '" + shown + "'").fetchall()
"""
WHOLE = [
    "from flask import Flask, redirect, request\napp = Flask(__name__)\nPAGES = {'home': '/', 'help': '/help'}\n"
    "@app.route('/go')\ndef go():\n    return redirect(PAGES.get(request.args.get('to'), '/'))\n",
    "from flask import Flask, redirect, request\napp = Flask(__name__)\nPAGES = {'home': '/', 'help': '/help'}\n"
    "@app.route('/go')\ndef go():\n    return redirect(PAGES[request.args['to']])\n",
    "import os\nSIGNS = {'lt': '<', 'gt': '>'}\ndef f(sign):\n    os.system('test 1 \\\\' + SIGNS[sign] + ' 2')\n",
    "import os\nSIGNS = ['<', '>']\ndef f(sign):\n    for known in SIGNS:\n        if known == sign:\n"
    "            os.system('cat ' + known + ' x')\n",
]


def _rules(code: str) -> set[str]:
    return {finding.rule for finding in scan(textwrap.dedent(code)).findings}


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize("table", TABLES)
def test_a_text_is_spelled_anew(table, spelled):
    assert "CWE-89" in _rules(PROGRAM.format(table, spelled))


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize("table", HARMLESS_TABLES)
def test_a_table_of_harmless_letters_spells_harmless_text(table, spelled):
    assert not _rules(PROGRAM.format(table, spelled))


def test_letters_looked_up_in_a_dict():
    code = PROGRAM.format("TABLE = {chr(i): chr(i) for i in range(128)}", "''.join(TABLE.get(c, '') for c in name)")
    assert "CWE-89" in _rules(code)


@pytest.mark.parametrize("code", WHOLE)
def test_a_whole_value_only_chooses(code):
    assert not _rules(code)
