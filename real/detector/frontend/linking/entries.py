"""Whether code has to do with data from outside: where it has not, most of what it imports need not be looked at.

A file that neither reads what outsiders send nor answers them, nor imports something that does, can only hand on what
its callers pass: a finding that goes through it is found where they are. By names, so that it costs a look at a tree.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from functools import cache

from real.detector.frontend.linking.definitions import Imported, imports_in
from real.detector.models.catalogue import rows_of, sources
from real.detector.models.kinds import SourceKind
from real.detector.models.rows import Framework, Handler

_SENDERS = frozenset({SourceKind.HTTP, SourceKind.TERMINAL, SourceKind.WIDGET, SourceKind.COMMAND_LINE})


def enters(nodes: Iterable[ast.AST]) -> bool:
    """Whether any of the nodes imports what reads or answers outsiders, or is a builtin that reads."""
    return any(_is_entry(node) for node in nodes)


def _is_entry(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _names()
    if isinstance(node, ast.Attribute):
        return node.attr in _names()
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return any(brings_data(imported) for _, imported in imports_in(node))
    return False


def brings_data(imported: Imported) -> bool:
    """Whether an import is of a framework that is called from outside, or of what reads the command line."""
    return not imported.level and imported.module.partition(".")[0] in _roots()


def _apis() -> list[str]:
    found = [api for api, row in sources().items() if row.kind in _SENDERS and "." in api]
    return [*found, *(row.api for row in rows_of(Handler)), *(row.api for row in rows_of(Framework))]


@cache
def _roots() -> frozenset[str]:
    """The packages, and modules of Python that do nothing else, by the first component of their names."""
    roots = {api.partition(".")[0] for api in _apis()}
    return frozenset(root for root in roots if root not in sys.stdlib_module_names or root in _READERS)


@cache
def _names() -> frozenset[str]:
    """What programs call those of Python itself: the function or object, or the class that it is an attribute of."""
    apis = [api for api in _apis() if api.partition(".")[0] in sys.stdlib_module_names - _READERS]
    found = {api.rpartition("().")[0] or api.removesuffix("()") for api in apis}
    return frozenset(name.rpartition(".")[2] for name in found)


_READERS = frozenset({"argparse", "optparse", "getopt", "fileinput", "socketserver", "cgi"})
