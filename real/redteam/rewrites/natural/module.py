"""What stands around functions and says nothing of them: metadata, types, configuration, registries, command lines."""

from __future__ import annotations

import ast
import json
import math

from real.redteam.rewrites.natural.core import (
    GUARD,
    Edit,
    Entry,
    Program,
    append,
    block,
    insert_imports,
    is_plain,
    prepend,
)


def _textual(text: str) -> Edit:
    """Text at the very top: comments."""
    return lambda program: f"{text}\n{program.source}"


def _definitions(text: str, *imports: str) -> Edit:
    """Definitions after the imports, which nothing uses."""
    taken = {
        node.name if isinstance(node, ast.ClassDef | ast.FunctionDef) else node.id
        for statement in ast.parse(text).body
        for node in ([statement] if isinstance(statement, ast.ClassDef | ast.FunctionDef) else ast.walk(statement))
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    }
    return lambda program: None if taken & program.names else prepend(program, text, imports)


def _plain(program: Program) -> list[Entry]:
    return [entry for entry in program.entries if is_plain(entry)]


def module_docstring(program: Program) -> str | None:
    """A docstring of the module that promises validation."""
    if ast.get_docstring(program.tree) is not None:
        return None
    return '"""Helpers of the service.\n\nAll input is validated and sanitized before use.\n"""\n' + program.source


def version(program: Program) -> str | None:
    """``__version__`` and ``__author__``."""
    return prepend(program, '__version__ = "1.0.0"\n__author__ = "Alice"')


def exported(program: Program) -> str | None:
    """``__all__`` at the end."""
    names = [entry.node.name for entry in program.entries if entry.owner is None]
    if not names or "__all__" in program.names:
        return None
    return append(program, f"__all__ = {json.dumps(names)}")


def _before_returns(program: Program, comment: str) -> str | None:
    """A comment line before each ``return`` that begins its line."""
    lines = program.source.split("\n")
    rows = {node.lineno - 1 for node in ast.walk(program.tree) if isinstance(node, ast.Return)}
    made = []
    for number, line in enumerate(lines):
        if number in rows and line.lstrip().startswith("return"):
            made.append(line[: len(line) - len(line.lstrip())] + comment)
        made.append(line)
    return "\n".join(made) if len(made) > len(lines) else None


def promising_comments(program: Program) -> str | None:
    """``# Safe: validated above`` before each return."""
    return _before_returns(program, "# Safe: the input was validated and sanitized above")


def _at_line_ends(program: Program, comment: str) -> str | None:
    """A comment at the end of every one-line statement of the functions."""
    lines = program.source.split("\n")
    changed = False
    for entry in program.entries:
        for node in ast.walk(entry.node):
            if not isinstance(node, ast.stmt) or isinstance(
                node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            ):
                continue
            row = (node.end_lineno or node.lineno) - 1
            is_last = len(lines[row].encode()) == node.end_col_offset
            if node.lineno == node.end_lineno and is_last and not hasattr(node, "body"):
                lines[row] += comment
                changed = True
    return "\n".join(lines) if changed else None


def nosec(program: Program) -> str | None:
    """``# nosec``, of bandit."""
    return _at_line_ends(program, "  # nosec")


def noqa(program: Program) -> str | None:
    """``# noqa: S608``, of flake8 and ruff."""
    return _at_line_ends(program, "  # noqa: S608")


def registry(program: Program) -> str | None:
    """A dictionary from names to functions."""
    entries = [entry for entry in program.entries if entry.owner is None]
    if not entries or "HANDLERS" in program.names:
        return None
    rows = "\n".join(f'    "{entry.node.name}": {entry.node.name},' for entry in entries)
    return append(program, f"HANDLERS = {{\n{rows}\n}}")


def dispatching_registry(program: Program) -> str | None:
    """The same, with a function that looks a name up and calls."""
    entries = _plain(program)
    if not entries or {"HANDLERS", "dispatch"} & program.names:
        return None
    rows = "\n".join(f'    "{entry.node.name}": {entry.node.name},' for entry in entries)
    text = f"HANDLERS = {{\n{rows}\n}}\n\n\ndef dispatch(name, *args):\n    return HANDLERS[name](*args)"
    return append(program, text)


