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


FLASK_PAGE = "notes = {}\n@page.delete('/n/<key>')\ndef drop(key):\n    del notes[key]\n    return ''\n"
NEXT_TO = "@page.delete('/u/<key>')\n@login_required\ndef drop_user(key):\n    del notes[key]\n    return ''\n"
DJANGO_VIEW = "from django.http import HttpResponse\n"
DJANGO_DROP = "def delete_note(request, pk):\n    Note.objects.get(pk=pk).delete()\n    return HttpResponse('')\n"
NOTES = "from .models import Note\n"
SIBLING = "@login_required\ndef show(request, pk):\n    return HttpResponse(request.user.notes.get(pk=pk).text)\n"
HANDLER = "class Drop({base}):\n    def delete(self, key):\n        del self.application.notes[key]\n"
MISSING = {
    "the application is made here": ("medium", f"import flask\npage = flask.Flask(__name__)\n{FLASK_PAGE}"),
    "the blueprint is included elsewhere": (
        "low",
        f"import flask\npage = flask.Blueprint('n', __name__)\n{FLASK_PAGE}",
    ),
    "the application comes from elsewhere": ("low", f"import flask\nfrom .app import app as page\n{FLASK_PAGE}"),
    "others of the file say whom they let pass": (
        "medium",
        f"import flask\nfrom flask_login import login_required\nfrom .app import app as page\n{FLASK_PAGE}{NEXT_TO}",
    ),
    "addresses are elsewhere": ("low", f"{DJANGO_VIEW}{NOTES}{DJANGO_DROP}"),
    "addresses are elsewhere, and others say whom they let pass": (
        "medium",
        f"from django.contrib.auth.decorators import login_required\n{DJANGO_VIEW}{NOTES}{DJANGO_DROP}{SIBLING}",
    ),
    "a handler of tornado": (
        "medium",
        f"from tornado.web import RequestHandler\n{HANDLER.format(base='RequestHandler')}",
    ),
    "a handler whose base is elsewhere": (
        "low",
        f"import tornado.web\nfrom .base import BaseHandler\n{HANDLER.format(base='BaseHandler')}",
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_a_missing_check_says_much_only_where_it_would_be_in_sight(what: str) -> None:
    expected, code = MISSING[what]
    found = [finding for finding in scan(code).findings if finding.rule in ("CWE-862", "CWE-863")]
    assert [finding.confidence.value for finding in found][:1] == [expected], scan(code)


REDIRECT = "from django.shortcuts import redirect\n"
LED = {
    "a query": ("high", f"{REDIRECT}def go(request):\n    return redirect(request.GET['next'])\n"),
    "what unseen code makes of the request": (
        "low",
        f"{REDIRECT}from .urls import target\ndef go(request):\n    return redirect(target(request))\n",
    ),
    "what unseen code makes of the user": (
        "low",
        "from aiohttp import web\nfrom .urls import home\nasync def go(request):\n"
        "    raise web.HTTPFound(home(request.app, request))\napp = web.Application()\napp.router.add_get('/', go)\n",
    ),
    "a part of the path": ("low", f"{REDIRECT}def go(request, target):\n    return redirect(target)\n"),
    "a field that a form of another file validates": (
        "low",
        f"{REDIRECT}from .forms import Login\ndef go(request):\n    form = Login(request.POST)\n"
        "    return redirect(form.cleaned_data['next'])\n",
    ),
    "a field that a form of this file leaves as it is": (
        "high",
        f"{REDIRECT}from django import forms\nclass Login(forms.Form):\n    next = forms.CharField()\n"
        "def go(request):\n    form = Login(request.POST)\n    return redirect(form.cleaned_data['next'])\n",
    ),
}


@pytest.mark.parametrize("what", LED)
def test_an_address_that_unseen_code_decides_is_doubtful(what: str) -> None:
    expected, code = LED[what]
    found = [finding for finding in scan(code).findings if finding.rule == "CWE-601"]
    assert [finding.confidence.value for finding in found] == [expected], scan(code)


VAGUE = "def prefix(self_or_page, signature):\n    return 'def '\n"


def test_a_signature_needs_cryptography_or_a_request_to_be_more_than_a_word() -> None:
    for imported, expected in (("import hmac\n", "high"), ("import ast\n", "low")):
        found = scan(f"{imported}{VAGUE}").findings
        assert [(one.rule, one.confidence.value) for one in found] == [("CWE-347", expected)]


@pytest.mark.parametrize(
    ("pattern", "is_slow"),
    [
        (r'\s+|(".*?")', False),  # the quote that another start needs ends the run of the first
        (r"<!--.*?-->", True),
        (r"/\*.*?\*/", True),
        (r"(^([^/]+:)?//)/*", False),  # only one start
        (r"((?m:^)([^/]+:)?//)/*", True),
    ],
)
def test_a_search_is_slow_only_where_many_starts_run_on(pattern: str, is_slow: bool) -> None:
    found = scan(f"import re\ndef f(text):\n    return re.search({pattern!r}, text)\n").findings
    assert (["CWE-1333"] if is_slow else []) == [finding.rule for finding in found]


@pytest.mark.parametrize(
    ("name", "is_told"),
    [("access_token", True), ("token_expires_in", False), ("allow_password_change", False), ("password", True)],
)
def test_what_is_said_of_a_secret_is_none(name: str, is_told: bool) -> None:
    view = f"{FLASK}@app.get('/me')\ndef me():\n    user = load()\n    return {{'a': user.{name}}}\n"
    assert is_told is any(finding.rule == "CWE-200" for finding in scan(view).findings)


HASHES = {
    "the name of a file": ("low", "def file_name(url):\n    return hashlib.sha1(url.encode()).hexdigest() + '.jpg'\n"),
    "an ETag": (
        "low",
        "def etag(parts):\n    made = hashlib.md5()\n    made.update(parts)\n    return made.digest()\n",
    ),
    "the key of a cache": (
        "low",
        "def cached(args):\n    key = hashlib.new('md5', args)\n    return CACHE[key.digest()]\n",
    ),
    "a password": ("high", "def store(password):\n    return hashlib.sha1(password.encode()).hexdigest()\n"),
    "a checksum": ("high", "def has_changed(data, checksum):\n    return hashlib.md5(data).hexdigest() != checksum\n"),
    "a token": ("high", "def made(user):\n    token = hashlib.new('sha1', user).hexdigest()\n    return token\n"),
}


@pytest.mark.parametrize("what", HASHES)
def test_a_broken_hash_is_told_where_it_protects_something(what: str) -> None:
    expected, code = HASHES[what]
    found = [finding for finding in scan(f"import hashlib\n{code}").findings if finding.rule == "CWE-327"]
    assert [finding.confidence.value for finding in found] == [expected]


@pytest.mark.parametrize(
    ("imported", "expected"),
    [("django.views.generic", "medium"), ("shop.backoffice.generic", "low"), (".generic", "low")],
)
def test_a_base_of_another_file_may_ask_who_comes(imported: str, expected: str) -> None:
    code = (
        "from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.shortcuts import render\n"
        f"from django.views.generic import ListView\nfrom {imported} import DeleteView\n"
        "class Orders(LoginRequiredMixin, ListView):\n"
        "    def get(self, request):\n        return render(request, 'a')\n"
        "class OrderDelete(DeleteView):\n    model = 'Order'\n"
    )
    assert [found.confidence.value for found in scan(code).findings if found.rule == "CWE-862"] == [expected]
