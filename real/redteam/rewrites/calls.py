"""Rewrites of calls: each ordinary call is made in another way."""

from __future__ import annotations

import ast
from collections.abc import Callable

from real.redteam.rewrites.core import (
    REFLECTION,
    Fresh,
    Rewrite,
    call,
    insert_top,
    is_mangled,
    load,
    local_names,
    statements,
    suspends,
)

# Makes the replacement of a call, or None to leave it.
Maker = Callable[["Sites", ast.Call, bool], "ast.expr | None"]


class Sites(ast.NodeTransformer):
    """Visits the calls that run in functions and at module level, innermost first.

    Calls in decorators, default values, annotations, bases and class bodies declare things: frameworks read those.
    """

    def __init__(self, tree: ast.Module, make: Maker) -> None:
        self.tree = tree
        self.fresh = Fresh(tree)
        self.local = local_names(tree)
        self.make = make
        self.changed = False
        self.added: list[ast.stmt] = []
        self.in_class = False

    def run(self) -> bool:
        self.visit(self.tree)
        insert_top(self.tree, self.added)
        return self.changed

    def _body(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, in_class: bool) -> None:
        outer, self.in_class = self.in_class, in_class
        node.body = [self.visit(statement) for statement in node.body]
        self.in_class = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._body(node, False)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self._body(node, False)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._body(node, True)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.body = self.visit(node.body)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Call):
            node.value = self._call(node.value, True)
        else:
            self.generic_visit(node)
        return node

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        return node

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self._call(node, False)

    def _call(self, node: ast.Call, is_statement: bool) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return node
        self.generic_visit(node)
        func = node.func
        if self.in_class or (isinstance(func, ast.Name) and func.id in REFLECTION):
            return node
        if isinstance(func, ast.Attribute) and is_mangled(func.attr):
            return node
        if any(isinstance(inner, ast.Name) and inner.id == "super" for inner in ast.walk(func)):
            return node
        made = self.make(self, node, is_statement)
        self.changed = self.changed or made is not None
        return made if made is not None else node

    def is_global(self, name: str) -> bool:
        """Whether the name is certainly one of the module or a builtin."""
        return name not in self.local and not is_mangled(name)


def by_call(make: Maker) -> Rewrite:
    """A rewrite of every call."""
    return lambda tree: Sites(tree, make).run()


def _split(sites: Sites, node: ast.Call) -> tuple[list[str], list[ast.expr], ast.Call]:
    """Parameters, what is passed for them, and the same call made of the parameters."""
    names: list[str] = []
    passed: list[ast.expr] = []

    def parameter(value: ast.expr) -> ast.expr:
        names.append(sites.fresh("p"))
        passed.append(value)
        return load(names[-1])

    func = node.func
    if isinstance(func, ast.Attribute):
        root = func.value
        while isinstance(root, ast.Attribute):
            root = root.value
        if not (isinstance(root, ast.Name) and sites.is_global(root.id)):
            func = ast.Attribute(parameter(func.value), func.attr, ast.Load())
    elif not (isinstance(func, ast.Name) and sites.is_global(func.id)):
        func = parameter(func)
    args = [
        ast.Starred(parameter(arg.value), ast.Load()) if isinstance(arg, ast.Starred) else parameter(arg)
        for arg in node.args
    ]
    keywords = [ast.keyword(keyword.arg, parameter(keyword.value)) for keyword in node.keywords]
    return names, passed, ast.Call(func, args, keywords)


def _function(name: str, names: list[str], inner: ast.expr, is_statement: bool) -> ast.stmt:
    keyword = "" if is_statement else "return "
    return statements(f"def {name}({', '.join(names)}):\n    {keyword}{ast.unparse(inner)}")[0]


