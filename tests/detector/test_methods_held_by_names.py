"""Methods and records that reach an operation by another name: a variable, a partial, a parameter of a helper."""

import textwrap

import pytest

from real.detector import scan

GROWING = [
    "def log(user, text):\n    add = events.append\n    add((user, text))\n",
    "from functools import partial\ndef log(user, text):\n    push = partial(events.append, text)\n    push()\n",
    "def log(user, text):\n    for write in (events.extend,):\n        print(write)\n    write = events.extend\n"
    "    write([user, text])\n",
]
BOUNDED = [
    "def log(user, text):\n    add = events.append\n    if len(events) < 100:\n        add((user, text))\n",
    "def log(user, text):\n    shown = list(events)\n    add = shown.append\n    add((user, text))\n    return shown\n",
    "def log(user, text):\n    count = events.count\n    return count((user, text))\n",
]


def _rules(code: str) -> set[str]:
    return {finding.rule for finding in scan(textwrap.dedent(code)).findings}


@pytest.mark.parametrize("code", GROWING)
def test_a_container_grows_by_its_method_under_another_name(code):
    assert "CWE-770" in _rules("events = []\n" + code)


@pytest.mark.parametrize("code", BOUNDED)
def test_what_is_bounded_or_private_does_not(code):
    assert not _rules("events = []\n" + code)


SHOWN = [
    """
    class Formatter:
        def __init__(self, template):
            self.template = {0}

        def line(self, employee):
            return self.template.format(employee=employee)

    def report(template):
        formatter = Formatter(template)
        return [formatter.line(e) for e in employees]
    """,
    """
    def report(template, dept):
        line = lambda e: {0}.format(employee=e)
        return "\\n".join(map(line, filter(lambda e: e.dept == dept, employees)))
    """,
    """
    def line(template, employee):
        return {0}.format(employee)

    def report(template):
        for employee in sorted(employees):
            print(line(template, employee))
    """,
]


@pytest.mark.parametrize("code", SHOWN)
def test_a_record_that_a_helper_formats(code):
    assert "CWE-200" in _rules(code.format("template"))
    assert "CWE-200" not in _rules(code.format("'{{0}} {{employee}}'"))


IGNORED = """
PROJECTS = {{}}

def is_valid(value):
    return {0}

def remove(acting_user_id: int, project_id: int, member_id: int):
    {1}
    PROJECTS[project_id]["members"].remove(member_id)
"""
ANSWERS = ["bool(value)", "isinstance(value, int)", "value.isdigit()", "any(value == m for m in PROJECTS)"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_nobody_asks_for_decides_nothing(answer):
    assert _rules(IGNORED.format(answer, "is_valid(acting_user_id)")) & {"CWE-862", "CWE-863"}


def test_an_answer_that_decides():
    test = "if not any(acting_user_id == m for m in PROJECTS[project_id]['admins']):\n        raise PermissionError"
    assert not _rules(IGNORED.format("bool(value)", test))


GENERATED = """
import requests
from urllib.parse import urlparse

def chosen(urls):
    for url in urls:
        {0}yield url

def load(urls):
    return [requests.get(url, timeout=5).text for url in chosen(urls)]
"""
NAMED = [
    "if url.startswith('https://api.example.com/'):\n            ",
    "if urlparse(url).hostname not in {'api.example.com'}:\n            continue\n        ",
    "if urlparse(url).hostname == 'api.example.com':\n            ",
]
NOT_NAMED = ["", "if url:\n            ", "if urlparse(url).scheme == 'https':\n            "]


@pytest.mark.parametrize("test", NAMED)
def test_a_generator_that_gives_only_known_hosts(test):
    assert not _rules(GENERATED.format(test))


@pytest.mark.parametrize("test", NOT_NAMED)
def test_a_generator_that_gives_any_host(test):
    assert "CWE-918" in _rules(GENERATED.format(test))


PAGES = """
from html import escape
from string import Template
from flask import Flask, request
app = Flask(__name__)
PAGE = Template("{0}")

class View:
    page = Template("{0}")

@app.get("/")
def index():
    name = request.args.get("name", "you")
    return {1}
"""
FILLED = ["PAGE.substitute(name={0})", "View.page.safe_substitute({{'name': {0}}})", "PAGE.substitute(dict(name={0}))"]


@pytest.mark.parametrize("filled", FILLED)
def test_a_template_of_the_module_is_a_page(filled):
    assert "CWE-79" in _rules(PAGES.format("<h1>Hello $name</h1>", filled.format("name")))
    assert not _rules(PAGES.format("<h1>Hello $name</h1>", filled.format("escape(name)")))
