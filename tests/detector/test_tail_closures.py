"""What an inner function does that is called once at the end counts as its outer function's."""

import ast
from textwrap import dedent

import pytest

from real.detector import scan
from real.detector.frontend.normalise.tail_closures import open_tail_closures
from real.types import AnalysisStatus

VULNERABLE = {
    "a URL handed back": """
        from urllib.parse import urlparse
        def checked(address: str):
            def build():
                parts = urlparse(address)
                return parts.geturl()
            return build()
    """,
    "an effect of an endpoint": """
        from flask import Flask, request
        import sqlite3
        app = Flask(__name__)
        @app.get("/find")
        def find():
            name = request.args["name"]
            def run():
                def rows():
                    return sqlite3.connect("a.db").execute(f"SELECT * FROM t WHERE n = '{name}'").fetchall()
                return rows()
            return run()
    """,
    "a command": """
        import os
        def show(folder: str):
            def call():
                os.system("ls " + folder)
            return call()
    """,
}
SAFE = {
    "the outer function tests": """
        from urllib.parse import urlparse
        def checked(address: str):
            if urlparse(address).hostname not in {"api.example.com"}:
                raise ValueError(address)
            def build():
                return urlparse(address).geturl()
            return build()
    """,
    "the inner function tests": """
        from urllib.parse import urlparse
        def checked(address: str):
            def build():
                parts = urlparse(address)
                if parts.hostname not in {"api.example.com"}:
                    return None
                return parts.geturl()
            return build()
    """,
    "a list of arguments": """
        import subprocess
        def show(folder: str):
            def call():
                return subprocess.run(["ls", "--", folder], check=True)
            return call()
    """,
}


@pytest.mark.parametrize("name", VULNERABLE)
def test_vulnerable(name):
    assert scan(dedent(VULNERABLE[name])).status is AnalysisStatus.FINDINGS


@pytest.mark.parametrize("name", SAFE)
def test_safe(name):
    assert scan(dedent(SAFE[name])).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize(
    "code",
    [
        "def f(a):\n    def g():\n        a = 1\n        return a\n    return g()",  # another name in it
        "def f(a):\n    use(query)\n    def g():\n        query = 'x'\n        return query\n    return g()",
        "def f(a):\n    def h():\n        return b\n    def g():\n        b = h()\n        return b\n    return g()",
        "def f(a):\n    p = e(a)\n    def g():\n        from html import e\n        return p + e(a)\n    return g()",
        "def f(a):\n    def g():\n        yield a\n    return g()",
        "def f(a):\n    def g(b=a):\n        return b\n    return g()",
        "def f(a):\n    def g():\n        return a\n    return g",
        "def f(a):\n    def g():\n        return g\n    return g()",
        "def f(a):\n    @cached\n    def g():\n        return a\n    return g()",
        "def f(a):\n    n = 0\n    def g():\n        nonlocal n\n        n += a\n        return n\n    return g()",
        "def f(a):\n    async def g():\n        return a\n    return g()",
        "def f(a):\n    with a:\n        def g():\n            return a\n        return g()",
    ],
)
def test_what_means_something_else_stays(code):
    tree = ast.parse(code)
    open_tail_closures(tree)
    assert ast.unparse(tree) == ast.unparse(ast.parse(code))
