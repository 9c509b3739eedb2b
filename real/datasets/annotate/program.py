"""A program under repair: its tree, its places by line, and the declarations of its variables."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from real.datasets.annotate import imports
from real.datasets.annotate.scopes import FUNCTIONS, Function, functions, own_nodes, parameters, parents
from real.datasets.annotate.shapes import Renderer, Shape, filled

MODULE = "<module>"


class Program:
    """One text, parsed; repairs change ``tree`` in place and ``text`` writes it out."""

    def __init__(self, code: str, seen: Mapping[str, Shape], filler: str) -> None:
        self.tree = ast.parse(code)
        self.seen = seen
        self.filler = filler
        self.renderer = Renderer(seen)
        self.parent = parents(self.tree)
        self.names = {function: name for name, function in functions(self.tree)}

    def text(self) -> str:
        """The program with the imports that its new annotations need."""
        imports.add_missing(self.tree)
        return ast.unparse(ast.fix_missing_locations(self.tree)) + "\n"

    def statement(self, line: int) -> ast.stmt | None:
        """The innermost statement that covers ``line``."""
        found: ast.stmt | None = None
        for node in ast.walk(self.tree):
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
                found = node if found is None or node.lineno >= found.lineno else found
        return found

    def function(self, node: ast.AST) -> Function | None:
        """The function that a node stands in, itself not counted."""
        current = self.parent.get(node)
        while current is not None and not isinstance(current, FUNCTIONS):
            current = self.parent.get(current)
        return current

    def scope(self, node: ast.AST) -> str:
        """The qualified name of the function that a node stands in, or ``MODULE``."""
        function = self.function(node)
        return MODULE if function is None else self.names[function]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """From the parent of a node to the module."""
        while (above := self.parent.get(node)) is not None:
            yield above
            node = above

    def block(self, node: ast.stmt) -> list[ast.stmt]:
        """The list of statements that a statement is an item of."""
        above = self.parent[node]
        for value in vars(above).values():
            if isinstance(value, list) and any(item is node for item in value):
                return value
        raise ValueError("a statement stands in no block")

    def observed(self, node: ast.AST, variable: str) -> str:
        """The type that a variable was seen with, as an annotation; empty where it was not seen."""
        shape = self.seen.get(f"{self.scope(node)}:local:{variable}")
        return filled(self.renderer.render(shape), self.filler) if shape else ""

    def parameter(self, node: ast.AST, variable: str) -> ast.arg | None:
        """The parameter of that name of the function that a node stands in."""
        function = self.function(node)
        return None if function is None else next((a for a in parameters(function) if a.arg == variable), None)

    def declaration(self, node: ast.AST, variable: str) -> ast.Assign | ast.AnnAssign | None:
        """The first plain assignment to a variable in the scope of ``node``."""
        scope = self.function(node) or self.tree
        found: list[ast.Assign | ast.AnnAssign] = []
        for inner in own_nodes(scope):
            if (isinstance(inner, ast.Assign) and any(_is(target, variable) for target in inner.targets)) or (
                isinstance(inner, ast.AnnAssign) and _is(inner.target, variable)
            ):
                found.append(inner)
        return min(found, key=lambda n: n.lineno) if found else None

    def declare(self, node: ast.AST, variable: str, annotation: str) -> bool:  # noqa: PLR0911 - one for each place
        """Give a variable (or ``self.x``, or a parameter) a type where it is first bound; False where it has it."""
        wanted = expression(annotation)
        if wanted is None:
            return False
        parameter = self.parameter(node, variable)
        if parameter is not None:
            if parameter.annotation is not None and ast.unparse(parameter.annotation) == ast.unparse(wanted):
                return False
            parameter.annotation = wanted
            return True
        first = self.declaration(node, variable)
        if first is None:
            return self._declare_before(node, variable, wanted)
        if isinstance(first, ast.AnnAssign):
            if ast.unparse(first.annotation) == ast.unparse(wanted):
                return False
            first.annotation = wanted
            return True
        target = first.targets[0]
        if len(first.targets) != 1 or not isinstance(target, ast.Name | ast.Attribute):
            return False
        made = ast.AnnAssign(target, wanted, first.value, simple=int(isinstance(target, ast.Name)))
        self.replace(first, [ast.copy_location(made, first)])
        return True

    def _declare_before(self, node: ast.AST, variable: str, wanted: ast.expr) -> bool:
        """A variable that no plain assignment binds (a tuple, a loop): its type stands alone before the statement."""
        scope = self.function(node) or self.tree
        if "." in variable:
            return False
        binding = [n for n in own_nodes(scope) if isinstance(n, ast.Name) and n.id == variable]
        stores = [n for n in binding if isinstance(n.ctx, ast.Store)]
        if not stores or any(isinstance(a, ast.comprehension) for n in stores for a in self.ancestors(n)):
            return False
        first = min(stores, key=lambda n: (n.lineno, n.col_offset))
        statement = next(a for a in self.ancestors(first) if isinstance(a, ast.stmt))
        block = self.block(statement)
        before = block[: block.index(statement)]
        if any(isinstance(n, ast.AnnAssign) and _is(n.target, variable) for n in before):
            return False
        made = ast.AnnAssign(ast.Name(variable, ast.Store()), wanted, None, simple=1)
        self.replace(statement, [ast.copy_location(made, statement), statement])
        return True

    def replace(self, statement: ast.stmt, new: list[ast.stmt]) -> None:
        """Put other statements in the place of one; an emptied block gets ``pass``."""
        block = self.block(statement)
        at = block.index(statement)
        block[at : at + 1] = new
        if not block:
            new = [ast.Pass()]
            block.extend(new)
        above = self.parent[statement]
        for node in new:
            self.parent[node] = above
            if node is not statement:
                ast.fix_missing_locations(ast.copy_location(node, statement))


def expression(text: str) -> ast.expr | None:
    """A type as MyPy or the renderer writes it, as an expression; ``None`` for what is no plain Python."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _is(target: ast.expr, variable: str) -> bool:
    return isinstance(target, ast.Name | ast.Attribute) and ast.unparse(target) == variable
