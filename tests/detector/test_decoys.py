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
