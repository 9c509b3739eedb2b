"""Modules that a program writes itself and loads afterwards: their code is in no text that the analysis sees.

A file is written before, and afterwards something is imported that neither Python nor a known library has, or a file is
loaded or run. What was imported first was there before. A text that is certainly no Python (a constant without a
definition and an import) makes no module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.callsites import Args
from real.detector.analysis.heap import Heap
from real.detector.analysis.values import Value
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import known_modules, replacers
from real.detector.models.kinds import Replaces

_CODE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Lambda, ast.Assign)


class WrittenModules:
    """Notes what one program writes and loads."""

    def __init__(self, heap: Heap) -> None:
        self._heap = heap
        self._written: dict[Instr, Unit] = {}
        self._loaded: dict[Instr, Unit] = {}

    def called(self, path: str, args: Args, instr: Instr) -> None:
        """A call of something of a library."""
        row = replacers().get(path)
        is_written = path != "builtins.print" or "file" in args.named
        if row is not None and row.how is Replaces.WRITES_FILE and is_written and not _is_no_code(args):
            self._written[instr] = self._heap.unit
        elif row is not None and row.how is Replaces.LOADS_FILE and not _names_known(args.first()):
            self._loaded[instr] = self._heap.unit

    def imported(self, path: str, instr: Instr) -> None:
        """An import statement."""
        if path.partition(".")[0] not in known_modules():
            self._loaded[instr] = self._heap.unit

    def loaded(self) -> Iterator[Instr]:
        """What is loaded after something has been written."""
        for instr, unit in self._loaded.items():
            for written, writer in self._written.items():
                if written.line < instr.line if writer is unit else writer.kind == "module":
                    yield instr
                    break


def _is_no_code(args: Args) -> bool:
    """Whether a constant text is written that defines and imports nothing."""
    texts = [args.first(), *args.named.values()]
    return any(value.consts and not value.objs for value in texts) and not any(
        _defines(const) for value in texts for const in value.consts or ()
    )


def _defines(text: object) -> bool:
    source = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if not isinstance(source, str):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, _CODE) for node in ast.walk(tree))


def _names_known(value: Value) -> bool:
    """Whether a module is loaded by name that Python or a known library has."""
    return bool(value.consts) and not any(
        str(name).partition(".")[0] not in known_modules() for name in value.consts or ()
    )
