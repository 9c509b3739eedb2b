"""Modules to load before a program runs: once per program instead of once per case.

The zygote holds only what nearly every program of its kind needs: each page and each mapping that it has makes every
fork slower, and scripts are forked once a case. The rest is loaded in the supervisor, for the programs that import it.
"""

from __future__ import annotations

import importlib
import io
import opcode
import sys
import types
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress

# Run in the zygote over and over: what the interpreter and SQLite learn here (types' attributes, specialised code), the
# processes of cases need not learn each anew, in memory that they would have to copy first.
_REHEARSAL = """
import sqlite3
connection = sqlite3.connect(":memory:")
cursor = connection.cursor()
cursor.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price REAL)")
cursor.executemany("INSERT INTO items (name, price) VALUES (?, ?)", [("a", 1.5), ("b", None)])
connection.commit()
def find(name):
    try:
        cursor.execute(f"SELECT id, name, price FROM items WHERE name = '{name}' ORDER BY price DESC LIMIT 5")
        return cursor.fetchall()
    except sqlite3.Error as error:
        return [str(error)]
for text in ("a", "b\\n", "'"):
    for row in find(text.strip()):
        print(row[0], ", ".join(map(str, row)), sep="|")
cursor.execute("SELECT count(*) FROM items WHERE price > ?", (float("1"),))
print("%s %d %.2f" % (cursor.fetchone()[0], int("3"), round(2.5)), {"a": [1]}.get("a"), sorted({3, 1}), len("abc"))
connection.close()
"""
_REHEARSALS = 16

_IMPORT_NAME = opcode.opmap["IMPORT_NAME"]

_ALWAYS = ("collections.abc", "datetime", "math", "sqlite3", "typing")
# What tests of functions, and these, import most: one process serves all cases, and loading takes as long as they do.
FOR_FUNCTIONS = (
    *("ast", "base64", "bisect", "copy", "functools", "heapq", "html", "io", "itertools", "json", "operator"),
    *("os.path", "pickle", "queue", "shlex", "string", "urllib.parse"),
)

# Standard modules that programs import, and the packages of the benchmarks; loading one has no effect but to define it.
_ON_DEMAND = frozenset(
    """
    abc argparse array ast asyncio base64 bisect calendar cmath cProfile codecs collections colorsys concurrent.futures
    configparser contextlib contextvars copy csv ctypes dataclasses decimal difflib email.utils enum fileinput fnmatch
    fractions functools getpass glob graphlib gzip hashlib heapq hmac html html.parser http.client inspect io ipaddress
    itertools json keyword linecache locale logging logging.handlers mimetypes multiprocessing numbers numpy operator
    os.path pathlib pickle platform pprint queue random re requests secrets select shelve shlex shutil signal socket
    ssl stat statistics string struct subprocess sympy tempfile textwrap threading time timeit tokenize traceback types
    unicodedata unittest urllib.error urllib.parse urllib.request uuid warnings weakref xml.dom.minidom
    xml.etree.ElementTree yaml zipfile zlib
    """.split()  # noqa: SIM905
)


def load_always(more: Iterable[str] = ()) -> None:
    """Load what nearly every program needs, and ``more``; what a slim interpreter lacks, programs will find out."""
    for name in (*_ALWAYS, *more):
        with suppress(ImportError):
            importlib.import_module(name)


def rehearse() -> None:
    """Run an ordinary program a few times, its output going nowhere."""
    code = compile(_REHEARSAL, "rehearsal", "exec")
    for _ in range(_REHEARSALS):
        with redirect_stdout(io.StringIO()):
            exec(code, {})


def load_for(sources: list[types.CodeType]) -> None:
    """Load the modules that compiled programs import, and start ``random`` in one state for all programs."""
    named = {name for code in sources for part in _parts(code) for name in _imported(part)}
    for name in sorted(named & _ON_DEMAND):
        if name not in sys.modules:
            with suppress(Exception):  # a package may be broken in any way: the program will meet the same error
                importlib.import_module(name)
    if "random" in sys.modules:
        sys.modules["random"].seed(0)


def names_in(sources: list[types.CodeType]) -> set[str]:
    """Every name that compiled programs mention, be it a module, a variable or an attribute."""
    return {name for code in sources for part in _parts(code) for name in part.co_names}


def _parts(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those of the functions and classes in it."""
    waiting = [code]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [constant for constant in part.co_consts if isinstance(constant, types.CodeType)]


def _imported(code: types.CodeType) -> Iterator[str]:
    """The modules that import statements of one code object name."""
    argument = 0
    for operation, low in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        argument = argument << 8 | low
        if operation == _IMPORT_NAME:
            yield code.co_names[argument]
        if operation != opcode.EXTENDED_ARG:
            argument = 0
