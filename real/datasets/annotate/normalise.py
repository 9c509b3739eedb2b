"""A solution in a form that can be annotated: no lambdas bound to names, no star imports, the starter's parameters."""

from __future__ import annotations

import ast

from real.datasets.annotate import imports
from real.datasets.annotate.scopes import FUNCTIONS, Function, every_name, functions, parameters
from real.datasets.syntax import parse

_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def normalise(code: str, entry: str, starter: str | None) -> str:
    """The program rewritten, same behaviour; raises ``SyntaxError`` where it cannot be parsed.

    ``entry`` is what the tests call; ``starter`` dictates its parameters, which are renamed to those where it has as
    many of them.
    """
    tree = parse(code)
    _drop_tails(tree)
    imports.expand_stars(tree)
    _name_lambdas(tree)
    _drop_redefined(tree)
    if starter:
        _take_parameters(tree, entry, starter)
    imports.add_missing(tree)
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _drop_tails(tree: ast.Module) -> None:
    """Remove statements after a jump, and a main block, which no test runs."""
    tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test))]
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for at, statement in enumerate(block):
                if isinstance(statement, _JUMPS):
                    del block[at + 1 :]
                    break


class _Lambdas(ast.NodeTransformer):
    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        self.generic_visit(node)
        if (
            len(node.targets) != 1
            or not isinstance(node.targets[0], ast.Name)
            or not isinstance(node.value, ast.Lambda)
        ):
            return node
        made = ast.parse(f"def {node.targets[0].id}(): pass").body[0]
        assert isinstance(made, ast.FunctionDef)
        made.args, made.body = node.value.args, [ast.Return(node.value.body)]
        return made


def _name_lambdas(tree: ast.Module) -> None:
    _Lambdas().visit(tree)


def _drop_redefined(tree: ast.Module) -> None:
    """Of functions of one name in the module, or in one class, only the last can be called."""
    owners: list[ast.Module | ast.ClassDef] = [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]
    for owner in owners:
        last: dict[str, ast.stmt] = {}
        for node in owner.body:
            if isinstance(node, FUNCTIONS) and not node.decorator_list:
                last[node.name] = node
        owner.body = [n for n in owner.body if not isinstance(n, FUNCTIONS) or n.decorator_list or last[n.name] is n]


def _take_parameters(tree: ast.Module, entry: str, starter: str) -> None:
    wanted = _starter_parameters(starter, entry)
    found = dict(functions(tree)).get(entry)
    if wanted is None or found is None or found.args.vararg or found.args.kwarg:
        return
    own = parameters(found)
    fresh = [name.arg for name in wanted]
    if len(own) != len(fresh) or [arg.arg for arg in own] == fresh:
        return
    changed = {arg.arg: name for arg, name in zip(own, fresh, strict=True) if arg.arg != name}
    if set(changed.values()) & (every_name(found) - set(changed)):
        return
    _Renamer(changed).visit(found)


class _Renamer(ast.NodeTransformer):
    def __init__(self, changed: dict[str, str]) -> None:
        self._changed = changed

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._changed.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._changed.get(node.arg, node.arg)
        return node


def _starter_parameters(starter: str, entry: str) -> list[ast.arg] | None:
    try:
        tree = ast.parse(f"{starter.strip()}\n{'    ' * (1 + entry.count('.'))}pass\n")
    except SyntaxError:
        return None
    found: Function | None = dict(functions(tree)).get(entry)
    return None if found is None or found.args.vararg or found.args.kwarg else parameters(found)
