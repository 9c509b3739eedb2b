"""What the natural edits share: the program, the functions that it is about, and how text is added to it.

A natural edit is a change that a language model makes by itself: an example call, a test, a log line. The meaning of
the functions is unchanged, and so is the right verdict. Edits work on text where they can: comments stay.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from real.redteam.rewrites.natural.arguments import MOCK, constant

Function = ast.FunctionDef | ast.AsyncFunctionDef
GUARD = 'if __name__ == "__main__":'
_MAX_ENTRIES = 4


class Kind(Enum):
    """What an edit adds; the bars differ."""

    CALL = "call"
    TEST = "test"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """A function that the program is about: what an example would call."""

    node: Function
    owner: ast.ClassDef | None = None

    @property
    def name(self) -> str:
        """``f`` or ``C.m``."""
        return f"{self.owner.name}.{self.node.name}" if self.owner else self.node.name

    @property
    def slug(self) -> str:
        """The name as a part of another name."""
        return self.node.name.strip("_")

    @property
    def is_async(self) -> bool:
        """Whether a call has to be awaited."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def parameters(self) -> list[ast.arg]:
        """The parameters that a call must pass, without ``self``."""
        return _required(self.node, bound=self.owner is not None and not _has_decorator(self.node, "staticmethod"))

    @property
    def optional(self) -> list[ast.arg]:
        """The parameters with a default."""
        arguments = self.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        optional = positional[len(positional) - len(arguments.defaults) :] if arguments.defaults else []
        named = [arg for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
        return [*optional, *named]

    @property
    def target(self) -> str:
        """What stands before the parentheses of a call."""
        if self.owner is None:
            return self.node.name
        if _has_decorator(self.node, "staticmethod") or _has_decorator(self.node, "classmethod"):
            return self.name
        init = _method(self.owner, "__init__")
        passed = [_passed(init, arg) for arg in _required(init, bound=True)] if init else []
        return f"{self.owner.name}({', '.join(passed)}).{self.node.name}"

    @property
    def values(self) -> list[str]:
        """The example values of the required parameters, as source."""
        return [constant(arg) for arg in self.parameters]

    def passing(self, values: Iterable[str], keywords: bool = False) -> str:
        """A call with these values, awaited or run where it is asynchronous."""
        keyword_only = {arg.arg for arg in self.node.args.kwonlyargs}
        positional_only = {arg.arg for arg in self.node.args.posonlyargs}
        passed = [
            f"{arg.arg}={value}" if arg.arg in keyword_only or (keywords and arg.arg not in positional_only) else value
            for arg, value in zip(self.parameters, values, strict=True)
        ]
        return f"{self.target}({', '.join(passed)})"

    def call(self, keywords: bool = False) -> str:
        """A call with example values: an expression for synchronous code."""
        made = self.passing(self.values, keywords)
        return f"asyncio.run({made})" if self.is_async else made

    @property
    def imports(self) -> list[str]:
        """What :meth:`call` needs."""
        return [
            *([MOCK] if "MagicMock" in self.target + "".join(self.values) else []),
            *(["import asyncio"] if self.is_async else []),
        ]


@dataclass(frozen=True, slots=True)
class Program:
    """The source of a program and the functions that it is about, in their order."""

    source: str
    tree: ast.Module
    entries: tuple[Entry, ...]

    @property
    def names(self) -> set[str]:
        """Every name that the module binds at its top level."""
        return {name for statement in self.tree.body for name in _bound(statement)}

    @property
    def imports(self) -> list[str]:
        """What the calls of all entries need."""
        return [line for entry in self.entries for line in entry.imports]

    def calls(self, form: str = "{call}", keywords: bool = False) -> list[str]:
        """One line for each entry, made of its example call."""
        return [form.format(call=entry.call(keywords), name=entry.slug) for entry in self.entries]


Edit = Callable[[Program], "str | None"]


def program(source: str, names: Iterable[str] = ()) -> Program:
    """Read a program; ``names`` are the functions it is about, or none: then what nothing in it calls."""
    tree = ast.parse(source)
    every = list(_functions(tree))
    wanted = set(names)
    if wanted:
        chosen = [entry for entry in every if entry.name in wanted or entry.node.name in wanted]
    else:
        called = _called(tree)
        chosen = [entry for entry in every if _is_public(entry)]
        chosen = [entry for entry in chosen if entry.node.name not in called] or chosen
    return Program(source, tree, tuple(chosen[-_MAX_ENTRIES:]))


def edited(edit: Edit, source: str, names: Iterable[str] = ()) -> str | None:
    """The program after the edit, or ``None`` where the edit does not fit; always valid Python."""
    text = edit(program(source, names))
    if text is not None:
        compile(text, "<edited>", "exec", dont_inherit=True)
    return text


def append(program: Program, text: str, imports: Iterable[str] = ()) -> str | None:
    """Put code at the end of the module and imports at its top; ``None`` where a name is taken."""
    return insert_imports(program, imports, program.source.rstrip("\n") + "\n\n\n" + dedent(text) + "\n")


def prepend(program: Program, text: str, imports: Iterable[str] = ()) -> str | None:
    """Put definitions after the imports of the module."""
    lines = program.source.split("\n")
    at = _after_imports(program.tree)
    lines[at:at] = ["", *dedent(text).split("\n"), ""]
    return insert_imports(program, imports, "\n".join(lines))


def insert_imports(program: Program, imports: Iterable[str], source: str | None = None) -> str | None:
    """Put imports at the top of ``source`` (the program's); ``None`` where the module gives a name another meaning."""
    source = program.source if source is None else source
    wanted = list(dict.fromkeys(imports))
    present = {ast.unparse(statement) for statement in program.tree.body}
    missing = [line for line in wanted if line not in present]
    for line in missing:
        if set(_bound(ast.parse(line).body[0])) & program.names:
            return None
    lines = source.split("\n")
    at = _after_header(ast.parse(source))
    lines[at:at] = missing
    return "\n".join(lines)


def replace_functions(program: Program, change: Callable[[Entry], bool]) -> str | None:
    """Change the nodes of the entries in place; ``None`` where none was changed. Comments are lost."""
    tree = ast.parse(program.source)
    names = {entry.name for entry in program.entries}
    changed = [change(entry) for entry in _functions(tree) if entry.name in names]
    if not any(changed):
        return None
    return unparse(tree)


def unparse(tree: ast.Module) -> str | None:
    """The source of a tree."""
    try:
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    except ValueError:  # Python 3.11 cannot always quote within f-strings
        return None


def body_of(node: Function) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The docstring of a function (or nothing), and the rest of its body."""
    has_docstring = ast.get_docstring(node, clean=False) is not None
    return node.body[: int(has_docstring)], node.body[int(has_docstring) :]


def statements(text: str) -> list[ast.stmt]:
    """Source as statements."""
    return ast.parse(dedent(text)).body


def dedent(text: str) -> str:
    """Source as written in a triple-quoted string: without its common indentation and outer blank lines."""
    return textwrap.dedent(text).strip("\n")


def block(lines: Iterable[str], indent: int = 4) -> str:
    """Lines as the body of a block."""
    return textwrap.indent("\n".join(lines), " " * indent)


def is_generator(node: Function) -> bool:
    """Whether the body yields: it cannot move into another function."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))


def is_plain(entry: Entry) -> bool:
    """Whether it is a synchronous function of the module, and nothing (a route, a test) decorates it."""
    return entry.owner is None and not entry.is_async and not entry.node.decorator_list


def _functions(tree: ast.Module) -> Iterable[Entry]:
    for statement in tree.body:
        if isinstance(statement, Function):
            yield Entry(statement)
        elif isinstance(statement, ast.ClassDef) and _is_constructible(statement):
            for inner in statement.body:
                if isinstance(inner, Function) and not _has_decorator(inner, "property", "setter", "cached_property"):
                    yield Entry(inner, statement)


def _is_constructible(node: ast.ClassDef) -> bool:
    """Whether the class says itself how it is made."""
    return not node.keywords and all(ast.unparse(base) in ("object", "ABC") for base in node.bases)


def _is_public(entry: Entry) -> bool:
    return not entry.node.name.startswith(("_", "test_")) and entry.node.name != "main"


def _called(tree: ast.Module) -> set[str]:
    """The names of functions and methods that functions of the module call."""
    found = set()
    for entry in _functions(tree):
        for node in ast.walk(entry.node):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name != entry.node.name:
                    found.add(name)
    return found


def _required(node: Function, bound: bool) -> list[ast.arg]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    named = [arg for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value is None]
    return [*required[int(bound) :], *named]


def _passed(node: Function, arg: ast.arg) -> str:
    return f"{arg.arg}={constant(arg)}" if arg in node.args.kwonlyargs else constant(arg)


def _method(node: ast.ClassDef, name: str) -> Function | None:
    return next((inner for inner in node.body if isinstance(inner, Function) and inner.name == name), None)


def _has_decorator(node: Function, *names: str) -> bool:
    return any(ast.unparse(decorator).rpartition(".")[2] in names for decorator in node.decorator_list)


def _bound(statement: ast.stmt) -> Iterable[str]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield from _bound(node)


def _after_header(tree: ast.Module) -> int:
    """The number of lines of the docstring and ``from __future__`` imports."""
    at = 0
    for index, statement in enumerate(tree.body):
        is_docstring = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_docstring and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            break
        at = statement.end_lineno or at
    return at


def _after_imports(tree: ast.Module) -> int:
    """The number of lines of the header and the imports that follow it."""
    at = _after_header(tree)
    for statement in tree.body:
        if (statement.end_lineno or 0) <= at:
            continue
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            break
        at = statement.end_lineno or at
    return at
