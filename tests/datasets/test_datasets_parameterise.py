"""Parameter binding put into programs that paste input into SQL."""

import pytest

from real import detector
from real.datasets.parameterise import Plan, parameterise
from real.datasets.parameterise.schema import Schema, schema
from real.datasets.parameterise.transform import PLANS, UnsupportedQueryError
from real.datasets.syntax import parse
from real.sqltext.sql_slots import Place, place_of
from real.sqltext.string_parts import Hole, Text, pieces
from real.types import AnalysisStatus, ScriptSuite, StdinCase

DATABASE = """
import sqlite3
conn = sqlite3.connect("t.db")
conn.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price REAL, kind VARCHAR(20))")
rows = [(1, "bolt", 0.5, "a"), (2, "nut", 2, "a"), (3, "O'Neil", 9, "b")]
conn.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
conn.commit()
conn.close()
"""
HEAD = 'import sqlite3\nconn = sqlite3.connect("t.db")\ncur = conn.cursor()\n'
TAIL = "\nfor row in cur.fetchall():\n    print(row)\n"

SCRIPTS = {
    "an f-string": ("""n = input()\ncur.execute(f"SELECT name FROM items WHERE name = '{n}'")""", "nut", "('nut',)"),
    "percent signs": ("""n = input()\ncur.execute("SELECT id FROM items WHERE name = '%s'" % n)""", "bolt", "(1,)"),
    "format": (
        """n = input()\nq = "SELECT id FROM items WHERE name = '{}'".format(n)\ncur.execute(q)""",
        "nut",
        "(2,)",
    ),
    "a sum of texts": (
        """n = input()\nq = "SELECT id FROM items WHERE name = '" + n + "'"\ncur.execute(q)""",
        "nut",
        "(2,)",
    ),
    "LIKE": ("""n = input()\ncur.execute(f"SELECT id FROM items WHERE name LIKE '%{n}%'")""", "ol", "(1,)"),
    "a part in a variable": (
        """n, p = input(), input()\nw = f"name = '{n}' AND price > {p}"\n"""
        """q = f"SELECT id FROM items WHERE {w}"\ncur.execute(q)""",
        "nut\n1",
        "(2,)",
    ),
    "added to step by step": (
        """k, p = input(), input()\nq = "SELECT id FROM items WHERE 1 = 1"\nif k:\n    q += f" AND kind = '{k}'"\n"""
        """if p:\n    q += " AND price < " + p\ncur.execute(q)""",
        "a\n1",
        "(1,)",
    ),
    "between": (
        """a, b = input(), input()\ncur.execute(f"SELECT id FROM items WHERE price BETWEEN {a} AND {b}")""",
        "1\n3",
        "(2,)",
    ),
    "beside values of its own": (
        """k, n = input(), input()\ncur.execute(f"SELECT id FROM items WHERE kind = ? AND name = '{n}'", (k,))""",
        "a\nnut",
        "(2,)",
    ),
    "a sort key": (
        """c = input()\ncur.execute(f"SELECT id FROM items WHERE price < 3 ORDER BY {c} DESC")""",
        "price",
        "(2,)\n(1,)",
    ),
    "a direction": ("""d = input()\ncur.execute(f"SELECT id FROM items ORDER BY id {d} LIMIT 1")""", "desc", "(3,)"),
    "a list": (
        """i = input()\ncur.execute(f"SELECT name FROM items WHERE id IN ({i})")""",
        "1, 2",
        "('bolt',)\n('nut',)",
    ),
    "a limit": ("""n = input()\ncur.execute(f"SELECT id FROM items LIMIT {n}")""", "1", "(1,)"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bound_script_answers_the_same_and_the_detector_is_silent(runner, name):
    body, stdin, expected = SCRIPTS[name]
    code = HEAD + body + TAIL
    suite = ScriptSuite((StdinCase(stdin, expected),), DATABASE)
    assert detector.scan(code).status is AnalysisStatus.FINDINGS
    assert not runner.failures(code, suite)
    good = []
    for plan in PLANS:
        bound = parameterise(code, schema(DATABASE), plan)
        if detector.scan(bound).status is AnalysisStatus.CLEAN and not runner.failures(bound, suite):
            good.append(bound)
    assert good


def test_a_quote_in_the_input_is_a_value(runner):
    code = HEAD + """n = input()\ncur.execute(f"SELECT id FROM items WHERE name = '{n}'")""" + TAIL
    suite = ScriptSuite((StdinCase("O'Neil", "(3,)"), StdinCase("x' OR '1'='1", "")), DATABASE)
    assert runner.failures(code, suite)
    assert not runner.failures(parameterise(code, schema(DATABASE), Plan()), suite)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("""c = input()\ncur.execute(f"SELECT id FROM items WHERE {c}")""", "a whole clause"),
        ("""c = input()\ncur.execute("SELECT id FROM items WHERE name = '" + c)""", "a quote is left open"),
        ("print(1)", "no call of execute"),
    ],
)
def test_what_is_not_understood_is_refused(body, reason):
    with pytest.raises(UnsupportedQueryError, match=reason):
        parameterise(HEAD + body, schema(DATABASE), Plan())


def test_the_names_of_a_database_are_read_from_its_script():
    assert schema(DATABASE) == Schema(("items",), ("id", "name", "price", "kind"))


def test_texts_are_taken_apart():
    expr = parse("""f"a {x} b" + y + "%s!" % z""").body[0].value
    shown = [part.text if isinstance(part, Text) else part.expr.id for part in pieces(expr) if part != Text("")]
    assert shown == ["a ", "x", " b", "y", "z", "!"]
    assert isinstance(pieces(parse("g(x)").body[0].value)[0], Hole)


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("SELECT * FROM t WHERE a = ", "", Place.VALUE),
        ("SELECT * FROM t WHERE a BETWEEN 0 AND ", "", Place.VALUE),
        ("SELECT * FROM ", " WHERE a = 1", Place.TABLE),
        ("SELECT ", " FROM t", Place.COLUMN),
        ("SELECT * FROM t ORDER BY ", "", Place.COLUMN),
        ("SELECT * FROM t ORDER BY 0 ", "", Place.DIRECTION),
        ("SELECT * FROM t WHERE price ", " 0", Place.OPERATOR),
        ("SELECT * FROM t WHERE a = 1 AND ", "", Place.CLAUSE),
        ("SELECT * FROM t WHERE a IN (", ")", Place.LIST),
        ("SELECT * FROM t LIMIT ", "", Place.VALUE),
    ],
)
def test_the_place_of_a_value_is_told_by_the_words_around_it(before, after, place):
    assert place_of(before, after) is place
