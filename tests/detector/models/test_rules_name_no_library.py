"""Rules and concepts name kinds and roles, never a library: a library is known by its model.

A name counts where a text in the code of a file is a qualified name below a module that a model knows, or such a module
itself; explanations (docstrings, and what a rule tells people to do) aside.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.detector import concepts, rules
from real.detector.models.catalogue import libraries, rows_of
from real.detector.models.rows import Framework, Module, Program, Setting, Template

FOLDERS = [Path(str(room.__file__)).parent for room in (concepts, rules)]
# What the language itself has (``ast`` is its syntax).
LANGUAGE = {"ast", "builtins", "sys", "posix"}
# Modules whose names are also words: of English, of what programs call things, of formats (``jwt``: RFC 7519).
WORDS = {"code", "email", "html", "http", "json", "jwt", "regex", "test", "trace", "xml"}


def modules() -> set[str]:
    """The first parts of the names in the models; of rows for anything below a module, that module."""
    whole = {row.api for kind in (Framework, Module) for row in rows_of(kind)}
    apis = [row.api for library in libraries() for row in library.rows if not isinstance(row, (Setting, Program))]
    made = [row.maker for row in rows_of(Template)]
    dotted = {api for api in (*apis, *made) if "." in api and not api.startswith("**.")}
    roots = {api.partition(".")[0] for api in dotted | whole}
    return {root for root in roots if root.isidentifier()} - LANGUAGE


MODULES = modules()


def texts(path: Path) -> Iterator[str]:
    """The texts in the code of a file, without docstrings and without what a rule tells people to do."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    explained = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    told = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "fix"]
    explained |= {inner for value in told for inner in ast.walk(value) if isinstance(inner, ast.expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in explained:
            yield node.value


def names(path: Path) -> Iterator[tuple[str, bool]]:
    """Names that a library may have in the code of a file, and whether each is one word and the whole of its text."""
    for text in texts(path):
        for word in text.split():
            root, dotted, _ = word.partition(".")
            if root in MODULES and word.replace(".", "").replace("_", "").replace("()", "").isalnum():
                if dotted:
                    yield word, False
                elif word == text and root not in dir(__builtins__):
                    yield word, True


def named(path: Path) -> set[str]:
    """The names of libraries in the code of a file."""
    return {name for name, is_word in names(path) if not is_word or name not in WORDS}


FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]


def test_the_models_say_which_names_are_meant() -> None:
    assert {"flask", "django", "sqlalchemy", "urllib", "subprocess", "json", "kafka"} <= MODULES


def test_every_excuse_is_needed() -> None:
    assert {name for path in FILES for name, is_word in names(path) if is_word} == WORDS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_names_no_library(path: Path) -> None:
    assert named(path) == set()


def test_a_name_is_found_wherever_it_stands(tmp_path: Path) -> None:
    rule = tmp_path / "cwe_000.py"
    rule.write_text(
        '"""flask.redirect"""\nA = "flask.redirect"\nB = names("save django.shortcuts.render")\nC = "flask"\n'
    )
    assert named(rule) == {"flask.redirect", "django.shortcuts.render", "flask"}