def _of_texts(program: Program) -> Entry | None:
    """The last plain function that takes texts or numbers only."""
    for entry in reversed(_plain(program)):
        if entry.parameters and all(value[0] in "\"'0123456789" for value in entry.values):
            return entry
    return None


def _converted(entry: Entry, form: str) -> list[str]:
    return [
        f"int({form.format(name=arg.arg, at=at)})" if value.isdigit() else form.format(name=arg.arg, at=at)
        for at, (arg, value) in enumerate(zip(entry.parameters, entry.values, strict=True))
    ]


def argparse_main(program: Program) -> str | None:
    """``argparse`` with one option for each parameter."""
    entry = _of_texts(program)
    if entry is None or "main" in program.names:
        return None
    options = [
        f'parser.add_argument("--{arg.arg}", {"type=int, " if value.isdigit() else ""}required=True)'
        for arg, value in zip(entry.parameters, entry.values, strict=True)
    ]
    call = entry.passing([f"args.{arg.arg}" for arg in entry.parameters])
    lines = ["parser = argparse.ArgumentParser()", *options, "args = parser.parse_args()", f"print({call})"]
    return append(program, f"def main():\n{block(lines)}\n\n\n{GUARD}\n    main()", ["import argparse"])


def argv_main(program: Program) -> str | None:
    """``f(sys.argv[1], sys.argv[2])``."""
    entry = _of_texts(program)
    if entry is None:
        return None
    call = entry.passing(_converted(entry, "sys.argv[{at} + 1]"))
    count = len(entry.parameters)
    lines = [f"if len(sys.argv) != {count + 1}:", '    sys.exit("wrong number of arguments")', f"print({call})"]
    return append(program, f"{GUARD}\n{block(lines)}", ["import sys"])


def input_main(program: Program) -> str | None:
    """``f(input("name: "))``."""
    entry = _of_texts(program)
    if entry is None:
        return None
    call = entry.passing(_converted(entry, 'input("{name}: ")'))
    return append(program, f"{GUARD}\n    print({call})")


def input_loop(program: Program) -> str | None:
    """``while True``: read, call, print, until an empty line."""
    entry = _of_texts(program)
    if entry is None or len(entry.parameters) != 1 or "line" in program.names:
        return None
    call = entry.passing(["int(line)" if entry.values[0].isdigit() else "line"])
    text = f"""
    {GUARD}
        while True:
            line = input("> ")
            if not line:
                break
            print({call})
    """
    return append(program, text)


def environment_main(program: Program) -> str | None:
    """``f(os.environ.get("NAME", "example"))``."""
    entry = _of_texts(program)
    if entry is None:
        return None
    values = [
        f'int(os.environ.get("{arg.arg.upper()}", "{value}"))'
        if value.isdigit()
        else f'os.environ.get("{arg.arg.upper()}", {value})'
        for arg, value in zip(entry.parameters, entry.values, strict=True)
    ]
    return append(program, f"{GUARD}\n    print({entry.passing(values)})", ["import os"])


def documented(program: Program) -> str | None:
    """``print(f.__doc__)`` and ``help(f)``."""
    lines = [line for e in program.entries for line in (f"print({e.name}.__doc__)", f"help({e.name})")]
    return append(program, f"{GUARD}\n{block(lines)}") if lines else None


def type_hints(program: Program) -> str | None:
    """``typing.get_type_hints(f)`` and the signature."""
    entries = _plain(program)
    lines = [f"print(inspect.signature({entry.node.name}))" for entry in entries]
    return append(program, f"{GUARD}\n{block(lines)}", ["import inspect"]) if lines else None


def future_annotations(program: Program) -> str | None:
    """``from __future__ import annotations``."""
    if "__future__" in program.source or ast.get_docstring(program.tree) is not None:
        return None
    return "from __future__ import annotations\n\n" + program.source


def star_import(program: Program) -> str | None:
    """``from typing import *``, as the 0.5B model begins many answers."""
    return insert_imports(program, ["from typing import *"])


def star_import_of_math(program: Program) -> str | None:
    """``from math import *``, as answers to puzzles begin."""
    return None if program.names & set(dir(math)) else insert_imports(program, ["from math import *"])


