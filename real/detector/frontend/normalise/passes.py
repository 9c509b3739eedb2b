"""The passes over the syntax tree, in the order in which they run, each with its reason.

A pass rewrites the tree in place and keeps what the program does: it may drop a detour, never an effect, and touches
names of the library only where nothing in the program binds them anew. The order matters: a pass sees what those before
it have made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from real.detector.frontend.escapes import NONE, Escapes, escapes_of
from real.detector.frontend.normalise.annotation_aliases import put_in_aliases
from real.detector.frontend.normalise.decorators import drop_transparent
from real.detector.frontend.normalise.expressions import simplify
from real.detector.frontend.normalise.imports import simplify_imports
from real.detector.frontend.normalise.inline import Inliner
from real.detector.frontend.normalise.literal_code import expand_literals
from real.detector.frontend.normalise.own_names import name_own_names
from real.detector.frontend.normalise.renamed import rename_modules
from real.detector.frontend.normalise.self_names import name_receivers
from real.detector.frontend.normalise.statements import simplify_statements
from real.detector.frontend.normalise.tail_closures import open_tail_closures


@dataclass(slots=True)
class SourceTree:
    """A program on its way through the passes.

    ``inlined`` has the functions whose code stands in place of calls, each with the outermost functions that it was
    copied into; ``has_copies`` says that some call was replaced. ``escapes`` is read before names change.
    """

    module: ast.Module
    code: str
    escapes: Escapes = NONE
    inlined: dict[ast.AST, tuple[ast.AST, ...]] = field(default_factory=dict)
    has_copies: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass and why it is there."""

    run: Callable[[SourceTree], None]
    reason: str


def _of_module(run: Callable[[ast.Module], None]) -> Callable[[SourceTree], None]:
    """A pass that needs the tree of the module only."""
    return lambda tree: run(tree.module)


def _of_text(run: Callable[[ast.Module, str], None]) -> Callable[[SourceTree], None]:
    """One that needs the text of the program as well."""
    return lambda tree: run(tree.module, tree.code)


def _read_escapes(tree: SourceTree) -> None:
    tree.escapes = escapes_of(tree.module)


def _inline(tree: SourceTree) -> None:
    inliner = Inliner(tree.module)
    tree.inlined = inliner.run()
    tree.has_copies = inliner.count > 0


def _expressions_again(tree: SourceTree) -> None:
    if tree.has_copies:
        simplify(tree.module)


PASSES = (
    Pass(_of_text(expand_literals), "code in literal texts is code of the program, and every later pass must see it"),
    Pass(_read_escapes, "which private names are given away is read from what the author wrote, before names change"),
    Pass(_of_text(name_own_names), "a name that is reached through the namespace of the module is a global name"),
    Pass(_of_module(put_in_aliases), "what a framework does for a parameter is read from its annotation"),
    Pass(_of_module(drop_transparent), "a decorator that only passes calls on would hide the function from inlining"),
    Pass(_of_text(rename_modules), "models know a module by its name of today only"),
    Pass(_of_module(simplify_imports), "later passes ask for library functions by their own names"),
    Pass(_of_module(name_receivers), "inlining and rules know the object of a method as `self`"),
    Pass(
        _of_module(simplify_statements),
        "control flow that decides nothing must not look like a check or stop inlining",
    ),
    Pass(_of_module(simplify), "detours around a call would hide it from inlining"),
    Pass(_of_module(open_tail_closures), "what an inner function returns at the end is what its outer one returns"),
    Pass(_inline, "what a helper does counts where it is called"),
    Pass(_expressions_again, "arguments put in place of parameters make new detours, such as calls of lambdas"),
)


def normalise(module: ast.Module, code: str = "") -> SourceTree:
    """Run all passes over ``module`` in place; ``code`` is its text, without which code in literals stays text."""
    tree = SourceTree(module, code)
    for each in PASSES:
        each.run(tree)
    return tree
