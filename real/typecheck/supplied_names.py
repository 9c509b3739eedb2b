"""Names that the tests of a task supply: they count as if their imports stood before the program.

The same holds for the type checker as for the run (``real.prelude``): a program gets those names that it mentions and
does not bind itself. So its own ``gcd`` is no redefinition, its own ``from collections import Counter`` is no
incompatible import, and a name that the run does not know is unknown here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from real import prelude
from real.typecheck.hardened.final_bindings import bindings
from real.typecheck.submission import Submission

_WORD = re.compile(r"[^\W\d]\w*")
_DEFINITIONS = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Exported = Callable[[str], Collection[str]]  # what ``from MODULE import *`` brings


@dataclass(frozen=True, slots=True)
class Supplied:
    """What one program gets: statements to put before it, and what the names imported there stand for."""

    text: str = ""
    imported: Mapping[str, str] = field(default_factory=dict)  # ``{"gcd": "math.gcd"}``

    @property
    def lines(self) -> int:
        """How many lines stand before the program."""
        return self.text.count("\n")


class SuppliedNames:
    """Finds what the tests of a program's task supply to it."""

    def __init__(self, exported: Exported) -> None:
        """``exported`` answers for the modules that the type checker has loaded, with nothing for others."""
        self._exported = exported
        self._prelude = {
            name: _import_of(name, *origin) for name, origin in prelude.origins().items() if self._is_known(*origin)
        }

    def names(self) -> frozenset[str]:
        """The names of the prelude that the type checker knows."""
        return frozenset(self._prelude)

    def for_program(self, submission: Submission) -> Supplied:
        """What is supplied to a program that parses."""
        statements: Mapping[str, str] = self._prelude if submission.prelude else {}
        if submission.setup:
            statements = {**statements, **_setup_statements(submission.setup)}
        mentioned = statements.keys() & set(_WORD.findall(submission.code))
        if not mentioned:
            return Supplied()
        own = self._own(submission.code, statements)
        wanted = _with_needs({name for name in mentioned if name not in own}, statements, submission.setup, own)
        chosen = [name for name in statements if name in wanted]
        unique = dict.fromkeys(statements[name] for name in chosen)  # ``a, b = 1, 2`` binds two
        return Supplied("".join(f"{statement}\n" for statement in unique), _imported(chosen, statements))

    def _is_known(self, module: str, attribute: str) -> bool:
        return not attribute or attribute in self._exported(module)

    def _own(self, code: str, statements: Mapping[str, str]) -> set[str]:
        """The names that a program binds in its module, other than by the very import that would be supplied."""
        tree = ast.parse(code)
        imports = _imports_in(tree)
        own = {
            name
            for name, node in bindings(tree.body)
            if not (isinstance(node, ast.alias) and imports.get(id(node)) == statements.get(name))
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                own.update(node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.names[0].name == "*":
                here = f"from {node.module} import "
                own.update(n for n in self._exported(node.module) if not statements.get(n, "").startswith(here))
        return own


def _import_of(name: str, module: str, attribute: str) -> str:
    if attribute:
        return f"from {module} import {attribute}"
    return f"import {module}" if module == name else f"import {module} as {name}"


def _imports_in(tree: ast.AST) -> dict[int, str]:
    """Import statements, one name each, by the identity of their alias."""
    found: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                written = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
                source = f"from {'.' * node.level}{node.module or ''} " if isinstance(node, ast.ImportFrom) else ""
                found[id(alias)] = f"{source}import {written}"
    return found


@lru_cache(maxsize=4096)
def _setup_statements(setup: str) -> Mapping[str, str]:
    """The statements of set-up code that bind a name, by that name; nothing where it does not parse."""
    try:
        tree = ast.parse(setup)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    imports = _imports_in(tree)
    found: dict[str, str] = {}
    for statement in tree.body:
        for name, node in bindings([statement]):
            if isinstance(node, ast.alias) and node.name != "*":
                found.setdefault(name, imports[id(node)])
            elif isinstance(statement, _DEFINITIONS):
                found.setdefault(name, ast.unparse(statement))
    return found


def _with_needs(names: set[str], statements: Mapping[str, str], setup: str, own: set[str]) -> set[str]:
    """The names, and those that the set-up statements behind them need."""
    found, waiting = set(names), list(names)
    while setup and waiting:
        needed = statements.keys() & set(_WORD.findall(statements[waiting.pop()]))
        waiting += [name for name in needed if name not in found and name not in own]
        found |= {name for name in needed if name not in own}
    return found


def _imported(names: Iterable[str], statements: Mapping[str, str]) -> dict[str, str]:
    return dict(_dotted(name, statements[name]) for name in names if statements[name].startswith(("import ", "from ")))


def _dotted(name: str, statement: str) -> tuple[str, str]:
    source, _, what = statement.rpartition("import ")
    original = what.partition(" as ")[0]
    module = source.removeprefix("from ").strip()
    return name, f"{module}.{original}" if module else (original if " as " in what else name)