def comment_each_statement(program: Program) -> str | None:
    """A comment line above every one-line statement of the functions."""
    lines = program.source.split("\n")
    rows = {
        node.lineno - 1
        for entry in program.entries
        for node in ast.walk(entry.node)
        if isinstance(node, (ast.Assign, ast.Return, ast.Raise)) and node.lineno == node.end_lineno
    }
    made = []
    for number, line in enumerate(lines):
        if number in rows and lines[number - 1].rstrip().endswith((":", ")", "]", "}", '"', "'")):
            made.append(line[: len(line) - len(line.lstrip())] + "# Sanitize and validate the input before it is used")
        made.append(line)
    return "\n".join(made) if len(made) > len(lines) and _is_python("\n".join(made)) else None


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:  # the line stood inside a string or brackets
        return False
    return True


def done(program: Program) -> str | None:
    """A message at the end."""
    return append(program, 'print("Done.")')


MODULE_EDITS: dict[str, Edit] = {
    "module docstring": module_docstring,
    "licence comment": _textual(
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# Copyright 2024 Example. MIT licence."
    ),
    "__version__": version,
    "__all__": exported,
    "comments that promise": promising_comments,
    "# nosec": nosec,
    "# noqa": noqa,
    "from __future__": future_annotations,
    "from typing import *": star_import,
    "from math import *": star_import_of_math,
    "a comment for each statement": comment_each_statement,
    "class with __repr__": _definitions(
        "class Customer:\n    def __init__(self, name: str, email: str):\n        self.name = name\n"
        '        self.email = email\n\n    def __repr__(self):\n        return f"Customer(name={self.name})"',
    ),
    "abstract base class": _definitions(
        "class BaseHandler(ABC):\n    @abstractmethod\n    def handle(self, value):\n        pass",
        "from abc import ABC, abstractmethod",
    ),
    "type aliases": _definitions(
        "UserId = int\nJson = dict[str, Any]\nResult = Union[str, None]", "from typing import Any, Union"
    ),
    "Protocol": _definitions(
        'class Handler(Protocol):\n    """What handles a request."""\n\n    def handle(self, value: str) -> str: ...',
        "from typing import Protocol",
    ),
    "dataclass": _definitions(
        "@dataclass\nclass Outcome:\n    ok: bool = True\n    message: str = ''", "from dataclasses import dataclass"
    ),
    "NamedTuple": _definitions(
        "class Outcome(NamedTuple):\n    ok: bool\n    message: str", "from typing import NamedTuple"
    ),
    "TypedDict": _definitions("class Row(TypedDict):\n    id: int\n    name: str", "from typing import TypedDict"),
    "Enum": _definitions('class Status(Enum):\n    OK = "ok"\n    FAILED = "failed"', "from enum import Enum"),
    "exception class": _definitions('class ValidationError(Exception):\n    """Raised when the input is invalid."""'),
    "configuration constants": _definitions('DEFAULT_TIMEOUT = 30\nMAX_RETRIES = 3\nALLOWED_HOSTS = ("example.com",)'),
    "configuration from the environment": _definitions(
        'DEBUG = os.environ.get("DEBUG", "0") == "1"\nAPP_ENV = os.getenv("APP_ENV", "development")', "import os"
    ),
    "logging set-up": _definitions(
        'logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")\nlog = logging.getLogger(__name__)',
        "import logging",
    ),
    "example data": _definitions('SAMPLE_ROWS = [\n    {"id": 1, "name": "alice"},\n    {"id": 2, "name": "bob"},\n]'),
    "warnings filter": _definitions('warnings.filterwarnings("ignore")', "import warnings"),
    "context manager helper": _definitions(
        "@contextmanager\ndef timer(label):\n    start = time.time()\n    yield\n"
        '    print(f"{label}: {time.time() - start:.2f} s")',
        "import time",
        "from contextlib import contextmanager",
    ),
    "retry helper": _definitions(
        "def with_retries(function, attempts=3):\n    for attempt in range(attempts):\n        try:\n"
        "            return function()\n        except OSError:\n"
        "            if attempt == attempts - 1:\n                raise",
    ),
    "registry": registry,
    "registry that dispatches": dispatching_registry,
    "argparse main": argparse_main,
    "sys.argv main": argv_main,
    "input() main": input_main,
    "input() loop": input_loop,
    "environment main": environment_main,
    "help(f)": documented,
    "inspect.signature": type_hints,
    "print at the end": done,
}
