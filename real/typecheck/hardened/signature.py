"""Signatures: what the starter code asks for has to exist, and be callable in the same way.

Added or improved annotations are welcome; names, order, kinds and defaults of the parameters are the task's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.typecheck.hardened.final_bindings import FinalBindings
from real.typecheck.hardened.program_tree import FUNCTIONS, FunctionNode, ProgramTree
from real.typecheck.hardened.rule import Rule
from real.typecheck.hardened.starter import AskedFunction, Starter, parameter_kinds
from real.types import Finding

MISSING = Rule(
    "signature:missing",
    "the function or class of the starter code is not there",
    "The task names what is called. "
    "A program that defines something else, or only imports the name, does not answer it.",
    "Define it at the top level, with the name of the starter code.",
)
REBOUND = Rule(
    "signature:rebound",
    "the name ends up bound to something else",
    "What counts is what the name stands for when the program has run: a later assignment, an import or a "
    "decorator that replaces the function also replaces its signature.",
    "Bind the name once, with def or class, and call helpers from its body.",
)
FORM = Rule(
    "signature:form",
    "a different kind of definition",
    "A class in the place of a function, `async def` in the place of `def`, or a static method in the place of a "
    "method is called in another way.",
    "Use the form of the starter code.",
)
PARAMETERS = Rule(
    "signature:parameters",
    "parameters other than those of the starter code",
    "Names, order and kinds of the parameters are the interface that callers rely on, by position or by name.",
    "Take the parameters of the starter code over as they are, and add annotations.",
)
DEFAULT = Rule(
    "signature:default",
    "a default other than that of the starter code",
    "A caller that leaves the argument out gets another result; a new default hides that an argument is required.",
    "Restore the default of the starter code.",
)
SWALLOWED = Rule(
    "signature:swallowed",
    "*args or **kwargs that swallow the parameters",
    "`def f(*args, **kwargs)` accepts any call, so no type checker can tell a right call from a wrong one.",
    "Write the parameters of the starter code.",
)

RULES = (MISSING, REBOUND, FORM, PARAMETERS, DEFAULT, SWALLOWED)

_KEEPING = frozenset(
    {
        *("functools.cache", "functools.lru_cache", "functools.cached_property", "builtins.property"),
        *("builtins.staticmethod", "builtins.classmethod", "typing.final", "typing.override"),
        *("typing_extensions.override", "abc.abstractmethod", "typing.overload"),
    }
)
_STARRED = ("*", "**")


def check(program: ProgramTree, starter: Starter) -> Iterator[Finding]:
    """The findings of the rules of this module, in no particular order."""
    bindings = FinalBindings(program.tree.body)
    reassigned = {name for node in program.nodes if isinstance(node, ast.Global) for name in node.names}
    tops = [*starter.classes, *(wanted.name for wanted in starter.functions if wanted.owner is None)]
    for name in tops:
        if name not in bindings:
            yield MISSING.at(1, f"{name} is not defined at the top level")
        elif name in reassigned or not isinstance(bindings[name], (*FUNCTIONS, ast.ClassDef)):
            yield REBOUND.on(bindings[name], f"{name} does not stay what def or class made it")
    for wanted in starter.functions:
        place = bindings.classes(wanted.owner) if wanted.owner else bindings
        found = place.get(wanted.name)
        if wanted.owner and isinstance(bindings.get(wanted.owner), ast.ClassDef) and found is None:
            yield MISSING.on(bindings[wanted.owner], f"{wanted.owner} has no method {wanted.name}")
        elif isinstance(found, ast.ClassDef):
            yield FORM.on(found, f"{wanted.title} is a class, and a function was asked for")
        elif isinstance(found, FUNCTIONS):
            yield from _compare(program, bindings, wanted, found)
        elif wanted.owner and found is not None:
            yield REBOUND.on(found, f"{wanted.title} does not stay what def made it")


def _compare(
    program: ProgramTree, bindings: FinalBindings, wanted: AskedFunction, found: FunctionNode
) -> Iterator[Finding]:
    if isinstance(found, ast.AsyncFunctionDef) != isinstance(wanted.function, ast.AsyncFunctionDef):
        yield FORM.on(found, f"{wanted.title} is {'async' if isinstance(found, ast.AsyncFunctionDef) else 'not async'}")
    if _method_kind(program, found) != _method_kind(program, wanted.function):
        yield FORM.on(found, f"{wanted.title} is not decorated as in the starter code")
    for decorator in found.decorator_list:
        name = program.dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
        maker = bindings.get(name)
        if name not in _KEEPING and not (isinstance(maker, FUNCTIONS) and _keeps_parameters(maker)):
            yield REBOUND.on(decorator, f"the decorator {ast.unparse(decorator)} may replace {wanted.title}")
    yield from _compare_parameters(wanted, found)


def _method_kind(program: ProgramTree, function: FunctionNode) -> frozenset[str]:
    kinds = {"builtins.staticmethod", "builtins.classmethod", "builtins.property", "functools.cached_property"}
    return frozenset(kinds & {program.dotted(decorator) for decorator in function.decorator_list})


def _keeps_parameters(decorator: FunctionNode) -> bool:
    """Whether a decorator of the program returns its function, or a wrapper with the parameters of a ParamSpec."""
    wrappers = [node for node in ast.walk(decorator) if isinstance(node, FUNCTIONS) and node is not decorator]
    for wrapper in wrappers:
        for star, attribute in ((wrapper.args.vararg, "args"), (wrapper.args.kwarg, "kwargs")):
            annotation = star.annotation if star else None
            if star and not (isinstance(annotation, ast.Attribute) and annotation.attr == attribute):
                return False
    return True


def _compare_parameters(wanted: AskedFunction, found: FunctionNode) -> Iterator[Finding]:
    theirs = list(parameter_kinds(wanted.function.args))
    ours = list(parameter_kinds(found.args))
    known = {kind for _, kind, _ in theirs}
    swallowing = [name for name, kind, _ in ours if kind in _STARRED and kind not in known]
    names = [name for name, _, _ in theirs]
    if swallowing and any(name not in {own for own, _, _ in ours} for name in names):
        yield SWALLOWED.on(found, f"{wanted.title} takes any arguments; the parameters are ({', '.join(names)})")
        return
    if [(name, kind) for name, kind, _ in ours] != [(name, kind) for name, kind, _ in theirs]:
        yield PARAMETERS.on(found, f"{wanted.title} {_difference(theirs, ours)}")
        return
    for (name, _, old), (_, _, new) in zip(theirs, ours, strict=True):
        if _text(old) != _text(new):
            yield DEFAULT.on(found, f"the default of {name} is {_text(new) or 'gone'}, not {_text(old) or 'required'}")


_Parameter = tuple[str, str, ast.expr | None]


def _difference(theirs: list[_Parameter], ours: list[_Parameter]) -> str:
    """What is other than in the starter code, in words."""
    old, new = [name for name, _, _ in theirs], [name for name, _, _ in ours]
    dropped, added = [n for n in old if n not in new], [n for n in new if n not in old]
    if dropped and added:
        return f"has the parameters ({', '.join(new)}), not ({', '.join(old)})"
    if dropped:
        return f"lacks the parameter{'s' if len(dropped) > 1 else ''} {', '.join(dropped)}"
    if added:
        return f"has parameters that were not asked for: {', '.join(added)}"
    if old != new:
        return f"has its parameters in another order: ({', '.join(new)}), not ({', '.join(old)})"
    changed = [f"{n} is {k}, not {w}" for (n, k, _), (_, w, _) in zip(ours, theirs, strict=True) if k != w]
    return f"has parameters of another kind: {', '.join(changed)}"


def _text(default: ast.expr | None) -> str:
    return "" if default is None else ast.unparse(default)
