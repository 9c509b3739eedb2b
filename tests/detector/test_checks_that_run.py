"""When a check counts: it has run, whichever function it was, and nothing brings back what is gone."""

import pytest

from real.detector import scan

VULNERABLE = {
    "a_library_function_or_ours": """
import sqlite3
try:
    from textwrap import dedent as clean
except ImportError:
    def clean(x): return str(int(x))
def find(db, x):
    return db.execute("SELECT * FROM t WHERE id = '" + clean(x) + "'")
""",
    "one_of_two_checks": """
import sqlite3
def strict(n):
    if "'" in n: raise ValueError
def loose(n): return n
M = {"s": strict, "l": loose}
def find(cur: sqlite3.Cursor, n, mode):
    M[mode](n)
    cur.execute("SELECT * FROM t WHERE n = '" + n + "'")
""",
    "a_check_of_one_of_two_classes": """
import sqlite3
class A:
    def check(self, n):
        if "'" in n: raise ValueError
class B:
    def check(self, n): return n
def find(cur: sqlite3.Cursor, n, strict):
    v = A() if strict else B()
    v.check(n)
    cur.execute("SELECT * FROM t WHERE n = '" + n + "'")
""",
    "a_coroutine_nobody_awaits": """
import sqlite3
async def check(v):
    if "'" in v: raise ValueError
def find(cur: sqlite3.Cursor, x):
    check(x)
    cur.execute("SELECT * FROM t WHERE n = '" + x + "'")
""",
    "a_generator_nobody_iterates": """
import sqlite3
def check(v):
    if "'" in v: raise ValueError
    yield v
def find(cur: sqlite3.Cursor, x):
    check(x)
    cur.execute("SELECT * FROM t WHERE n = '" + x + "'")
""",
    "a_coroutine_as_a_condition": """
import sqlite3
async def is_ok(v): return v.isalnum()
def find(cur: sqlite3.Cursor, x):
    if is_ok(x):
        cur.execute("SELECT * FROM t WHERE n = '" + x + "'")
""",
    "an_endpoint_that_does_not_await": """
import requests
from fastapi import FastAPI, HTTPException
app = FastAPI()
ALLOWED = {"a.example"}
async def validate(url: str):
    from urllib.parse import urlparse
    if urlparse(url).hostname not in ALLOWED:
        raise HTTPException(400)
@app.get("/f")
async def f(url: str):
    validate(url)
    return requests.get(url, timeout=5).text
""",
    "a_quote_between_letters": """
import sqlite3
def find(cur: sqlite3.Cursor, x):
    y = "'".join(c for c in x if c != "'")
    cur.execute("SELECT * FROM t WHERE n = '" + y + "'")
""",
    "a_quote_between_printed_texts": """
import sqlite3, io
def find(cur: sqlite3.Cursor, a, b):
    buf = io.StringIO()
    print(a.replace("'", "''"), b.replace("'", "''"), sep="'", file=buf)
    cur.execute("SELECT * FROM t WHERE n = '" + buf.getvalue() + "'")
""",
    "a_doubled_quote_written_over": """
import sqlite3, io
def find(cur: sqlite3.Cursor, x):
    buf = io.StringIO()
    buf.write(x.replace("'", "''")); buf.seek(1); buf.write("a")
    cur.execute("SELECT * FROM t WHERE n = '" + buf.getvalue() + "'")
""",
    "stored_by_object_setattr": """
import sqlite3
class Q: pass
def find(cur: sqlite3.Cursor, x):
    q = Q()
    q.name = x.replace("'", "")
    object.__setattr__(q, "name", x)
    cur.execute("SELECT * FROM t WHERE n = '" + q.name + "'")
""",
    "stored_through_vars": """
import sqlite3
class Q: pass
def find(cur: sqlite3.Cursor, x):
    q = Q()
    q.name = x.replace("'", "")
    vars(q).update(name=x)
    cur.execute("SELECT * FROM t WHERE n = '" + q.name + "'")
""",
    "another_attribute_is_read": """
import sqlite3
class Q:
    def __init__(self, raw):
        self.raw = raw
        self.name = raw.replace("'", "")
    def __getattribute__(self, n):
        return object.__getattribute__(self, "raw")
def find(cur: sqlite3.Cursor, x):
    q = Q(x)
    cur.execute("SELECT * FROM t WHERE n = '" + q.name + "'")
""",
    "words_where_letters_are_tested": """
import sqlite3, sys
def only(names):
    out = ""
    for c in names:
        if c not in "'\\\\\\"":
            out += c
    return out
def find(cur: sqlite3.Cursor):
    cur.execute("SELECT * FROM t WHERE n = '" + only(sys.argv[1:]) + "'")
""",
}

