"""What a call passes for the parameters of the function that replaces it."""

from __future__ import annotations

import ast

from real.detector.frontend.normalise.inline_callee import Callee, nodes_in

MARK = "~"  # separates a variable of inlined code from the number of the call


def passed_arguments(node: ast.Call, callee: Callee, receiver: ast.expr | None) -> dict[str, ast.expr] | None:
    """Parameter -> what is passed for it; ``None`` where that cannot be told."""
    arguments = callee.node.args
    positional = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
    values = [*([receiver] if receiver is not None else []), *node.args]
    if len(values) > len(positional) or any(isinstance(value, ast.Starred) for value in values):
        return None
    passed = dict(zip(positional, values, strict=False))
    known = {*positional, *(arg.arg for arg in arguments.kwonlyargs)}
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in passed or keyword.arg not in known:
            return None
        passed[keyword.arg] = keyword.value
    defaults = dict(zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    for name in known - passed.keys():
        default = defaults.get(name)
        if not isinstance(default, ast.Constant):
            return None
        passed[name] = default
    return passed


def passed_with_state(node: ast.Call, made: ast.Call, callee: Callee) -> dict[str, ast.expr] | None:
    """The same for ``C(a).m(b)``, where the parameters are those of ``C`` and then those of ``m``."""
    if len(made.args) > callee.made_of or any(isinstance(arg, ast.Starred) for arg in made.args):
        return None
    names = [arg.arg for arg in callee.node.args.args[: callee.made_of]]
    state = dict(zip(names, made.args, strict=False))
    for keyword in made.keywords:
        name = next((name for name in names if name.partition(MARK)[0] == keyword.arg), None)
        if name is None or name in state:
            return None
        state[name] = keyword.value
    if len(state) != callee.made_of or len(node.args) > len(callee.node.args.args) - callee.made_of:
        return None
    rest = ast.Call(node.func, [state[name] for name in names] + node.args, node.keywords)
    passed = passed_arguments(rest, callee, None)
    return {name: passed[name] for name in (*state, *(p for p in passed if p not in state))} if passed else passed


def is_path(node: ast.expr) -> bool:
    """A name, a constant, or an attribute or constant item of a name: reading it again changes nothing."""
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            return False
        node = node.value
        return isinstance(node, ast.Name)
    return isinstance(node, (ast.Name, ast.Constant))


def uses_of(body: list[ast.stmt], passed: dict[str, ast.expr]) -> dict[str, int]:
    """How often each parameter is read; -1 if by a function inside, or if the path may be stored to."""
    found = dict.fromkeys(passed, 0)
    stores = False
    for node, depth in nodes_in(body):
        if isinstance(node, ast.Name) and node.id in found:
            found[node.id] = -1 if depth == 2 or found[node.id] < 0 else found[node.id] + 1 + depth
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            stores = True
    if stores:
        for name, value in passed.items():
            if isinstance(value, (ast.Attribute, ast.Subscript)):
                found[name] = -1
    return found


def call_again(node: ast.Call, given: dict[int, ast.Name]) -> ast.Call:
    """The call with variables for what has been evaluated."""

    def value(passed: ast.expr) -> ast.expr:
        found = given.get(id(passed))
        return ast.copy_location(found, passed) if found is not None else passed

    func = node.func
    if isinstance(func, ast.Attribute):
        holder = value(func.value)
        if isinstance(holder, ast.Call):
            holder = call_again(holder, given)
        func = ast.copy_location(ast.Attribute(holder, func.attr, ast.Load()), func)
    keywords = [ast.copy_location(ast.keyword(k.arg, value(k.value)), k) for k in node.keywords]
    return ast.copy_location(ast.Call(func, [value(arg) for arg in node.args], keywords), node)
