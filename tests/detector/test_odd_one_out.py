"""CWE-862: the one endpoint of a router, a class or a file that does not ask who comes, where all others do."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from real.detector import scan

View: TypeAlias = tuple[str, str, bool]  # name, body, whether it asks who comes
Writer: TypeAlias = Callable[..., str]
FLASK = """from flask import Blueprint, request
from .auth import require_token
from .store import Store
api = Blueprint("jobs", __name__)
store = Store()

"""
FASTAPI = """from fastapi import APIRouter, Depends
from .auth import current_user
from .store import store
router = APIRouter()

"""
TORNADO = """from tornado.web import RequestHandler, authenticated
from .store import store


class Jobs(RequestHandler):
"""


def flask(*views: View) -> str:
    found = [
        [f"@api.get('/jobs/<key>/{name}')", *["@require_token"] * asks, f"def {name}(key):", f"    {body}", ""]
        for name, body, asks in views
    ]
    return FLASK + "\n".join(line for lines in found for line in lines) + "\n"


def fastapi(*views: View) -> str:
    return FASTAPI + "".join(
        f"@router.get('/jobs/{{key}}/{name}')\n"
        f"def {name}(key: str{', user=Depends(current_user)' if asks else ''}):\n    {body}\n\n"
        for name, body, asks in views
    )


def tornado(*views: View) -> str:
    verbs = zip(("get", "head", "options", "post"), views, strict=True)
    found = [
        [*["    @authenticated"] * asks, f"    def {verb}(self, key):", f"        {body}", ""]
        for verb, (_, body, asks) in verbs
    ]
    return TORNADO + "\n".join(line for lines in found for line in lines) + "\n"


READS = "return store.read(key)"
OTHERS = (("state", READS, True), ("owner", READS, True), ("start", READS, True))


def told(code: str) -> list[str]:
    return [finding.message for finding in scan(code, select=["CWE-862"]).findings]


@pytest.mark.parametrize("write", [flask, fastapi])
def test_the_odd_one_is_told(write: Writer) -> None:
    (message,) = told(write(*OTHERS, ("log", "return store.read_log(key)", False)))
    assert "log() hands out the record to whoever asks" in message
    assert "all 3 endpoints beside it ask" in message


@pytest.mark.parametrize("write", [flask, fastapi])
@pytest.mark.parametrize(
    "views",
    [
        (*OTHERS, ("log", READS, True)),
        (*OTHERS[:2], ("log", READS, False)),  # two are no rule
        (*OTHERS, ("log", READS, False), ("files", READS, False)),
        (*OTHERS, ("health", READS, False)),
        (*OTHERS, ("log", "return 'none yet'", False)),
        (*OTHERS, ("log", "return key.upper()", False)),
    ],
)
def test_others_are_not(write: Writer, views: tuple[View, ...]) -> None:
    assert told(write(*views)) == []


def test_a_method_of_a_class() -> None:
    body = "self.write(store[key])"
    others = [(name, body, True) for name in ("a", "b", "c")]
    assert told(tornado(*others, ("d", body, True))) == []


def test_a_hook_with_a_decorator_that_asks() -> None:
    hook = "from flask_login import login_required\n@api.before_request\n@login_required\ndef guard():\n    pass\n\n"
    body = "store.delete(key)\n    return ''"
    others = flask(("state", READS, True), ("drop", body, False))
    assert told(others)
    assert not told(others + hook)
