"""Walks over syntax trees give what those of ``ast`` give."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from real.detector.frontend import tree_walk
from real.detector.frontend.normalise import expressions
from real.detector.frontend.tree_walk import WITH_CONTEXT, Transformer, children, size_of, walk

SOURCES = {
    "tree_walk": Path(tree_walk.__file__).read_text(encoding="utf-8"),
    "expressions": Path(expressions.__file__).read_text(encoding="utf-8"),
    "all kinds": textwrap.dedent("""
        async def f(a, /, b: int = 1, *c, d=2, **e) -> int:
            global g
            async with a as (x, *y): await b
            for i, in c: del i[0], i.a
            match a:
                case {"k": [1, *rest], **others} | Point(x=0) as p if p: return (yield)
                case None | -1: pass
            try: raise E from None
            except* (A, B) as error: print(f"{error!r:>{width}}", *a, **{**e, "k": lambda: (z := 1)})
            assert a
            return [i async for i in c if not i < 3 < 4 or i and a[1:2, ...]]
    """),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_walks_are_those_of_ast_without_contexts(source: str) -> None:
    tree = ast.parse(source)
    everything = list(ast.walk(tree))
    wanted = [node for node in everything if not isinstance(node, ast.expr_context)]
    assert list(map(id, walk(tree))) == list(map(id, wanted))
    assert size_of(wanted) == len(everything)
    for node in wanted:
        below = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.expr_context)]
        assert list(map(id, children(node))) == list(map(id, below))


def test_contexts_are_those_of_the_grammar() -> None:
    kinds = {kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)}
    assert {kind for kind in kinds if "ctx" in kind._fields} == WITH_CONTEXT


def test_a_node_that_is_not_of_the_grammar_is_gone_through() -> None:
    class Own(ast.expr):
        """Own(identifier body)"""

        _fields = ("body",)

    name = ast.Name("x", ast.Load())
    made = Own()
    made.body = [name]  # type: ignore[attr-defined]
    assert walk(made) == [made, name]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_transformer_makes_what_that_of_ast_makes(source: str) -> None:
    def changed(base: type[ast.NodeTransformer]) -> str:
        class Change(base):  # type: ignore[misc, valid-type]
            def visit_Name(self, node: ast.Name) -> ast.AST:
                return ast.copy_location(ast.Name(node.id + "_", node.ctx), node)

            def visit_Return(self, node: ast.Return) -> list[ast.AST]:
                return [ast.copy_location(ast.Pass(), node), self.generic_visit(node)]

            def visit_Assert(self, node: ast.Assert) -> None:
                return None

            def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
                return None if node.module == "typing" else node

        return ast.dump(Change().visit(ast.parse(source)))

    assert changed(Transformer) == changed(ast.NodeTransformer)
    assert changed(Transformer) != ast.dump(ast.parse(source))
