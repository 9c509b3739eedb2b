"""Functions chosen by type, and attributes that objects of other classes answer for."""

import textwrap

import pytest

from real.detector import scan

DISPATCHED = [
    """
    import functools, os

    @functools.singledispatch
    def as_word(value):
        return "none"

    @as_word.register(str)
    def _(value):
        return {str}

    def show(name):
        os.system("finger " + as_word(name))
    """,
    """
    import subprocess
    from functools import singledispatch

    @singledispatch
    def line(item):
        raise TypeError(item)

    @line.register
    def line_of_list(item: list) -> str:
        return {join}

    def run(items: list):
        subprocess.run("echo " + line(items), shell=True)
    """,
    """
    import sqlite3
    from functools import singledispatchmethod

    class Quoter:
        @singledispatchmethod
        def quote(self, value):
            return "NULL"

        @quote.register
        def _(self, value: str):
            return {text}

    def find(name):
        con = sqlite3.connect("x.db")
        return con.execute("SELECT * FROM users WHERE name = " + Quoter().quote(name)).fetchall()
    """,
    """
    import os
    from functools import singledispatch

    @singledispatch
    def path(value):
        return "."

    def from_text(value):
        return {str}

    path.register(str, from_text)

    def listing(folder):
        return os.popen(f"ls {{path(folder)}}").read()
    """,
]
KEEPING = {"str": "value", "join": "' '.join(item)", "text": '"\'" + value + "\'"'}
CLEANING = {
    "str": "str(int(value))",
    "join": "' '.join(str(int(i)) for i in item)",
    "text": "str(float(value))",
}


def _rules(code: str) -> set[str]:
    return {finding.rule for finding in scan(textwrap.dedent(code)).findings}


@pytest.mark.parametrize("code", DISPATCHED)
def test_any_registered_function_may_be_called(code):
    assert _rules(code.format(**KEEPING)) & {"CWE-77", "CWE-89"}
    assert not _rules(code.format(**CLEANING))


DESCRIBED = [
    """
    import os

    class Field:
        def __set_name__(self, owner, name):
            self.slot = "_" + name

        def __get__(self, obj, owner=None):
            return getattr(obj, self.slot)

        def __set__(self, obj, value):
            setattr(obj, self.slot, {0})

    class Host:
        name = Field()

        def __init__(self, name):
            self.name = name

    def ping(name):
        os.system("ping -c 1 " + Host(name).name)
    """,
    """
    import os

    class Upper:
        def __init__(self, slot):
            self.slot = slot

        def __get__(self, obj, owner):
            return obj.__dict__[self.slot].upper()

    class Job:
        shown = Upper("title")

        def __init__(self, value):
            self.title = {0}

    def start(title):
        job = Job(title)
        os.system(f"echo {{job.shown}}")
    """,
    """
    import sqlite3

    class Column:
        def __get__(self, obj, owner):
            value = obj.raw
            return {0}

    class Row:
        key = Column()

        def __init__(self, raw):
            self.raw = raw

        def load(self, con):
            return con.execute("SELECT * FROM t WHERE k = " + self.key).fetchone()

    def load(raw):
        return Row(raw).load(sqlite3.connect("x.db"))
    """,
]


@pytest.mark.parametrize("code", DESCRIBED)
def test_an_attribute_is_what_its_descriptor_gives(code):
    assert _rules(code.format("value")) & {"CWE-77", "CWE-89"}
    assert not _rules(code.format("str(int(value))"))
