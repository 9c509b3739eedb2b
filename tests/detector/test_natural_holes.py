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


HEIRS = {
    "its own method": ("sqlite3.Connection", "return self.execute({0})", 'Database("x.db").run(name)'),
    "without any": ("sqlite3.Connection", "return {0}", 'Database("x.db").execute(Database("y.db").run(name))'),
    "a cursor": ("sqlite3.Cursor", "return self.execute({0})", 'Database(sqlite3.connect("x.db")).run(name)'),
}


def _heir(base: str, body: str, call: str, statement: str) -> str:
    return f"""
        import sqlite3
        class Database({base}):
            def run(self, name):
                {body.format(statement)}
        def get_user(name):
            return {call}
    """


@pytest.mark.parametrize("form", HEIRS)
def test_an_heir_of_a_connection_has_its_methods(form):
    assert "CWE-89" in _cwes(_heir(*HEIRS[form], "f\"SELECT * FROM users WHERE name = '{name}'\""))


@pytest.mark.parametrize("form", HEIRS)
def test_an_heir_of_a_connection_with_a_number(form):
    assert not _cwes(_heir(*HEIRS[form], "f'SELECT * FROM users WHERE id = {int(name)}'"))


def test_an_heir_of_a_connection_that_binds():
    assert not _cwes(
        """
        import sqlite3
        class Database(sqlite3.Connection):
            def run(self, name):
                return self.execute("SELECT * FROM users WHERE name = ?", (name,))
        def get_user(name):
            return Database("x.db").run(name)
        """
    )


def test_an_heir_with_a_method_of_its_own():
    assert not _cwes(
        """
        import sqlite3
        class Database(sqlite3.Connection):
            def execute(self, name):
                return super().execute("SELECT * FROM users WHERE name = ?", (name,))
        def get_user(name):
            return Database("x.db").execute("name is " + name)
        """
    )


def _printed(*prints: str) -> str:
    lines = "; ".join(prints)
    return f"""
        import io, sqlite3, sys
        def get_user(name):
            con = sqlite3.connect("x.db")
            out, other = io.StringIO(), io.StringIO("SELECT * FROM users")
            {lines}
            return con.execute(out.getvalue()).fetchall()
    """


PRINTED = [
    ("print(f\"SELECT * FROM users WHERE name = '{name}'\", file=out)",),
    ("print('SELECT * FROM users', file=out)", "print('WHERE name =', repr(name), file=out, end='')"),
    ("print(*['SELECT * FROM users WHERE name = ', name], file=out)",),
]
PRINTED_WELL = [
    ("print('SELECT * FROM users', file=out)", "print(name)"),
    ("print('SELECT * FROM users', file=out)", "print(name, file=sys.stderr)"),
    ("print('SELECT * FROM users WHERE id =', int(name), file=out)",),
    ("print('SELECT * FROM users', file=out)", "print(name, file=other)"),
]


@pytest.mark.parametrize("prints", PRINTED)
def test_a_statement_that_is_printed_into_a_buffer(prints):
    assert "CWE-89" in _cwes(_printed(*prints))


@pytest.mark.parametrize("prints", PRINTED_WELL)
def test_a_harmless_statement_that_is_printed_into_a_buffer(prints):
    assert not _cwes(_printed(*prints))


FUNCTIONS = ["shlex.split(shlex.quote(name))[0]", "str.lower(name)", "re.split(',', name)[0]", "str.strip(name, ' ')"]
FUNCTIONS_WELL = ["shlex.split(name.replace(\"'\", ''))[0]", "str.lower(name.replace(\"'\", ''))", "str.lower('Name')"]


@pytest.mark.parametrize("value", FUNCTIONS)
def test_a_function_is_not_the_text_that_it_is_given(value):
    assert "CWE-89" in _cwes(_query(value, "import re"))


@pytest.mark.parametrize("value", FUNCTIONS_WELL)
def test_a_function_of_a_text_without_quotes(value):
    assert not _cwes(_query(value, "import re"))


DOUBLED = 'name.replace("\'", "\'\'")'
CUT = [f"{DOUBLED}[1:]", f"{DOUBLED}[:20]", f"{DOUBLED}.replace(\"x'\", '')", f"{DOUBLED}.strip()[:20].lower()"]
NOT_CUT = [
    DOUBLED,
    'name[:20].replace("\'", "\'\'")',
    "name.replace(\"'\", '')[:20]",
    f"{DOUBLED}.replace(';', '')",
    "name.replace(\"x'\", '').replace(\"'\", \"''\")",
]


@pytest.mark.parametrize("value", CUT)
def test_a_text_that_is_cut_after_its_quotes_were_doubled(value):
    assert "CWE-89" in _cwes(_query(value))


@pytest.mark.parametrize("value", NOT_CUT)
def test_a_text_whose_quotes_stay_doubled(value):
    assert not _cwes(_query(value))
