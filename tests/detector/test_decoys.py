"""Calls that look like a check and check nothing do not silence a finding."""

import pytest

from real.detector import scan

TOKEN = """\
import base64, hashlib, hmac, json
from flask import Flask, request
app = Flask(__name__)

{before}
@app.get("/me")
def me():
    token = request.headers["Authorization"]
    {inside}
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1]))
    return {{"name": claims["name"]}}
"""
DECOYS = {
    "nothing": ("", "pass"),
    "an empty function of a good name": ("def verify_token(token):\n    return True\n", "verify_token(token)"),
    "a function that nobody calls": ("def verify(token):\n    raise ValueError(token)\n", "pass"),
    "a hash of constants": ("hmac.new(b'key', b'text', 'sha256')\n", "pass"),
    "a comparison of constants": ("", "hmac.compare_digest('a', 'a')"),
    "a variable": ("verified = True\n", "verify = hashlib.sha256"),
}


@pytest.mark.parametrize("name", DECOYS)
def test_a_token_that_is_only_said_to_be_verified(name: str) -> None:
    before, inside = DECOYS[name]
    found = {finding.rule for finding in scan(TOKEN.format(before=before, inside=inside)).findings}
    assert "CWE-347" in found


def test_a_token_that_is_verified() -> None:
    before = (
        "def check(token):\n    body, _, sent = token.rpartition('.')\n"
        "    made = hmac.new(KEY, body.encode(), 'sha256').hexdigest()\n"
        "    if not hmac.compare_digest(made, sent):\n        raise ValueError\n"
    )
    found = {finding.rule for finding in scan(TOKEN.format(before=before, inside="check(token)")).findings}
    assert "CWE-347" not in found


DELETION = """\
from flask import Flask, abort, request, session
from flask_login import current_user, login_required
app = Flask(__name__)

{before}
@app.post("/orders/<int:order_id>/delete")
@login_required
def delete_order(order_id):
    {inside}
    order = Order.query.get_or_404(order_id)
    db.session.delete(order)
    db.session.commit()
    return "gone"
"""
SERVICE = """\
{before}
class Invoices:
    def __init__(self, session):
        self.session = session
    def delete_invoice(self, user, invoice_id):
        {inside}
        invoice = self.session.get(Invoice, invoice_id)
        self.session.delete(invoice)
        self.session.commit()
"""
FORM = """\
from flask import Flask, request, session
app = Flask(__name__)

{before}
@app.post("/mail")
def mail():
    {inside}
    user = User.query.get(session["user_id"])
    user.mail = request.form["mail"]
    db.session.commit()
    return "saved"
"""


@pytest.mark.parametrize(
    ("program", "family", "before", "inside"),
    [
        (DELETION, {"CWE-862", "CWE-863"}, "", "pass"),
        (
            DELETION,
            {"CWE-862", "CWE-863"},
            "def check_owner(who, what):\n    return True\n",
            "check_owner(1, order_id)",
        ),
        (DELETION, {"CWE-862", "CWE-863"}, "", "if False:\n        abort(403)"),
        (DELETION, {"CWE-862", "CWE-863"}, "", "if current_user.is_admin:\n        pass"),
        (SERVICE, {"CWE-862", "CWE-863"}, "", "print(user)"),
        (
            SERVICE,
            {"CWE-862", "CWE-863"},
            "def authorize(who, what):\n    return True\n",
            "authorize(user, invoice_id)",
        ),
        (FORM, {"CWE-352"}, "", "csrf_token = request.form.get('csrf_token')"),
        (FORM, {"CWE-352"}, "def validate_csrf(token):\n    return True\n", "validate_csrf(request.form.get('t'))"),
    ],
)
def test_a_check_that_checks_nothing(program: str, family: set[str], before: str, inside: str) -> None:
    found = {finding.rule for finding in scan(program.format(before=before, inside=inside)).findings}
    assert found & family


