"""Text that goes through a buffer, a number or a database, and comes back as it was."""

import textwrap

import pytest

from real.detector import scan

HEAD = """
import contextlib, io, os, sqlite3, sys

def show(name):
"""
BACK = [
    "buffer = io.StringIO()\nput = buffer.write\nput({0})\nos.system('echo ' + buffer.getvalue())",
    "buffer = io.StringIO()\nwith contextlib.redirect_stdout(buffer):\n    print({0}, end='')\n"
    "os.system('echo ' + buffer.getvalue())",
    "buffer = io.StringIO()\nold, sys.stdout = sys.stdout, buffer\nprint('hello', {0})\nsys.stdout = old\n"
    "os.system(buffer.getvalue())",
    "number = int.from_bytes({0}.encode(), 'big')\nos.system('echo ' + number.to_bytes(64, 'big').decode())",
    "con = sqlite3.connect(':memory:')\nrow = con.execute('SELECT ? AS shown', ({0},)).fetchone()\n"
    "os.system('echo ' + row[0])",
    "cursor = sqlite3.connect('x.db').cursor()\ncursor.execute('SELECT upper(:name)', {{'name': {0}}})\n"
    "(shown,) = cursor.fetchone()\nos.system(f'echo {{shown}}')",
    "con = sqlite3.connect('x.db')\ncon.execute('CREATE TEMP TABLE picked (name TEXT)')\n"
    "con.execute('INSERT INTO picked VALUES (?)', ({0},))\n"
    "for row in con.execute('SELECT name FROM picked'):\n    os.system('echo ' + row[0])",
]


def _rules(body: str) -> set[str]:
    return {finding.rule for finding in scan(textwrap.dedent(HEAD) + textwrap.indent(body, "    ") + "\n").findings}


@pytest.mark.parametrize("body", BACK)
def test_it_is_what_it_was(body):
    assert "CWE-77" in _rules(body.format("name"))
    assert not _rules(body.format("str(len(name))"))


STORED = [
    "con = sqlite3.connect('x.db')\nrow = con.execute('SELECT path FROM tools WHERE name = ?', (name,)).fetchone()\n"
    "os.system(row[0])",
    "con = sqlite3.connect('x.db')\ncon.execute('INSERT INTO asked VALUES (?)', (name,))\n"
    "row = con.execute('SELECT path FROM tools').fetchone()\nos.system(row[0])",
    "buffer = io.StringIO()\nprint(name)\nprint('ok', file=buffer)\nos.system('echo ' + buffer.getvalue())",
]


@pytest.mark.parametrize("body", STORED)
def test_other_rows_and_buffers_hold_nothing_of_it(body):
    assert "CWE-77" not in _rules(body)