def helper(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``o.m(a)`` -> ``h(o, a)`` with ``def h(p, q): return p.m(q)``."""
    names, passed, inner = _split(sites, node)
    name = sites.fresh("h")
    sites.added.append(_function(name, names, inner, is_statement))
    return call(name, *passed)


def method(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a)`` -> ``C().m(a)``, where the method makes the call."""
    names, passed, inner = _split(sites, node)
    cls, self_name = sites.fresh("C"), sites.fresh("s")
    made = ast.ClassDef(cls, [], [], [_function("m", [self_name, *names], inner, is_statement)], [])
    sites.added.append(made)
    return call(ast.Attribute(call(cls), "m", ast.Load()), *passed)


def static_method(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a)`` -> ``C.m(a)``, a static method."""
    names, passed, inner = _split(sites, node)
    cls = sites.fresh("C")
    made = _function("m", names, inner, is_statement)
    assert isinstance(made, ast.FunctionDef)
    made.decorator_list = [load("staticmethod")]
    sites.added.append(ast.ClassDef(cls, [], [], [made], []))
    return call(ast.Attribute(load(cls), "m", ast.Load()), *passed)


def state(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a)`` -> ``C(a).m()``: the arguments pass through attributes of an instance."""
    names, passed, inner = _split(sites, node)
    cls, this = sites.fresh("C"), sites.fresh("s")
    stores = [f"{this}.{name} = {name}" for name in names] or ["pass"]
    text = f"class {cls}:\n    def __init__({', '.join([this, *names])}):\n        "
    text += "\n        ".join(stores)
    made = statements(text)[0]
    assert isinstance(made, ast.ClassDef)
    reads = {name: ast.Attribute(load(this), name, ast.Load()) for name in names}

    class Read(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return reads.get(node.id, node)

    made.body.append(_function("m", [this], Read().visit(inner), is_statement))
    sites.added.append(made)
    return call(ast.Attribute(call(cls, *passed), "m", ast.Load()))


def in_lambda(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a)`` -> ``(lambda p: f(p))(a)``."""
    names, passed, inner = _split(sites, node)
    arguments = ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])
    return call(ast.Lambda(arguments, inner), *passed)


def closure(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a)`` -> ``h(a)()``, where ``h`` returns a function that makes the call."""
    names, passed, inner = _split(sites, node)
    outer, nested = sites.fresh("h"), sites.fresh("k")
    made = statements(f"def {outer}({', '.join(names)}):\n    return {nested}")[0]
    assert isinstance(made, ast.FunctionDef)
    made.body.insert(0, _function(nested, [], inner, is_statement))
    sites.added.append(made)
    return call(call(outer, *passed))


def thunk(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``f(a)`` -> ``(lambda: f(a))()``: the names are free in the lambda."""
    if suspends(node):
        return None
    arguments = ast.arguments([], [], None, [], [], None, [])
    return call(ast.Lambda(arguments, node))


def _attribute(sites: Sites, node: ast.Call, name: Callable[[str], ast.expr]) -> ast.expr | None:
    if not isinstance(node.func, ast.Attribute) or "getattr" in sites.local:
        return None
    node.func = call("getattr", node.func.value, name(node.func.attr))
    return node


def by_getattr(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``o.m(a)`` -> ``getattr(o, "m")(a)``."""
    return _attribute(sites, node, ast.Constant)


def _expression(text: str) -> ast.expr:
    tree = ast.parse(text, mode="eval")
    return tree.body


def built_name(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``o.method(a)`` -> ``getattr(o, "met" + "hod")(a)``."""
    return _attribute(sites, node, lambda n: _expression(f"{n[: len(n) // 2]!r} + {n[len(n) // 2 :]!r}"))


def joined_name(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``o.method(a)`` -> ``getattr(o, "".join(["met", "hod"]))(a)``."""
    return _attribute(sites, node, lambda n: _expression(f"''.join([{n[: len(n) // 2]!r}, {n[len(n) // 2 :]!r}])"))


def reversed_name(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``o.method(a)`` -> ``getattr(o, "dohtem"[::-1])(a)``."""
    return _attribute(sites, node, lambda n: _expression(f"{n[::-1]!r}[::-1]"))


def replaced_name(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``o.method(a)`` -> ``getattr(o, "m~ethod".replace("~", ""))(a)``."""
    return _attribute(sites, node, lambda n: _expression(f"{n[0] + '~' + n[1:]!r}.replace('~', '')"))


def formatted_name(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``o.method(a)`` -> ``getattr(o, "%s%s" % ("met", "hod"))(a)``."""
    return _attribute(sites, node, lambda n: _expression(f"'%s%s' % ({n[: len(n) // 2]!r}, {n[len(n) // 2 :]!r})"))


def starred(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``f(a, b, k=c)`` -> ``f(*[a, b], **{"k": c})``."""
    if not node.args and not node.keywords:
        return None
    if node.args:
        node.args = [ast.Starred(ast.List(node.args, ast.Load()), ast.Load())]
    named = [keyword for keyword in node.keywords if keyword.arg is not None]
    if named and len(named) == len(node.keywords):
        keys: list[ast.expr | None] = [ast.Constant(keyword.arg) for keyword in named]
        node.keywords = [ast.keyword(None, ast.Dict(keys, [keyword.value for keyword in named]))]
    return node


def partial(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a, k=b)`` -> ``functools.partial(f, a, k=b)()``."""
    name = sites.fresh("q")
    sites.added.append(statements(f"from functools import partial as {name}")[0])
    return call(ast.Call(load(name), [node.func, *node.args], node.keywords))


def listed(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a)`` -> ``[f][0](a)``."""
    held = ast.Subscript(ast.List([node.func], ast.Load()), ast.Constant(0), ast.Load())
    return ast.Call(held, node.args, node.keywords)


def dispatched(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``f(a)`` -> ``{"k": f}["k"](a)``."""
    table = ast.Dict([ast.Constant("k")], [node.func])
    return ast.Call(ast.Subscript(table, ast.Constant("k"), ast.Load()), node.args, node.keywords)


def mapped(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``f(a)`` -> ``next(map(f, [a]))``, for calls with one argument."""
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        return None
    if {"next", "map"} & sites.local:
        return None
    return call("next", call("map", node.func, ast.List(node.args, ast.Load())))


def dunder(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr:
    """``o.m(a)`` -> ``o.m.__call__(a)``."""
    return ast.Call(ast.Attribute(node.func, "__call__", ast.Load()), node.args, node.keywords)


def caller(sites: Sites, node: ast.Call, is_statement: bool) -> ast.expr | None:
    """``o.m(a)`` -> ``methodcaller("m", a)(o)``."""
    if not isinstance(node.func, ast.Attribute) or any(isinstance(arg, ast.Starred) for arg in node.args):
        return None
    if any(keyword.arg in (None, "name") for keyword in node.keywords) or suspends(node):
        return None
    if any(isinstance(inner, ast.Call) for inner in ast.walk(node.func)):
        return None  # it would be evaluated after the arguments
    name = sites.fresh("q")
    sites.added.append(statements(f"from operator import methodcaller as {name}")[0])
    made = ast.Call(load(name), [ast.Constant(node.func.attr), *node.args], node.keywords)
    return call(made, node.func.value)


CALLS: dict[str, Rewrite] = {
    "call in a helper": by_call(helper),
    "call in a method": by_call(method),
    "call in a static method": by_call(static_method),
    "call through instance state": by_call(state),
    "call in a lambda": by_call(in_lambda),
    "call in a closure": by_call(closure),
    "call in a thunk": by_call(thunk),
    "getattr": by_call(by_getattr),
    "getattr, name by +": by_call(built_name),
    "getattr, name by join": by_call(joined_name),
    "getattr, name by %": by_call(formatted_name),
    "getattr, name reversed": by_call(reversed_name),
    "getattr, name by replace": by_call(replaced_name),
    "starred arguments": by_call(starred),
    "functools.partial": by_call(partial),
    "function in a list": by_call(listed),
    "function in a dict": by_call(dispatched),
    "map": by_call(mapped),
    "__call__": by_call(dunder),
    "methodcaller": by_call(caller),
}
