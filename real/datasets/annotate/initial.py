"""The first annotations: every parameter and result of every function gets the type that was seen there."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from real.datasets.annotate.scopes import Function, functions, own_nodes, parameters
from real.datasets.annotate.shapes import Renderer, Shape, filled, merged

_BARE = frozenset(
    [
        "list",
        "dict",
        "set",
        "tuple",
        "frozenset",
        "List",
        "Dict",
        "Set",
        "Tuple",
        "deque",
        "defaultdict",
        "Counter",
        "Callable",
    ]
)


def annotate(tree: ast.Module, seen: Mapping[str, Shape], filler: str) -> bool:
    """Annotate in place; returns whether ``filler`` had to stand in for something that was not seen."""
    renderer = Renderer(seen)
    guessed = False
    for name, function in functions(tree):
        method = "." in name and "<locals>" not in name.rpartition(".")[0].rpartition(".")[2]
        static = any(ast.unparse(d) == "staticmethod" for d in function.decorator_list)
        for at, parameter in enumerate(parameters(function)):
            if (at == 0 and method and not static) or not _wanting(parameter.annotation):
                continue
            text = renderer.render(_parameter(name, function, parameter, seen))
            guessed |= "?" in text
            parameter.annotation = _expression(filled(text, filler))
        if _wanting(function.returns):
            text = _result(name, function, seen, renderer)
            guessed |= "?" in text
            function.returns = _expression(filled(text, filler))
    return guessed


def _wanting(annotation: ast.expr | None) -> bool:
    return annotation is None or (isinstance(annotation, ast.Name) and annotation.id in _BARE)


def _parameter(name: str, function: Function, parameter: ast.arg, seen: Mapping[str, Shape]) -> Shape:
    shape = merged(seen.get(f"{name}:param:{parameter.arg}", {}))
    if parameter is function.args.vararg:
        return merged(*(part for parts in shape.values() for part in parts))
    if parameter is function.args.kwarg:
        return shape.get("dict", [{}, {}])[1]
    later = seen.get(f"{name}:local:{parameter.arg}", {})
    for head, parts in shape.items():  # an empty list that is filled later tells its items there
        if head in later:
            shape[head] = [part or other for part, other in zip(parts, later[head], strict=True)]
    default = _default(function, parameter)
    if isinstance(default, ast.Constant) and type(default.value) in (int, float, str, bool, type(None)):
        kind = "None" if default.value is None else type(default.value).__name__
        shape = merged(shape, {kind: []})
    return shape


def _default(function: Function, parameter: ast.arg) -> ast.expr | None:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    for arg, value in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        if arg is parameter:
            return value
    return next((v for a, v in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if a is parameter), None)


def _result(name: str, function: Function, seen: Mapping[str, Shape], renderer: Renderer) -> str:
    inside = list(own_nodes(function))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inside):
        return f"Iterator[{renderer.render(seen.get(f'{name}:yield', {}))}]"
    if not any(isinstance(node, ast.Return) and node.value is not None for node in inside):
        return "None"
    return renderer.render(seen.get(f"{name}:return", {}))


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
