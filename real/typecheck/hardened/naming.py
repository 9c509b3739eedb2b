"""Names by PEP 8. Advice: style, and a starter code may itself dictate other names.

The rules are those of pep8-naming (PyCQA, pure Python), run on our tree without flake8's command line. Written anew
they would repeat its dozen special cases (metaclasses, properties, ``setUp``, constants in functions).
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any

import pep8ext_naming  # type: ignore[import-untyped]

from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.rule import Rule
from real.types import Finding

NAME = Rule(
    "naming:pep8",
    "a name that PEP 8 writes otherwise",
    "Functions, variables and parameters are written in lower_case, classes in CapWords, constants in UPPER_CASE. "
    "Names that the starter code dictates are exempt. Found by pep8-naming; its code (N801 to N818) ends the "
    "message.",
    "Rename it, everywhere it is used.",
    fails=False,
)

RULES = (NAME,)

_QUOTED = re.compile(r"'(.*)'")


def check(program: ProgramTree, asked: frozenset[str]) -> Iterator[Finding]:
    """Advice on names; ``asked`` are the names that the starter code dictates."""
    for line, column, message, _ in _checker()(program.tree, "program.py").run():
        code, _, text = message.partition(" ")
        named = _QUOTED.search(text)
        if not (named and named[1] in asked):
            yield NAME.at(line, f"{text} ({code})", column)


def _checker() -> Any:  # noqa: ANN401 - the library has no types
    """pep8-naming's checker with its default options, which it keeps on the class."""
    checker: Any = pep8ext_naming.NamingChecker
    if not hasattr(checker, "visitors"):
        options = _Options()
        checker.add_options(options)
        checker.parse_options(options.values)
    return checker


class _Options:
    """Stands in for flake8's option manager: keeps the defaults."""

    def __init__(self) -> None:
        self.values = argparse.Namespace(
            select=None,
            extend_select=None,
            extended_default_select=["N8"],
            ignore=None,
            extend_ignore=None,
            extended_default_ignore=[],
        )

    def add_option(self, name: str, *, default: object, **_: object) -> None:
        setattr(self.values, name.removeprefix("--").replace("-", "_"), default)

    def extend_default_ignore(self, codes: list[str]) -> None:
        self.values.ignore = list(codes)
