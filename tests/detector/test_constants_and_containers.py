"""Twins of programs that differ in what constants decide, or in what a container holds when it is used."""

from __future__ import annotations

import textwrap

import pytest

from real.detector import scan
from real.types import AnalysisStatus

# What the twins are about -> (a program with two gaps, what makes it safe, what makes it vulnerable).
_TWINS: dict[str, tuple[str, str, str]] = {
    "branch in a method": (
        """
        import subprocess
        class Tool:
            def start(self, given):
                level = 2 * 3
                command = "id"
                if level {} 6:
                    command = given
                subprocess.run(command, shell=True)
        """,
        "!=",
        "==",
    ),
    "branch on a text that is put together": (
        """
        import sqlite3
        def rows(path, order):
            mode = "a" + "b".upper()
            column = order if mode == {} else "id"
            return sqlite3.connect(path).execute("SELECT * FROM t ORDER BY " + column)
        """,
        "'ab'",
        "'aB'",
    ),
    "loop that runs": (
        """
        import os
        def tidy(given):
            line = given
            for word in {}:
                line = "rm -f " + word
            os.system(line)
        """,
        '("a.tmp", "b.tmp")',
        "sorted(given)",
    ),
    "loop that is left": (
        """
        import os
        def tidy(given):
            line = given
            for number in range(9):
                {}
                line = "rm -f x"
            os.system(line)
        """,
        "print(number)",
        "if given: break",
    ),
    "match of a mapping": (
        """
        import os
        def note(given):
            match {{"do": "uptime", "who": given}}:
                case {{"do": line, "who": other}}:
                    os.system({})
        """,
        "line",
        "other",
    ),
    "match of a sequence with a star": (
        """
        def rate(given):
            match ["1", given, "2"]:
                case [first, *_, last]:
                    return eval({})
                case [first, middle]:
                    return eval("3")
        """,
        "last",
        "' '.join(['1', given])",
    ),
    "item of a dict deleted in a method": (
        """
        import os
        class Log:
            def write(self, given):
                parts = dict()
                parts["note"] = given
                parts["host"] = "web1"
                parts.pop({})
                os.system("logger " + " ".join(parts.values()))
        """,
        "'note'",
        "'host'",
    ),
    "list emptied under another name": (
        """
        import os
        def send(given):
            words = [given]
            same = words
            {}.clear()
            words.append("done")
            os.system(" ".join(words))
        """,
        "same",
        "list(same)",
    ),
    "set without an element": (
        """
        import os
        def send(given):
            names = {{"web1", given}}
            names.discard({})
            os.system("ping " + " ".join(names))
        """,
        "given",
        "'web1'",
    ),
    "position after insert and reverse": (
        """
        import sqlite3
        async def rows(path, order):
            columns = ["id", "name"]
            columns.insert(1, order)
            columns.reverse()
            return sqlite3.connect(path).execute("SELECT * FROM t ORDER BY " + columns[{}])
        """,
        "0",
        "1",
    ),
    "kept by somebody else": (
        """
        import os
        def send(given, queue):
            words = ["a", given]
            {}
            os.system("echo " + words[0])
        """,
        "words.pop()",
        "words.pop(0)",
    ),
    "slice from the end": (
        """
        import os
        def rate(given):
            terms = ("1", given, "2")
            os.system("+".join(terms[{}]))
        """,
        "::2",
        "-2:",
    ),
    "starred unpacking": (
        """
        import os
        def run(given):
            *init, last = [given, "df", "du"]
            os.system({})
        """,
        "init[1]",
        "init[0]",
    ),
    "what is in both sets": (
        """
        import os
        KNOWN = frozenset({{"a", "b"}})
        class Report:
            def show(self, asked):
                os.system("show " + " ".join({}))
        """,
        "KNOWN & set(asked)",
        "set(asked) - KNOWN",
    ),
    "intersection by name": (
        """
        import os
        def show(asked):
            known = {{"a", "b"}}
            os.system("show " + " ".join(known.{}(asked)))
        """,
        "intersection",
        "union",
    ),
    "a path joined with a slash": (
        """
        import os
        def show(folder, name):
            os.system("ls " + str({}))
        """,
        "float(folder) / 2",
        "folder / name",
    ),
}  # fmt: skip
_VULNERABLE = {
    "a flag that others may set": """
        import os
        READY = False
        def run(line):
            if READY:
                os.system(line)
        """,
    "replaced, unless an exception comes first": """
        import os
        def note(given):
            words = [given]
            try:
                int(given)
                words[0] = "x"
            except ValueError:
                pass
            os.system(words[0])
        """,
    "changed by a closure": """
        import os
        def send(given):
            words = ["a", "b"]
            def add():
                words[0] = given
            add()
            os.system(words[0])
        """,
    "changed by who was given it": """
        import os
        def fill(words, given):
            words[0] = given
            if len(words) > 3:
                fill(words[1:], given)
        def send(given):
            words = ["a", "b"]
            fill(words, given)
            os.system(words[0])
        """,
    "changed in an earlier round": """
        import os
        def send(lines):
            box = ["uptime"]
            for line in lines:
                os.system(box[0])
                box[0] = line
        """,
    "a global that a function sets": """
        import os
        mode = "quiet"
        def loud():
            global mode
            mode = "loud"
        def send(line):
            if mode == "loud":
                os.system(line)
        """,
    "one of two under the same key": """
        import os
        def send(given, flag):
            parts = {"line": given}
            if flag:
                parts["line"] = "uptime"
            os.system(parts["line"])
            parts["line"] = "df"
        """,
    "a set that is looked at later": """
        import os
        def send(given):
            names = {"web1", given}
            words = ["ping", *names]
            names.clear()
            words.pop(0)
            os.system(" ".join(words))
        """,
    "a loop that may not run": """
        import os
        def send(line, count):
            for number in range(count):
                line = "uptime"
            os.system(line)
        """,
}


_STILL_FLAGGED = frozenset({"set without an element"})  # safe, and yet flagged: sets have no places


def _program(name: str, which: int) -> str:
    code, *fillings = _TWINS[name]
    return textwrap.dedent(code).format(fillings[which])


@pytest.mark.parametrize("name", _TWINS)
def test_the_safe_twin_is_clean(name: str) -> None:
    assert (scan(_program(name, 0)).status is AnalysisStatus.CLEAN) is (name not in _STILL_FLAGGED)


@pytest.mark.parametrize("name", _TWINS)
def test_the_vulnerable_twin_is_found(name: str) -> None:
    assert scan(_program(name, 1)).status is AnalysisStatus.FINDINGS


@pytest.mark.parametrize("name", _VULNERABLE)
def test_what_only_looks_constant_is_found(name: str) -> None:
    assert scan(textwrap.dedent(_VULNERABLE[name])).status is AnalysisStatus.FINDINGS
