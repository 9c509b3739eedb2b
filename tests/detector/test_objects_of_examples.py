"""What a call of the program passes for a parameter of a public function: one of the things that it may be."""

import textwrap

import pytest

from real.detector import scan

FETCHING = [
    """
    import asyncio, aiohttp

    async def fetch(session, url):
        {0}
        async with session.get(url) as response:
            return await response.text()

    async def fetch_all(urls):
        async with aiohttp.ClientSession() as session:
            return await asyncio.gather(*(fetch(session, url) for url in urls))
    """,
    """
    import httpx

    async def send(client, url, payload):
        {0}
        response = await client.post(url, json=payload)
        return response.status_code

    async def notify(url, payload):
        async with httpx.AsyncClient() as client:
            codes = [await send(client, url, part) for part in payload]
        return codes
    """,
    """
    import requests

    class Client:
        def __init__(self, session):
            self.session = session

        def load(self, url):
            {0}
            reply = self.session.get(url, timeout=5)
            return reply.json()

    def main():
        for url in ("https://api.example.com/a",):
            print(Client(requests.Session()).load(url))
    """,
]
TESTED = 'if not url.startswith("https://api.example.com/"):\n{0}    raise ValueError(url)'
NO_CLIENT = """
import requests

class Settings:
    def __init__(self, values):
        self.values = values

    def find(self, url):
        found = self.values.get(url)
        return found

def lookup(store, url):
    for part in url.split("/"):
        store.get(part)
    return store.get(url)

def main():
    requests.get("https://api.example.com/")
    print(Settings({"a": 1}).find("a"), lookup({"b": 2}, "b"))
"""


def _rules(code: str) -> set[str]:
    return {finding.rule for finding in scan(textwrap.dedent(code)).findings}


@pytest.mark.parametrize("code", FETCHING)
def test_a_client_that_is_passed_is_one(code):
    blanks = " " * (code.index("{0}") - code.rindex("\n", 0, code.index("{0}")) - 1)
    assert "CWE-918" in _rules(code.format("pass"))
    assert not _rules(code.format(TESTED.format(blanks)))


def test_what_nobody_passes_a_client_for_is_none():
    assert not _rules(NO_CLIENT)


PAGES = """
from html import escape
from flask import Flask, request
app = Flask(__name__)


def layout(title, body):
    head = f"<title>{{title}}</title>"
    if not body:
        body = "<p>nothing</p>"
    return f"<html>{{head}}<body>{{body}}</body></html>"


@app.route("/")
def hello():
    name = request.args.get("name", "")
    return layout("Hello", "<p>" + {0} + "</p>")
"""


def test_a_helper_that_views_fill_is_no_page_of_its_own():
    assert not _rules(PAGES.format("escape(name)"))
    assert "CWE-79" in _rules(PAGES.format("name"))
    assert "CWE-79" in _rules(PAGES.format("escape(name)").partition("@app")[0])
