"""Injections in code as anybody would write it, each beside code of the same form that is safe."""

import textwrap

import pytest

from real.detector import scan


def _cwes(code: str) -> set[str]:
    return {finding.rule for finding in scan(textwrap.dedent(code)).findings}


def _query(value: str, before: str = "") -> str:
    head = f"import io, shlex, sqlite3, string, urllib.parse\n{before}\n\ndef get_user(name, other):\n"
    body = f"""con = sqlite3.connect("x.db")
return con.execute("SELECT * FROM users WHERE name = '" + {value} + "'").fetchall()
"""
    return head + textwrap.indent(body, "    ")


FILTERED = [
    '"".join(filter(lambda c: c != ";", name))',
    '"".join(filter(lambda c: c in string.printable, name))',
    '"".join(list(filter(lambda c: not c.isspace(), name)))',
]
FILTERED_WELL = [
    '"".join(filter(lambda c: c in "abcdef", name))',
    '"".join(filter(lambda c: c.isalnum(), name))',
    '"".join(filter(str.isalnum, name))',
]


@pytest.mark.parametrize("value", FILTERED)
def test_a_filter_that_keeps_quotes(value):
    assert "CWE-89" in _cwes(_query(value))


@pytest.mark.parametrize("value", FILTERED_WELL)
def test_a_filter_that_keeps_harmless_characters(value):
    assert not _cwes(_query(value))


HOLDER = """
class Name:
    def __init__(self, text):
        self.text = text
    def __str__(self):
        return {0}
"""
SHOWN = ["str(Name(name))", "f'{Name(name)}'", "'%s' % Name(name)", "'{}'.format(Name(name))"]


@pytest.mark.parametrize("value", SHOWN)
def test_the_text_of_an_object_is_what_its_class_says(value):
    assert "CWE-89" in _cwes(_query(value, HOLDER.format("self.text")))
    assert "CWE-89" in _cwes(_query(value, HOLDER.format("f'{self.text}'")))


@pytest.mark.parametrize("value", SHOWN)
def test_the_text_of_an_object_that_escapes(value):
    assert not _cwes(_query(value, HOLDER.format('self.text.replace("\'", "\'\'")')))
    assert not _cwes(_query(value, HOLDER.format("str(int(self.text))")))
    assert not _cwes(_query(value, HOLDER.format("'a name'")))


ENCODED = ['quote(name, safe="\' =")', 'quote(name, "\'")', "quote_plus(name, safe=other)", "quote(name, *other)"]
ENCODED_WELL = ["quote(name)", "quote(name, safe='/:')", "quote_plus(name, '')"]


@pytest.mark.parametrize("value", ENCODED)
def test_percent_encoding_that_leaves_quotes(value):
    assert "CWE-89" in _cwes(_query(f"urllib.parse.{value}"))
    assert "CWE-89" in _cwes(_query(value, "from urllib.parse import quote, quote_plus"))


@pytest.mark.parametrize("value", ENCODED_WELL)
def test_percent_encoding(value):
    assert not _cwes(_query(f"urllib.parse.{value}"))


def _page(value: str) -> str:
    return f"""
        from urllib.parse import quote
        from flask import Flask, request
        app = Flask(__name__)
        @app.route("/")
        def page():
            return "<p>" + {value} + "</p>"
    """


@pytest.mark.parametrize("safe", ["safe='<>/'", "'<> '", "safe=request.args['safe']"])
def test_percent_encoding_that_leaves_markup(safe):
    assert "CWE-79" in _cwes(_page(f"quote(request.args['name'], {safe})"))


@pytest.mark.parametrize("safe", ["safe='/:?&='", "'/'", "safe=b''"])
def test_percent_encoding_of_markup(safe):
    assert "CWE-79" not in _cwes(_page(f"quote(request.args['name'], {safe})"))