SAFE = {
    "letters_without_quotes": """
import sqlite3
def find(cur: sqlite3.Cursor, x):
    y = "".join(c for c in x if c != "'")
    cur.execute("SELECT * FROM t WHERE n = '" + y + "'")
""",
    "a_coroutine_that_is_awaited": """
import sqlite3
async def check(v):
    if "'" in v: raise ValueError
async def find(cur: sqlite3.Cursor, x):
    await check(x)
    cur.execute("SELECT * FROM t WHERE n = '" + x + "'")
""",
    "printed_into_a_buffer": """
import sqlite3, io
def find(cur: sqlite3.Cursor, x):
    buf = io.StringIO()
    print(x.replace("'", "''"), end="", file=buf)
    cur.execute("SELECT * FROM t WHERE n = '" + buf.getvalue() + "'")
""",
    "kept_by_an_object": """
import sqlite3
class Q:
    def __init__(self, x):
        self.name = x.replace("'", "''")
    def __str__(self): return self.name
def find(cur: sqlite3.Cursor, x):
    cur.execute(f"SELECT * FROM t WHERE n = '{Q(x)}'")
""",
    "two_checks_that_both_refuse": """
import sqlite3
def one(n):
    if "'" in n: raise ValueError
def two(n):
    if "'" in n or ";" in n: raise ValueError
M = {"s": one, "l": two}
def find(cur: sqlite3.Cursor, n, mode):
    M[mode](n)
    cur.execute("SELECT * FROM t WHERE n = '" + n + "'")
""",
}


@pytest.mark.parametrize("name", VULNERABLE)
def test_a_check_that_proves_nothing(name: str) -> None:
    assert {finding.rule for finding in scan(VULNERABLE[name]).findings} & {"CWE-89", "CWE-918"}


@pytest.mark.parametrize("name", SAFE)
def test_a_check_that_counts(name: str) -> None:
    found = scan(SAFE[name])
    assert (found.status.value, found.unseen) == ("clean", ())


RECORD = """
import logging
from flask import Flask, abort
from flask_login import current_user, login_required
from shop.models import Order, db
app = Flask(__name__)
log = logging.getLogger(__name__)

def owns(user, order):
    return order.owner_id == user.id

@app.delete("/orders/<int:number>")
@login_required
def delete(number):
    order = Order.query.get_or_404(number)
{0}
    db.session.delete(order)
    db.session.commit()
    return ""
"""
SHOWN_ONLY = [
    "    allowed = owns(current_user, order)\n    logging.info('may delete: %s', allowed)",
    "    app.logger.info(f'{number} is of {current_user.id}: {owns(current_user, order)}')",
    "    same = order.owner_id == current_user.id\n    print('same', same)",
    "    allowed = current_user.has_permission('delete')\n    log.debug('allowed: %s' % allowed)",
]
DECIDING = [
    "    allowed = owns(current_user, order)\n    logging.info('may delete: %s', allowed)\n    if not allowed:\n"
    "        abort(403)",
    "    if not owns(current_user, order):\n        log.warning('refused')\n        abort(403)",
    "    same = order.owner_id == current_user.id\n    print('same', same)\n    if not same:\n        abort(404)",
]


@pytest.mark.parametrize("lines", SHOWN_ONLY)
def test_an_answer_that_only_a_log_reads_decides_nothing(lines: str) -> None:
    assert "CWE-863" in {finding.rule for finding in scan(RECORD.format(lines)).findings}


@pytest.mark.parametrize("lines", DECIDING)
def test_an_answer_that_is_logged_and_read_decides(lines: str) -> None:
    assert not scan(RECORD.format(lines)).findings


ADMIN = """
import sqlite3
from fastapi import FastAPI, HTTPException, Request
app = FastAPI()

{1}

@app.delete("/admin/users/{{number}}")
async def remove(number: int, request: Request):
    {0}
    sqlite3.connect("a.db").execute("DELETE FROM users WHERE id = ?", (number,))
"""
COROUTINE = """
async def require_admin(request):
    if request.session.get("role") != "admin":
        raise HTTPException(403)
"""
GENERATOR = COROUTINE.replace("async def", "def") + "    yield request\n"


@pytest.mark.parametrize(
    ("call", "helper"),
    [
        ("require_admin(request)", COROUTINE),
        ("checked = require_admin(request)", COROUTINE),
        ("require_admin(request)", GENERATOR),
    ],
)
def test_a_check_of_the_caller_that_does_not_run_is_none(call: str, helper: str) -> None:
    assert {finding.rule for finding in scan(ADMIN.format(call, helper)).findings} & {"CWE-862", "CWE-863"}


@pytest.mark.parametrize(
    ("call", "helper"),
    [
        ("await require_admin(request)", COROUTINE),
        ("checked = require_admin(request)\n    await checked", COROUTINE),
        ("require_admin(request)", COROUTINE.replace("async def", "def")),
        ("next(require_admin(request))", GENERATOR),
    ],
)
def test_a_check_of_the_caller_that_runs_is_one(call: str, helper: str) -> None:
    assert not scan(ADMIN.format(call, helper)).findings
