"""Code blocks that follow an answer and are not the answer: an example of its use, its tests, what it prints.

Decided by what a block does, not by the words around it. A block supplements earlier ones when

* it does nothing: literals alone, such as a printed result; a session of the interactive interpreter (``>>> f(1)``);
  text that is no Python at all under a fence that names no language; or
* it uses what an earlier block defines, by name or by import, and brings nothing else that could be asked for:
  whatever functions and classes it defines are tests (by the naming rules of unittest and pytest), or it calls them
  itself (``main()``, ``example_usage()``).

A block that defines a function or class of an earlier block once more is a new version of it, never a supplement.
"""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from real.extract.code_blocks import CodeBlock

_SESSION = re.compile(r"\s*>>> ")
_WORD = re.compile(r"[^\W\d]\w*")
_DEFINITION = re.compile(r"(?:async\s+def|def|class)\s+(\w+)|@")
_MAX_LENGTH = 200_000  # characters
_Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class _Contents:
    """What one block defines and uses at the level of the module."""

    defined: frozenset[str]  # functions and classes
    bound: frozenset[str]  # these and variables, not imports
    used: frozenset[str]  # names that it reads and does not bind, and what it imports from modules
    answers: frozenset[str]  # functions and classes that are no tests, and that the block does not call itself
    does_nothing: bool = False


def without_supplements(blocks: Sequence[CodeBlock]) -> list[CodeBlock]:
    """The blocks that do more than show, test or print what blocks before them define; the first is always kept."""
    kept: list[CodeBlock] = []
    versions: set[str] = set()  # functions and classes of the blocks that are kept
    bound: set[str] = set()  # whatever blocks so far define
    for block in blocks:
        contents = _read(block)
        if not kept or not _is_supplement(block, contents, versions, bound):
            kept.append(block)
            versions |= contents.defined if contents else set()
        bound |= contents.bound if contents else set()
    return kept


def _is_supplement(block: CodeBlock, contents: _Contents | None, versions: set[str], bound: set[str]) -> bool:
    if _SESSION.match(block.code):
        return True
    if contents is None:
        return not block.language
    if contents.does_nothing:
        return block.closed
    return not contents.defined & versions and not contents.answers and bool(contents.used & bound)


def _read(block: CodeBlock) -> _Contents | None:
    """What a block holds; of one that was cut off, what its whole statements hold. ``None``: it is no Python."""
    code, rest = (block.code, "") if block.closed else _whole_statements(block.code)
    if len(code) > _MAX_LENGTH:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _contents(ast.parse(code), symtable.symtable(code, "program", "exec"), rest)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _contents(tree: ast.Module, table: symtable.SymbolTable, rest: str) -> _Contents:
    symbols = table.get_symbols()
    bound = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    defined = {node.name: node for node in _module_level(tree) if isinstance(node, _Defined)}
    names = set(defined)
    used = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    used |= {name for name in _global_reads(table) if name not in bound}
    called = {node.id for node in _module_level(tree) if isinstance(node, ast.Name)}
    cut = _DEFINITION.match(rest)  # the statement in which the response was cut off
    if cut is not None and cut[1]:
        names.add(cut[1])
    used |= set(_WORD.findall(rest)) - bound - names
    return _Contents(
        defined=frozenset(names),
        bound=frozenset({symbol.get_name() for symbol in symbols if symbol.is_assigned()} | names),
        used=frozenset(used),
        answers=frozenset(name for name in names - called if not _is_test(name, defined.get(name))),
        does_nothing=not rest and all(_is_literal(statement) for statement in tree.body),
    )


def _whole_statements(code: str) -> tuple[str, str]:
    """Code that was cut off, as the statements before the last one that begins at the margin, and that one."""
    lines = code.split("\n")
    at = max((n for n, line in enumerate(lines) if line[:1].strip() and line[0] not in "#)]}"), default=0)
    return "\n".join(lines[:at]), "\n".join(lines[at:])


def _module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that run with the module: definitions, but nothing inside them."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (*_Defined.__args__, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(node))


def _global_reads(table: symtable.SymbolTable) -> Iterator[str]:
    """The names that any scope reads from the module."""
    is_module = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or is_module) and not symbol.is_imported():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_reads(child)


def _is_test(name: str, node: _Defined | None) -> bool:
    """Whether unittest or pytest would collect it, or pytest takes it for a fixture; no ``node``: it is cut off."""
    if name.lower().startswith("test"):
        return True
    parents = node.bases if isinstance(node, ast.ClassDef) else node.decorator_list if node else []
    known = (_last_name(parent.func if isinstance(parent, ast.Call) else parent) for parent in parents)
    return any(parent in ("TestCase", "IsolatedAsyncioTestCase", "fixture") for parent in known)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_literal(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr):
        return False
    parts = (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.unaryop, ast.expr_context)
    return all(isinstance(node, parts) for node in ast.walk(statement.value))
