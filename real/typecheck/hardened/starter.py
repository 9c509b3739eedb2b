"""The functions and methods that a task's starter code asks for."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from real.formats.lines import split
from real.typecheck.hardened.program_tree import FUNCTIONS, FunctionNode

_MAX_HEADERS = 200


class StarterError(Exception):
    """The starter code cannot be parsed, not even with bodies added."""


@dataclass(frozen=True, slots=True)
class AskedFunction:
    """One function, or one method of ``owner``, that has to exist."""

    name: str
    function: FunctionNode
    owner: str | None = None

    @property
    def title(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


@dataclass(frozen=True, slots=True)
class Starter:
    """What a program has to define: classes by name, functions and methods with their parameters."""

    classes: tuple[str, ...]
    functions: tuple[AskedFunction, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name that the starter code dictates, those of parameters included."""
        found = set(self.classes)
        for wanted in self.functions:
            found.add(wanted.name)
            found.update(node.arg for node in ast.walk(wanted.function.args) if isinstance(node, ast.arg))
        return frozenset(found)


@lru_cache(maxsize=4096)
def parse_starter(code: str) -> Starter:
    """Read starter code, in which bodies are usually left out; raises ``StarterError``."""
    classes: list[str] = []
    functions: list[AskedFunction] = []
    for node in _parse(code).body:
        if isinstance(node, FUNCTIONS):
            functions.append(AskedFunction(node.name, node))
        elif isinstance(node, ast.ClassDef):
            classes.append(node.name)
            methods = (part for part in node.body if isinstance(part, FUNCTIONS))
            functions.extend(AskedFunction(method.name, method, node.name) for method in methods)
    return Starter(tuple(classes), tuple(functions))


def _parse(code: str) -> ast.Module:
    lines = split(code.expandtabs(8).rstrip("\r\n"))
    for _ in range(_MAX_HEADERS):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse("\n".join(lines) + "\n")
        except IndentationError as error:
            header = re.search(r"expected an indented block after .* on line (\d+)", error.msg)
            if header is None:
                raise StarterError(f"line {error.lineno}: {error.msg}") from None
            start = int(header[1]) - 1
            indent = len(lines[start]) - len(lines[start].lstrip())
            lines.insert(_end_of_header(lines, start) + 1, " " * (indent + 4) + "pass")
        except (SyntaxError, ValueError) as error:
            raise StarterError(str(error)) from None
        except (RecursionError, MemoryError):
            raise StarterError("too deeply nested to parse") from None
    raise StarterError("too many functions")


def _end_of_header(lines: list[str], start: int) -> int:
    """Index of the line on which the header that starts at ``start`` ends with a colon."""
    for index in range(start, len(lines)):
        if lines[index].partition("#")[0].rstrip().endswith(":"):
            return index
    return start


def parameter_kinds(arguments: ast.arguments) -> Iterator[tuple[str, str, ast.expr | None]]:
    """Name, kind and default of each parameter, in the order of the header."""
    plain = [("positional-only", arg) for arg in arguments.posonlyargs] + [
        ("positional", arg) for arg in arguments.args
    ]
    missing = len(plain) - len(arguments.defaults)
    for index, (kind, arg) in enumerate(plain):
        yield arg.arg, kind, arguments.defaults[index - missing] if index >= missing else None
    if arguments.vararg:
        yield arguments.vararg.arg, "*", None
    for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield arg.arg, "keyword-only", default
    if arguments.kwarg:
        yield arguments.kwarg.arg, "**", None