EXPORT = """\
import csv, io
from flask import Flask, Response
from .models import User
app = Flask(__name__)

{before}
@app.get("/users.csv")
def users():
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for user in User.query.limit(100):
        writer.writerow([{cell}])
    return Response(buffer.getvalue())
"""


@pytest.mark.parametrize(
    ("before", "cell", "found"),
    [
        ("", "user.name", True),
        ("if input()[:1] in '=+-@':\n    print('formula')\n", "user.name", True),
        ("def clean(text):\n    return \"'\" + text if text[:1] in '=+-@' else text\n", "user.name", True),
        ("def clean(text):\n    if text[:1] in '=+-@':\n        pass\n    return text\n", "clean(user.name)", True),
        ("def clean(text):\n    return \"'\" + text if text[:1] in '=+-@' else text\n", "clean(user.name)", False),
    ],
)
def test_a_cell_whose_beginning_only_something_else_is_asked_for(before: str, cell: str, found: bool) -> None:
    rules = {finding.rule for finding in scan(EXPORT.format(before=before, cell=cell)).findings}
    assert ("CWE-74" in rules) is found


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("from flask_wtf.csrf import CSRFProtect\n", True),
        ("from flask_wtf import csrf\nprotect = csrf.CSRFProtect\n", True),
        (
            "@app.before_request\ndef look():\n    if request.form.get('csrf_token') != session['c']:\n        pass\n",
            True,
        ),
        ("from flask_wtf.csrf import CSRFProtect\nCSRFProtect(app)\n", False),
        ("from flask_wtf.csrf import CSRFProtect\ncsrf = CSRFProtect()\ncsrf.init_app(app)\n", False),
        ("from flask_wtf import csrf\ncsrf.CSRFProtect(app)\n", False),
    ],
)
def test_a_protection_that_is_not_applied(before: str, found: bool) -> None:
    rules = {finding.rule for finding in scan(FORM.format(before=before, inside="pass")).findings}
    assert ("CWE-352" in rules) is found


SOCKET = """\
from fastapi import FastAPI, WebSocket
app = FastAPI()

{before}
@app.websocket("/chat")
async def chat(websocket: WebSocket):
    user = user_of(websocket.cookies["session"])
    {inside}
    await websocket.accept()
    await serve(user, websocket)
"""


@pytest.mark.parametrize(
    ("before", "inside", "found"),
    [
        ("", "pass", True),
        ("origin = 'https://shop.example'\n", "pass", True),
        ("def origin_ok(name):\n    return name in SITES\n", "pass", True),
        ("", "websocket.headers.get('origin')", True),
        ("", "if websocket.headers.get('origin') not in SITES:\n        return", False),
    ],
)
def test_a_socket_that_only_mentions_an_origin(before: str, inside: str, found: bool) -> None:
    rules = {finding.rule for finding in scan(SOCKET.format(before=before, inside=inside)).findings}
    assert ("CWE-352" in rules) is found


ACCOUNT = """\
import bcrypt, hashlib

{before}
class Account:
    def set_password(self, password):
        {inside}
        self.stored = {stored}
"""
DIGEST = "hashlib.sha256(password.encode()).hexdigest()"


@pytest.mark.parametrize(
    ("before", "inside", "stored", "found"),
    [
        ("", "pass", DIGEST, True),
        ("bcrypt.hashpw(b'x', bcrypt.gensalt())\n", "pass", DIGEST, True),
        ("", "bcrypt.hashpw(password.encode(), bcrypt.gensalt())", DIGEST, True),
        ("", f"made = {DIGEST}", "bcrypt.hashpw(made.encode(), bcrypt.gensalt())", False),
    ],
)
def test_a_fast_hash_beside_a_slow_one_that_nobody_needs(before: str, inside: str, stored: str, found: bool) -> None:
    code = ACCOUNT.format(before=before, inside=inside, stored=stored)
    assert ("CWE-327" in {finding.rule for finding in scan(code).findings}) is found
