"""What the rewrites share: applying one, fresh names, which names are global, and blocks of statements."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator

# Edits a tree in place; False where there is nothing to rewrite.
Rewrite = Callable[[ast.Module], bool]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# These read names, frames or source at run time: hardly any rewrite keeps what they mean.
REFLECTION = frozenset({"locals", "globals", "vars", "dir", "eval", "exec", "compile", "super", "breakpoint"})


def rewritten(rewrite: Rewrite, code: str) -> str | None:
    """The program after the rewrite, or ``None`` where it does not apply."""
    tree = ast.parse(code)
    if not rewrite(tree):
        return None
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
    except ValueError:  # Python 3.11 cannot always quote within f-strings
        return None
    compile(text, "<rewritten>", "exec")
    return text


class Fresh:
    """Names that occur nowhere in a program, and say nothing."""

    def __init__(self, tree: ast.AST) -> None:
        self._taken = set(re.findall(r"\w+", ast.unparse(tree)))
        self._count = itertools.count()

    def __call__(self, letter: str = "v") -> str:
        return next(name for n in self._count if (name := f"{letter}{n}") not in self._taken)


def identifiers(tree: ast.AST) -> set[str]:
    """Every name that is read or bound as a variable."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def is_reflective(tree: ast.AST) -> bool:
    """Whether the program looks at its own names."""
    return bool(identifiers(tree) & (REFLECTION - {"super"})) or any(
        isinstance(node, ast.Attribute) and node.attr in ("__globals__", "__code__", "_getframe", "modules")
        for node in ast.walk(tree)
    )


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    """All parameters."""
    arguments = node.args
    extra = [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope's body without those of the scopes inside it (which themselves are among them)."""
    body = scope.body if isinstance(scope, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else None
    if body is None and isinstance(scope, ast.Lambda):
        todo: list[ast.AST] = [scope.body]
    else:
        todo = list(body) if body is not None else list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, SCOPES):
            todo.extend(ast.iter_child_nodes(node))
        elif not isinstance(node, ast.Lambda):
            todo.extend(getattr(node, "decorator_list", ()))


def bound_here(scope: ast.AST) -> set[str]:
    """The names that a scope binds itself."""
    found: set[str] = set()
    if isinstance(scope, FUNCTIONS):
        found |= {arg.arg for arg in parameters(scope)}
    for node in own_nodes(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name
        ):
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found


def local_names(tree: ast.AST) -> set[str]:
    """The names that any scope inside the module binds: not certainly global."""
    return {name for node in ast.walk(tree) if isinstance(node, SCOPES) for name in bound_here(node)}


def blocks(tree: ast.AST, classes: bool = False) -> Iterator[list[ast.stmt]]:
    """Every list of statements, those directly in class bodies only with ``classes``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not classes:
            continue
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def after_header(tree: ast.Module) -> int:
    """Where definitions may be inserted: after the docstring and ``from __future__`` imports."""
    for index, statement in enumerate(tree.body):
        is_docstring = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_docstring and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            return index
    return len(tree.body)


def insert_top(tree: ast.Module, statements: list[ast.stmt]) -> None:
    """Put definitions at the top of the module."""
    index = after_header(tree)
    tree.body[index:index] = statements


def statements(text: str) -> list[ast.stmt]:
    """Source as statements."""
    return ast.parse(text).body


def load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def call(function: ast.expr | str, *args: ast.expr) -> ast.Call:
    return ast.Call(load(function) if isinstance(function, str) else function, list(args), [])


def suspends(node: ast.AST) -> bool:
    """Whether evaluating it may suspend, or bind a name: it cannot move into another function."""
    return any(isinstance(n, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)) for n in ast.walk(node))


def is_mangled(name: str) -> bool:
    """Whether a class body would mangle the name."""
    return name.startswith("__") and not name.endswith("__")


def own_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The docstring with ``global`` and ``nonlocal`` statements, and the rest."""
    index = 0
    while index < len(function.body):
        node = function.body[index]
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_text and not isinstance(node, (ast.Global, ast.Nonlocal)):
            break
        index += 1
    return function.body[:index], function.body[index:]
