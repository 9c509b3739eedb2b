"""MyPy itself, kept warm: one build of the popular standard-library stubs to which single programs are added.

The reference is a cold ``python -m mypy`` with ``FLAGS`` on one file in an otherwise empty directory; tests hold every
program at hand against it. This is the only module that touches MyPy's internals, hence ``SUPPORTED_MYPY``.
"""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass, replace

from mypy import build
from mypy.errors import CompileError
from mypy.main import process_options
from mypy.modulefinder import BuildSource
from mypy.version import __version__ as mypy_version

from real.errors import InfrastructureError
from real.typecheck.diagnostics import Diagnostic
from real.typecheck.hardened import any_types, explicit_any, mypy_tree
from real.types import Finding

SUPPORTED_MYPY = "2.4.1"

FLAGS = (
    "--strict",
    "--no-incremental",
    "--config-file=",  # no configuration file is read
    "--no-site-packages",  # the verdict must not depend on what happens to be installed ...
    "--ignore-missing-imports",  # ... so a third-party library is Any, and its missing stubs are no finding
)
HARDENED_FLAGS = ("--warn-unreachable", *any_types.FLAGS)

# Loaded before the first program comes. Others (``unittest`` and ``urllib.request`` take a second) are loaded for each
# batch in which a program imports them.
WARM_MODULES = (
    *("abc", "argparse", "array", "ast", "base64", "binascii", "bisect", "calendar", "cmath", "collections"),
    *("collections.abc", "configparser", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "enum"),
    *("fractions", "functools", "getpass", "hashlib", "heapq", "hmac", "html", "html.parser", "io", "ipaddress"),
    *("itertools", "json", "logging", "math", "numbers", "operator", "os", "os.path", "pathlib", "pickle", "queue"),
    *("random", "re", "secrets", "shlex", "shutil", "sqlite3", "statistics", "string", "struct", "subprocess", "sys"),
    *("tempfile", "textwrap", "threading", "time", "traceback", "types", "typing", "typing_extensions"),
    *("unicodedata", "urllib.parse", "uuid", "xml.etree.ElementTree", "xml.sax.saxutils"),
)

RECURSION_LIMIT = 2**14  # what MyPy's command line sets


@dataclass(frozen=True, slots=True)
class MypyResult:
    """What MyPy says about one program; after ``reusable=False`` the engine must not be asked again in this process."""

    diagnostics: tuple[Diagnostic, ...]
    reusable: bool
    typed: tuple[Finding, ...] = ()  # of ``hardened.mypy_tree``


class WarmMypy:
    """A warm MyPy build. Programs are added one at a time and removed again; none can import another.

    Exceptions other than the documented ones, ``SystemExit`` included, mean that MyPy crashed.
    """

    def __init__(self, *, hardened: bool = False) -> None:
        """Load the stubs (about two seconds).

        ``hardened`` adds the options and the tree pass of that policy. Raises ``InfrastructureError`` for an
        unsupported MyPy.
        """
        if mypy_version != SUPPORTED_MYPY:
            raise InfrastructureError(
                f"MyPy {mypy_version} is installed, but the type checker is pinned to {SUPPORTED_MYPY}",
                hint=f"Run: pip install mypy=={SUPPORTED_MYPY}",
            )
        sys.setrecursionlimit(RECURSION_LIMIT)
        # Even with nothing to store MyPy would open a database, and two workers that start would fight for its lock.
        _, options = process_options(
            [*FLAGS, f"--cache-dir={os.devnull}", *(HARDENED_FLAGS if hardened else ()), "-c", ""]
        )
        imports = "\n".join(f"import {module}" for module in WARM_MODULES)
        result = build.build([BuildSource(None, "warm-up", imports)], options)
        if result.errors:
            raise InfrastructureError(f"MyPy cannot load its own stubs: {result.errors[0]}")
        self._hardened = hardened
        self._manager = result.manager
        # What ``hardened.mypy_tree`` looks at, from here on: not for the stubs.
        self._manager.options.export_types = self._manager.options.preserve_asts = hardened
        self._graph = result.graph
        self._missing = dict(result.manager.missing_modules)
        self._count = 0

    def freeze(self) -> None:
        """Keep the garbage collector off the warm state, so that forked children share its memory."""
        gc.collect()
        gc.freeze()

    def exported(self, module: str) -> frozenset[str]:
        """The names that ``from module import *`` brings; none for a module that is not among those loaded now."""
        tree = self._manager.modules.get(module)
        if tree is None:
            return frozenset()
        return frozenset(name for name, symbol in tree.names.items() if symbol.module_public and name[0] != "_")

    def check(self, code: str) -> MypyResult:
        """Type-check one program that ``why_unanalyzable`` let pass."""
        # With a hyphen in its name no program can import another one, nor itself.
        name = f"program-{self._count}"
        self._count += 1
        path = f"{name}.py"
        errors = self._manager.errors
        errors.reset()
        try:
            self._add(BuildSource(path, name, code))
        except CompileError as blocked:
            found = _diagnostics(errors.file_messages(path), name) or tuple(
                Diagnostic(0, 0, "error", message, "syntax") for message in blocked.messages[:1]
            )
            return MypyResult(found, reusable=False)
        found = _diagnostics(errors.file_messages(path), name)
        result = MypyResult(found, reusable=True)
        if self._hardened:
            result = self._with_tree(result, name)
        self._remove(name)
        return result

    def _with_tree(self, result: MypyResult, name: str) -> MypyResult:
        """Add what the tree and the types of a checked program show."""
        tree, types = self._graph[name].tree, self._manager.all_types
        assert tree is not None
        nodes = mypy_tree.statements(tree)
        found = mypy_tree.check(nodes, types)
        diagnostics = result.diagnostics
        if any(diagnostic.code == "explicit-any" for diagnostic in diagnostics):
            harmless = explicit_any.harmless_lines(nodes, types)
            diagnostics = tuple(d for d in diagnostics if not (d.code == "explicit-any" and d.line in harmless))
        types.clear()
        seen = tuple(replace(finding, message=finding.message.replace(name, "program")) for finding in found)
        return replace(result, diagnostics=diagnostics, typed=seen)

    def _add(self, source: BuildSource) -> None:
        """Load the program and the modules it newly imports, then check them, imports first."""
        manager, graph = self._manager, self._graph
        new: list[build.State] = []
        build.load_graph([source], manager, old_graph=graph, new_modules=new)
        for state in new:
            manager.import_map[state.id] = state.dependencies_set
        components = build.sorted_components_inner(graph, {state.id for state in new}, build.PRI_INDIRECT)
        for component in components:
            build.process_stale_scc(graph, build.SCC(set(component)), manager)

    def _remove(self, name: str) -> None:
        for table in (self._graph, self._manager.modules, self._manager.import_map, self._manager.ast_cache):
            table.pop(name, None)
        # Missing imports are reported once per build; the next program starts without that memory.
        self._manager.missing_modules.clear()
        self._manager.missing_modules.update(self._missing)


_MypyTuple = tuple[str | None, int, int, int, int, str, str, str | None]


def _diagnostics(rows: list[_MypyTuple], module: str) -> tuple[Diagnostic, ...]:
    """Rows of MyPy's error table, with our module name replaced by the one a person expects."""
    return tuple(
        Diagnostic(line, max(column, 0), severity, message.replace(module, "program"), code)
        for _, line, column, _, _, severity, message, code in rows
    )
