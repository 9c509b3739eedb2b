"""Modules that a program writes itself and loads afterwards: their code is in no text that the analysis sees.

A file is written before, and afterwards something is imported that neither Python nor a known library has, or a file is
loaded or run. What was imported first was there before. A text that is certainly no Python (a constant without a
definition and an import) makes no module, nor does a file whose name ends as no module's does: ``report.csv``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from real.detector.analysis.callsites import Args
from real.detector.analysis.heap import Heap
from real.detector.analysis.values import BOTTOM, Value
from real.detector.frontend.tree_walk import walk
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import known_modules, replacers
from real.detector.models.kinds import Replaces

_OPENERS = frozenset({"builtins.open", "io.open", "os.open", "os.fdopen", "pathlib.Path().open"})
_WRITES = ("write", "writelines")
_OPENED = frozenset({"builtins.open()", "os.fdopen()"})
_THROUGH_FILE = frozenset({"builtins.print", "os.write", *(f"{one}.{name}" for one in _OPENED for name in _WRITES)})
_WRITING = frozenset("wax+")
_SUFFIX = re.compile(r"\.\w+$")  # of a name, or of its last constant part
_OF_MODULES = frozenset({".py", ".pyc", ".pyd", ".pyw", ".so", ".dll", ".pth", ".zip", ".egg", ".whl"})
_MAX_PARTS = 6
_CODE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Lambda, ast.Assign)


class WrittenModules:
    """Notes what one program writes and loads."""

    def __init__(self, heap: Heap) -> None:
        self._heap = heap
        self._written: dict[Instr, tuple[Unit, bool]] = {}  # where, and whether into what was opened before
        self._loaded: dict[Instr, Unit] = {}
        self._opens_module = False  # all open files are one object

    def called(self, path: str, args: Args, instr: Instr) -> None:
        """A call of something of a library."""
        if path in _OPENERS and _may_write(path, args) and self._may_be_module(path, args, instr):
            self._opens_module = True
        row = replacers().get(path)
        if row is not None and row.how is Replaces.WRITES_FILE:
            if self._goes_into_module(path, args, instr) and not _is_no_code(args):
                self._written[instr] = self._heap.unit, path in _THROUGH_FILE
        elif row is not None and row.how is Replaces.LOADS_FILE and not _names_known(args.first()):
            self._loaded[instr] = self._heap.unit

    def imported(self, path: str, instr: Instr) -> None:
        """An import statement."""
        if path.partition(".")[0] not in known_modules():
            self._loaded[instr] = self._heap.unit

    def loaded(self) -> Iterator[Instr]:
        """What is loaded after something has been written."""
        for instr, unit in self._loaded.items():
            for written, (writer, is_through_file) in self._written.items():
                if is_through_file and not self._opens_module:
                    continue
                if written.line < instr.line if writer is unit else writer.kind == "module":
                    yield instr
                    break

    def _goes_into_module(self, path: str, args: Args, instr: Instr) -> bool:
        if path == "builtins.print":
            return any(obj.name in _OPENED for obj in args.named["file"].objs) if "file" in args.named else False
        return path in _THROUGH_FILE or self._may_be_module(path, args, instr)

    def _may_be_module(self, path: str, args: Args, instr: Instr) -> bool:
        """Whether the file may be a module, by the end of its name."""
        unit = self._heap.unit
        if path in _DESTINATIONS:
            named, operand = args.at(1), instr.args[2] if len(instr.args) > 2 else None
        elif path.startswith("pathlib.Path()"):
            made = definition(unit, instr.args[0])
            operand = made.args[-1] if made is not None and len(made.args) > 1 else None
            named = BOTTOM
        else:
            named, operand = args.first(), instr.args[1] if len(instr.args) > 1 else None
        if named.consts:
            return any(_is_of_module(str(const)) for const in named.consts)
        return operand is None or _is_of_module(_end(unit, operand))


_DESTINATIONS = frozenset({"os.rename", "os.replace", "os.symlink", "os.link"}) | {
    f"shutil.{name}" for name in ("copy", "copy2", "copyfile", "move")
}


def _may_write(path: str, args: Args) -> bool:
    if path == "os.open":
        return True
    mode = args.named.get("mode", args.at(0 if path.startswith("pathlib") else 1))
    if mode.consts:
        return any(not _WRITING.isdisjoint(str(const)) for const in mode.consts)
    return bool(mode.objs or mode.mask)


def _is_of_module(end: str) -> bool:
    """Whether a name that ends so may be that of a module: it has another suffix otherwise."""
    found = _SUFFIX.search(end)
    return found is None or found[0].lower() in _OF_MODULES


def _end(unit: Unit, operand: int) -> str:
    """The constant text that a text ends in, as far as it is put together at the place."""
    for _ in range(_MAX_PARTS):
        made = definition(unit, operand)
        if made is None or not made.args:
            return str(made.extra) if made is not None and made.op == "const" else ""
        if made.op == "fstring" and made.extra and made.extra[-1] is not None:
            return str(made.extra[-1])
        if made.op not in ("fstring", "binop", "call", "method"):
            return ""
        operand = made.args[-1]
    return ""


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
    return any(isinstance(node, _CODE) for node in walk(tree))


def _names_known(value: Value) -> bool:
    """Whether a module is loaded by name that Python or a known library has."""
    return bool(value.consts) and not any(
        str(name).partition(".")[0] not in known_modules() for name in value.consts or ()
    )
