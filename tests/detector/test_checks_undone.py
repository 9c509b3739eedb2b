"""Deny-lists, tables and doubled quotes that no longer hold where the text is used; each program is also run.

A vulnerable one gives an outside text more rows than its own, or breaks the statement; a safe one never does.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import textwrap

import pytest

from real.detector import scan
from real.types import AnalysisStatus

HEAD = "import json, os, re, sqlite3\n"
BODY = """
def find(name):
    con = sqlite3.connect("users.db")
{0}
    return con.execute("SELECT name FROM users WHERE name = '" + {1} + "'").fetchall()
"""
TEXTS = (
    *("x' OR 1=1 --", "' OR 1=1 --", "a' OR '1'='1", "x OR 1=1 --", " OR 1=1 --", "'x' OR 1=1 --", "x''", "aaaa'"),
    *("` OR 1=1 --", "{} OR 1=1 --", "%c OR 1=1 --", "a;", "''", "ab'cd", "'", "aaa' OR 1=1 --"),
)


def _program(lines: str, used: str = "name", before: str = "") -> str:
    return HEAD + before + BODY.format(textwrap.indent(lines or "pass", "    "), used)


def _run(code: str, given: object, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether an outside text, given to ``find``, becomes more than a text in the statement."""
    real = sqlite3.connect
    con = real(":memory:")
    con.execute("CREATE TABLE users (name TEXT)")
    con.executemany("INSERT INTO users VALUES (?)", [("ann",), ("bob",), ("eve",)])
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *_: con)
        space: dict[str, object] = {"__name__": "program"}
        exec(compile(code, "program", "exec"), space)
        try:
            rows = space["find"](given)  # type: ignore[operator]
        except sqlite3.Error:
            return True
        except Exception:  # it refuses the text
            return False
        finally:
            con.close()
    return len(rows) > 1


