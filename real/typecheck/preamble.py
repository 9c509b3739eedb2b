"""Imports that count as if they stood before a program, without getting in the way of its own names.

Judges of programming contests put a block of imports before each answer. Put there as text, ``from typing import *``
makes MyPy report ``from collections import Counter`` as an incompatible import, and a program's own ``gcd`` as a
redefinition. So each program gets those names of the preamble that it mentions and does not bind itself, which is what
the block means when Python runs it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping

from real.errors import UsageError
from real.typecheck.hardened.final_bindings import FinalBindings

PREAMBLES: Mapping[str, str] = {
    "none": "",
    "algorithms": """\
import bisect, collections, copy, datetime, fractions, functools, heapq, itertools, math, operator, random, re
import statistics, string, sys
from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict, defaultdict, deque
from fractions import Fraction
from functools import cache, cmp_to_key, lru_cache, reduce
from heapq import heapify, heappop, heappush, heappushpop, heapreplace, nlargest, nsmallest
from itertools import accumulate, chain, combinations, count, cycle, groupby, islice, permutations, product
from math import ceil, comb, factorial, floor, gcd, inf, log, log2, pi, sqrt
from typing import *
""",
}

_WORD = re.compile(r"[^\W\d]\w*")


def parse_imports(text: str) -> list[ast.Import | ast.ImportFrom]:
    """The statements of a preamble; raises ``UsageError`` for anything but absolute imports."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"the preamble of the type checker cannot be parsed: {error}") from None
    found: list[ast.Import | ast.ImportFrom] = []
    for node in body:
        relative = isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__")
        if relative or not isinstance(node, (ast.Import, ast.ImportFrom)):
            raise UsageError(
                "the preamble of the type checker may hold absolute imports only",
                hint=f"Line {node.lineno} is something else: {ast.unparse(node).splitlines()[0]}",
            )
        found.append(node)
    return found


class Preamble:
    """The imports of a preamble, name by name. Later statements win, as when Python runs them."""

    def __init__(
        self, imports: Iterable[ast.Import | ast.ImportFrom], exported: Callable[[str], Iterable[str]]
    ) -> None:
        """``exported`` names what ``from MODULE import *`` brings."""
        self._statements: dict[str, str] = {}
        for node in imports:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    self._statements[bound] = f"import {_written(alias)}"
            else:
                self._add_from(node.module or "", node.names, exported)

    def _add_from(self, module: str, names: list[ast.alias], exported: Callable[[str], Iterable[str]]) -> None:
        for alias in names:
            if alias.name == "*":
                self._statements.update({name: f"from {module} import {name}" for name in exported(module)})
            else:
                self._statements[alias.asname or alias.name] = f"from {module} import {_written(alias)}"

    @property
    def whole(self) -> str:
        """Every import, to see whether they pass by themselves."""
        return _lines(self._statements.values())

    def before(self, code: str) -> str:
        """The lines to put before ``code``, each ended by a line break; ``code`` parses."""
        if not self._statements:
            return ""
        mentioned = self._statements.keys() & set(_WORD.findall(code))
        if not mentioned:
            return ""
        bound = FinalBindings(ast.parse(code).body)
        return _lines(self._statements[name] for name in sorted(mentioned) if name not in bound)


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _lines(statements: Iterable[str]) -> str:
    return "".join(f"{statement}\n" for statement in statements)