def _is_injectable(code: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    with contextlib.redirect_stdout(None):
        return any(_run(code, text, monkeypatch) for text in TEXTS)


REFUSE = "\nif any(c in name for c in bad):\n    raise ValueError(name)"
REFUSE_IN_LOOP = "\nfor c in bad:\n    if c in name:\n        raise ValueError(name)"
REFUSE_SET = "\nif bad & set(name):\n    raise ValueError(name)"
DOUBLED = 'name.replace("\'", "\'\'")'
VULNERABLE = {
    # a member is taken out of a deny-list, or another one put in its place
    "removed": _program("bad = [\"'\", ';']\nbad.remove(\"'\")" + REFUSE),
    "discarded in a function": _program(
        REFUSE_SET, before='bad = set("\';")\ndef relax():\n    bad.discard("\'")\nrelax()\n'
    ),
    "subtracted": _program("bad = {\"'\", ';'}\nbad -= {\"'\"}" + REFUSE_SET),
    "intersected": _program("bad = {\"'\", ';'}\nbad.intersection_update({';'})" + REFUSE_IN_LOOP),
    "replaced by position": _program("bad = [\"'\", ';']\nbad[0] = '\"'" + REFUSE_IN_LOOP),
    "deleted by position": _program(REFUSE, before="bad = ['\\'', ';']\ndel bad[0]\n"),
    "by an alias": _program("bad = [\"'\", ';']\nother = bad\nother.remove(\"'\")" + REFUSE),
    "of a class": _program(
        "for c in Rules.bad:\n    if c in name:\n        raise ValueError(name)",
        before="class Rules:\n    bad = [\"'\", ';']\nRules.bad.remove(\"'\")\n",
    ),
    "one of two lists": _program("bad = [\"'\", ';'] if len(name) > 99 else [';']" + REFUSE),
    "one of two texts": _program("bad = \"'\" if os.environ.get('STRICT_NAMES') else ';'" + REFUSE),
    "cut short": _program("bad = [\"'\", ';']\nif len(name) < 99:\n    bad = bad[1:]" + REFUSE_IN_LOOP),
    # a table that does not replace the quote, or brings it back
    "table of itself": _program("table = {39: 39}", "name.translate(table)"),
    "updated": _program('table = {39: None}\ntable.update({39: "\'"})', "name.translate(table)"),
    "popped": _program("", "name.translate(TABLE)", before="TABLE = {39: None, 59: None}\nTABLE.pop(39)\n"),
    "cleared": _program(
        "", "name.translate(TABLE)", before="TABLE = {39: None}\ndef relax():\n    TABLE.clear()\nrelax()\n"
    ),
    "filled in one case": _program(
        "table = {}\nif os.environ.get('STRICT_NAMES'):\n    table[39] = ''", "name.translate(table)"
    ),
    "brought back": _program("", "name.translate(TABLE)", before="TABLE = str.maketrans({'`': \"'\", \"'\": ''})\n"),
    "brought back by letters": _program(
        "", "name.replace(\"'\", '').translate(TABLE)", before="TABLE = str.maketrans('`', \"'\")\n"
    ),
    # of two quotes that were one, one is left
    "partition": _program("", DOUBLED + '.partition("\'")[2]'),
    "split": _program("", DOUBLED + '.split("\'", 1)[1]'),
    "rsplit": _program("shown = " + DOUBLED + '.rsplit("\'", 1)[0]', "shown"),
    "unpacked": _program("shown, _, _ = " + DOUBLED + '.rpartition("\'")', "shown"),
    "precision of %": _program("shown = '%.4s' % " + DOUBLED, "shown"),
    "precision of format": _program("shown = '{:.1}'.format(" + DOUBLED + ")", "shown"),
    "precision of an f-string": _program("doubled = " + DOUBLED + "\nshown = f'{doubled:.1}'", "shown"),
    # something is put into the tested text, or around it
    "format": _program('if "\'" in name:\n    raise ValueError\nname = name.format("\'")'),
    "percent": _program('if "\'" in name:\n    raise ValueError\nname = name % 39'),
    "quoted twice": _program(
        'if "\'" in name:\n    raise ValueError',
        "quoted(name)",
        before="def quoted(text):\n    if not text:\n        return ''\n    print('quoting')\n"
        '    return "\'" + text + "\'"\n',
    ),
    "stored by __dict__": _program(
        "form = Form()\nform.name = name.replace(\"'\", '')\nform.__dict__['name'] = name",
        "form.name",
        before="class Form:\n    pass\n",
    ),
    # who compares says himself what is equal
    "equal to all": _program(
        "if name not in (Name('ann'), Name('bob')):\n    raise ValueError",
        before="class Name(str):\n    __hash__ = str.__hash__\n    def __eq__(self, other):\n        return True\n",
    ),
    "equal by an inherited method": _program(
        "if name not in [Name('ann')]:\n    raise ValueError",
        before="class Loose:\n    def __eq__(self, other):\n        return len(other) > 2\n\nclass Name(Loose):\n"
        "    def __init__(self, text):\n        self.text = text\n",
    ),
    "equal if it has the name": _program(
        "known = [Name('ann'), Name('x')]\nif name not in known:\n    raise ValueError",
        before="class Name:\n    def __init__(self, text):\n        self.text = text\n    def __eq__(self, other):\n"
        "        return other.startswith(self.text)\n",
    ),
}
SAFE = {
    "list": _program("bad = [\"'\", ';']" + REFUSE),
    "list that grows": _program("bad = [\"'\"]\nbad.append(';')\nbad.sort()" + REFUSE_IN_LOOP),
    "set of a text": _program(REFUSE_SET, before="bad = set(\"';\")\n"),
    "joined sets": _program(REFUSE_SET, before="QUOTES = {\"'\"}\nbad = QUOTES | {';'}\n"),
    "joined lists": _program(REFUSE, before="QUOTES = [\"'\"]\nbad = QUOTES + [';']\n"),
    "union": _program(REFUSE_SET, before="bad = frozenset(\"'\").union(';')\n"),
    "keys": _program(REFUSE_IN_LOOP, before="bad = {\"'\": 'quote', ';': 'end'}\n"),
    "of a class": _program(
        "for c in Rules.bad:\n    if c in name:\n        raise ValueError(name)",
        before="class Rules:\n    bad = (\"'\", ';')\n",
    ),
    "both lists": _program("bad = [\"'\", ';'] if os.environ.get('STRICT') else [\"'\"]" + REFUSE),
    "table": _program("table = {39: None}", "name.translate(table)"),
    "table with ord": _program("", "name.translate(TABLE)", before="TABLE = {ord(\"'\"): \"''\", ord(';'): None}\n"),
    "table of the class": _program(
        "", "name.translate(Rules.table)", before="class Rules:\n    table = str.maketrans({\"'\": \"''\"})\n"
    ),
    "maketrans of letters": _program("", "name.translate(TABLE)", before="TABLE = str.maketrans(\"';\", '__')\n"),
    "maketrans that removes": _program("", "name.translate(str.maketrans('', '', \"';\"))"),
    "one letter for another": _program("", DOUBLED + ".translate(str.maketrans('-', '_'))"),
    "split at another letter": _program("", DOUBLED + ".split(',')[0]"),
    "stripped of quotes": _program("", DOUBLED + ".lstrip(\"'x\")"),
    "stripped": _program("", DOUBLED + ".strip()"),
    "width": _program("doubled = " + DOUBLED + "\nshown = f'{doubled:>9}'", "shown"),
    "removed, then cut": _program("shown = '%.4s' % name.replace(\"'\", '')", "shown"),
    "put into a template": _program("shown = '%s:%s' % (" + DOUBLED + ", 1)", "shown"),
    "text around it": _program(
        "", "titled(name)", before="def titled(text):\n    if not text:\n        return ''\n    print('title')\n"
        "    return 'Dr. ' + text.replace(\"'\", \"''\") + '.'\n",
    ),
    "kept in an object": _program(
        "form = Form()\nform.name = name.replace(\"'\", '')", "form.name", before="class Form:\n    pass\n"
    ),
    "allow-list": _program("if name not in ('ann', 'bob'):\n    raise ValueError"),
}  # fmt: skip


@pytest.mark.parametrize("case", VULNERABLE)
def test_a_check_that_is_undone_is_none(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = VULNERABLE[case]
    assert _is_injectable(code, monkeypatch)
    assert "CWE-89" in {finding.rule for finding in scan(code).findings}


@pytest.mark.parametrize("case", SAFE)
def test_a_check_that_holds_is_one(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = SAFE[case]
    assert not _is_injectable(code, monkeypatch)
    assert scan(code).status is AnalysisStatus.CLEAN


PARSED = (
    HEAD
    + """
def find(body):
    con = sqlite3.connect("users.db")
    name = json.loads(body)["name"]
{0}
    return con.execute({1}).fetchall()
"""
)
SHOWN = [
    "f\"SELECT name FROM users WHERE name = '{name}'\"",
    "\"SELECT name FROM users WHERE name = '%s'\" % name",
    "\"SELECT name FROM users WHERE name = '{}'\".format(name)",
]
TESTED = [
    '    if "\'" in name:\n        raise ValueError(name)',
    '    if any(c in name for c in "\'\\\\"):\n        raise ValueError(name)',
    '    if name.count("\'"):\n        raise ValueError(name)',
]
LISTED = json.dumps({"name": ["x' OR 1=1 --"]})


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("tested", TESTED)
def test_a_list_of_json_passes_a_test_of_letters(tested: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = PARSED.format(tested, shown)
    assert _run(code, LISTED, monkeypatch)
    assert "CWE-89" in {finding.rule for finding in scan(code).findings}


@pytest.mark.parametrize("tested", TESTED)
def test_what_is_added_to_a_text_is_one(tested: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = PARSED.format(tested, '"SELECT name FROM users WHERE name = \'" + name + "\'"')
    assert not _run(code, LISTED, monkeypatch)
    assert scan(code).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("shown", SHOWN)
def test_a_text_of_json_is_tested_letter_by_letter(shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = PARSED.format('    if not isinstance(name, str) or "\'" in name:\n        raise ValueError(name)', shown)
    assert not _run(code, LISTED, monkeypatch)
    assert scan(code).status is AnalysisStatus.CLEAN
