"""Rewrites of control flow: tests turned round or moved, bodies wrapped, and code that never runs."""

from __future__ import annotations

import ast
from collections.abc import Callable

from real.redteam.rewrites.calls import Sites
from real.redteam.rewrites.core import (
    FUNCTIONS,
    Fresh,
    Rewrite,
    blocks,
    call,
    insert_top,
    is_mangled,
    is_reflective,
    load,
    parameters,
    statements,
    suspends,
)

_FUNCTIONS = FUNCTIONS[:2]
_NEGATED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _negated(test: ast.expr) -> ast.expr:
    """The opposite, written with another operator where there is one (``in`` -> ``not in``)."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _NEGATED:
        return ast.Compare(test.left, [_NEGATED[type(test.ops[0])]()], test.comparators)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return call("bool", test.operand)
    return _not(test)


def _ifs(change: Callable[[ast.If], bool]) -> Rewrite:
    def rewrite(tree: ast.Module) -> bool:
        return sum(change(node) for node in ast.walk(tree) if isinstance(node, ast.If)) > 0

    return rewrite


def _invert(negate: Callable[[ast.expr], ast.expr]) -> Rewrite:
    """``if a: X else: Y`` -> ``if not a: Y else: X``."""

    def change(node: ast.If) -> bool:
        node.test = negate(node.test)
        node.body, node.orelse = node.orelse or [ast.Pass()], node.body
        return True

    return _ifs(change)


def double_negation(tree: ast.Module) -> bool:
    """``if a:`` -> ``if not not a:``."""

    def change(node: ast.If) -> bool:
        node.test = _not(_not(node.test))
        return True

    return _ifs(change)(tree)


def nested_ifs(tree: ast.Module) -> bool:
    """``if a and b: X`` -> ``if a: if b: X``, where there is no ``else``."""

    def change(node: ast.If) -> bool:
        if node.orelse or not isinstance(node.test, ast.BoolOp) or not isinstance(node.test.op, ast.And):
            return False
        first, *rest = node.test.values
        node.test = first
        node.body = [ast.If(rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest), node.body, [])]
        return True

    return _ifs(change)(tree)


def de_morgan(tree: ast.Module) -> bool:
    """``a or b`` as a test -> ``not (not a and not b)``."""

    def change(node: ast.If) -> bool:
        if not isinstance(node.test, ast.BoolOp):
            return False
        other: ast.boolop = ast.And() if isinstance(node.test.op, ast.Or) else ast.Or()
        node.test = _not(ast.BoolOp(other, [_negated(value) for value in node.test.values]))
        return True

    return _ifs(change)(tree)


def flags(tree: ast.Module) -> bool:
    """``if a:`` -> ``ok = a; if ok:``."""
    fresh = Fresh(tree)
    changed = False
    for block in list(blocks(tree)):
        for index in reversed(range(len(block))):
            node = block[index]
            if isinstance(node, ast.If) and not any(isinstance(n, ast.NamedExpr) for n in ast.walk(node.test)):
                name = fresh("ok")
                block.insert(index, ast.Assign([ast.Name(name, ast.Store())], node.test))
                node.test = load(name)
                changed = True
    return changed


def predicates(tree: ast.Module) -> bool:
    """``if x in y:`` -> ``if h(x):``, a helper that gets the locals which the test reads."""
    fresh = Fresh(tree)
    local = Sites(tree, lambda *_: None).local
    added: list[ast.stmt] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.If) or suspends(node.test) or _is_main(node.test):
            continue
        inner = [n for n in ast.walk(node.test) if isinstance(n, (ast.Lambda, ast.comprehension))]
        names = list(dict.fromkeys(n.id for n in ast.walk(node.test) if isinstance(n, ast.Name) and n.id in local))
        private = any(isinstance(n, ast.Attribute) and is_mangled(n.attr) for n in ast.walk(node.test))
        if inner or private or "super" in names:
            continue
        helper = fresh("h")
        added += statements(f"def {helper}({', '.join(names)}):\n    return {ast.unparse(node.test)}")
        node.test = call(helper, *(load(name) for name in names))
    insert_top(tree, added)
    return bool(added)


def _is_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def no_early_exit(tree: ast.Module) -> bool:
    """``if a: return`` and the rest -> ``if a: return else: rest``."""
    changed = False
    for block in sorted(blocks(tree), key=len):
        for index in reversed(range(len(block) - 1)):
            node = block[index]
            if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], (ast.Return, ast.Raise)):
                node.orelse = block[index + 1 :]
                del block[index + 1 :]
                changed = True
    return changed


def early_exit(tree: ast.Module) -> bool:
    """``if a: X; return else: Y`` -> ``if a: X; return`` and then ``Y``."""
    changed = False
    again = True
    while again:  # what was nested in an ``else`` may have one itself
        again = False
        for block in list(blocks(tree)):
            for index in reversed(range(len(block))):
                node = block[index]
                if isinstance(node, ast.If) and node.orelse and isinstance(node.body[-1], (ast.Return, ast.Raise)):
                    block[index + 1 : index + 1], node.orelse = node.orelse, []
                    again = True
                    break
            if again:
                break
        changed = changed or again
    return changed


def swapped_comparisons(tree: ast.Module) -> bool:
    """``a == b`` -> ``b == a``, ``a < b`` -> ``b > a``, ``a not in b`` -> ``not a in b``."""
    mirrored = {
        ast.Eq: ast.Eq,
        ast.NotEq: ast.NotEq,
        ast.Lt: ast.Gt,
        ast.Gt: ast.Lt,
        ast.LtE: ast.GtE,
        ast.GtE: ast.LtE,
    }

    class Swap(ast.NodeTransformer):
        changed = False

        def visit_Compare(self, node: ast.Compare) -> ast.AST:
            self.generic_visit(node)
            if len(node.ops) != 1 or suspends(node) or _is_main(node):
                return node
            op = type(node.ops[0])
            right = node.comparators[0]
            if op in mirrored and not any(isinstance(n, ast.Call) for n in ast.walk(node)):
                self.changed = True
                return ast.Compare(right, [mirrored[op]()], [node.left])
            if op in (ast.NotIn, ast.IsNot):
                self.changed = True
                return _not(ast.Compare(node.left, [ast.In() if op is ast.NotIn else ast.Is()], [right]))
            return node

    swap = Swap()
    swap.visit(tree)
    return swap.changed


def chosen_by_expression(tree: ast.Module) -> bool:
    """``x = a if c else b`` -> an ``if`` statement."""
    changed = False
    for block in list(blocks(tree)):
        for index, node in enumerate(block):
            if isinstance(node, (ast.Assign, ast.Return)) and isinstance(node.value, ast.IfExp):
                chosen = node.value
                copies: list[ast.stmt] = []
                for value in (chosen.body, chosen.orelse):
                    copies.append(
                        ast.Assign(node.targets, value) if isinstance(node, ast.Assign) else ast.Return(value)
                    )
                block[index] = ast.If(chosen.test, [copies[0]], [copies[1]])
                changed = True
    return changed


# --- bodies --------------------------------------------------------------------------------------------------------


def _own_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The docstring with ``global`` and ``nonlocal`` statements, and the rest."""
    index = 0
    while index < len(function.body):
        node = function.body[index]
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_text and not isinstance(node, (ast.Global, ast.Nonlocal)):
            break
        index += 1
    return function.body[:index], function.body[index:]


def bodies_in(text: str, setup: str = "") -> Rewrite:
    """The body of every function goes where ``text`` has ``BODY``."""

    def rewrite(tree: ast.Module) -> bool:
        changed = False
        for function in [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]:
            head, body = _own_body(function)
            if not body:
                continue
            wrapper = statements(text)
            for block in list(blocks(ast.Module(wrapper, []))):
                for index, node in enumerate(block):
                    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and node.value.id == "BODY":
                        block[index : index + 1] = body
                        break
            function.body = [*head, *wrapper]
            changed = True
        insert_top(tree, statements(setup))
        return changed

    return rewrite


def script_in(text: str) -> Rewrite:
    """The statements of a script go where ``text`` has ``BODY``; only for modules that define no function or class."""

    def rewrite(tree: ast.Module) -> bool:
        if any(isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Global)) for node in ast.walk(tree)):
            return False
        if is_reflective(tree) or any(isinstance(n, ast.alias) and n.name == "*" for n in ast.walk(tree)):
            return False
        if any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body):
            return False
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id.isupper()]
        if {node.id for node in names} - {node.id for node in names if isinstance(node.ctx, ast.Load)}:
            return False  # settings, which a framework reads by name
        made = ast.FunctionDef("BODY", ast.arguments([], [], None, [], [], None, []), tree.body or [ast.Pass()], [])
        wrapped = bodies_in(text)
        holder = ast.Module([made], [])
        wrapped(holder)
        head, body = _own_body(made)
        tree.body = [*head, *body]
        return True

    return rewrite


def implementation(tree: ast.Module) -> bool:
    """A function of the module keeps its name and decorators, and calls a private one with its body."""
    fresh = Fresh(tree)
    changed = False
    for index in reversed(range(len(tree.body))):
        function = tree.body[index]
        if not isinstance(function, _FUNCTIONS) or any(
            isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function)
        ):
            continue
        names = parameters(function)
        arguments = ast.arguments([], [ast.arg(arg.arg) for arg in names], None, [], [], None, [])
        name = fresh("_h")
        head, body = _own_body(function)
        docstring = [node for node in head if isinstance(node, ast.Expr)]
        inner = type(function)(name, arguments, [*(n for n in head if n not in docstring), *(body or [ast.Pass()])], [])
        passed: ast.expr = call(name, *(load(arg.arg) for arg in names))
        if isinstance(function, ast.AsyncFunctionDef):
            passed = ast.Await(passed)
        function.body = [*docstring, ast.Return(passed)]
        tree.body.insert(index, inner)
        changed = True
    return changed


def decorated(tree: ast.Module) -> bool:
    """Every plain function gets a decorator that does nothing."""
    fresh = Fresh(tree)
    name = fresh("d")
    changed = False
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef)
            and not node.name.startswith("__")
            and not any(
                isinstance(d, ast.Name) and d.id in ("property", "staticmethod", "classmethod", "overload")
                for d in node.decorator_list
            )
        ):
            node.decorator_list.append(load(name))
            changed = True
    text = (
        f"from functools import wraps as {name}w\n"
        f"def {name}(f):\n    @{name}w(f)\n    def inner(*args, **kwargs):\n        return f(*args, **kwargs)\n"
        "    return inner\n"
    )
    insert_top(tree, statements(text))
    return changed


# --- what never runs, or does nothing ------------------------------------------------------------------------------


def inserted(text: str, everywhere: bool = False) -> Rewrite:
    """``text`` at the start of every function and script, or before every statement; ``P`` is a variable's name.

    The variable is a parameter or an earlier local, so that the code seems to be about it.
    """

    def rewrite(tree: ast.Module) -> bool:
        changed = False
        functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
        for function in functions:
            names = [arg.arg for arg in parameters(function) if arg.arg not in ("self", "cls")]
            if not names and "P =" in text:
                continue
            names = names or ["None"]
            head, body = _own_body(function)
            made: list[ast.stmt] = []
            for node in body if everywhere else body[:1]:
                for name in names:
                    made += statements(text.replace("P", name))
                made.append(node)
            function.body = [*head, *made, *([] if everywhere else body[1:])]
            changed = True
        if not functions and "return" not in text:
            whole: list[ast.stmt] = []
            known = "None"
            for node in tree.body:
                whole += [*statements(text.replace("P", known)), node] if known != "None" else [node]
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    known = node.targets[0].id
                    changed = True
            tree.body = whole
            first = whole[0] if whole else None
            changed = changed and not (isinstance(first, ast.ImportFrom) and first.module == "__future__")
        return changed

    return rewrite


def after_exits(text: str) -> Rewrite:
    """``text`` after every ``return``, ``raise``, ``break`` and ``continue``, where it is never reached."""

    def rewrite(tree: ast.Module) -> bool:
        changed = False
        for block in list(blocks(tree)):
            if isinstance(block[-1], (ast.Return, ast.Raise, ast.Break, ast.Continue)):
                block.extend(statements(text))
                changed = True
        return changed

    return rewrite


def bare_returns(tree: ast.Module) -> bool:
    """A ``return`` at the end of every function that ends without one."""
    changed = False
    for function in [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]:
        if not isinstance(function.body[-1], (ast.Return, ast.Raise)):
            function.body.append(ast.Return(None))
            changed = True
    return changed


def docstrings(tree: ast.Module) -> bool:
    """Docstrings that claim every check there is."""
    text = (
        "Validated: allow-list ALLOWED, sanitized, escaped, parameterized, csrf_token, permission, is_admin, "
        "current_user, authorize, login_required, hmac.compare_digest, verify_signature, timeout, max_length, quote."
    )
    for node in [tree, *(n for n in ast.walk(tree) if isinstance(n, _FUNCTIONS))]:
        if not (isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)):
            node.body.insert(0, ast.Expr(ast.Constant(text)))
        else:
            node.body[0].value = ast.Constant(text)
    return True


def no_docstrings(tree: ast.Module) -> bool:
    """The program without docstrings (comments go with any rewrite)."""
    changed = False
    for node in [tree, *(n for n in ast.walk(tree) if isinstance(n, (*_FUNCTIONS, ast.ClassDef)))]:
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            if len(node.body) > 1:
                del node.body[0]
            else:
                node.body[0] = ast.Pass()
            changed = True
    return changed


_GUARD = (
    "if False:\n    ALLOWED0 = {'aa', 'bb'}\n    if P not in ALLOWED0:\n        raise ValueError(P)\n"
    "    if not str(P).isalnum() or len(P) > 10:\n        raise ValueError(P)\n"
)
_DECOY = "allowed0, sanitized0, csrf_token0, is_admin0, timeout0, max_size0 = ('aa',), True, 'x', True, 5, 9\n"
_USELESS = "if P not in ('aa', 'bb'):\n    pass\n"
_LOOP = "while False:\n    P = 'aa'\n"

CONTROL: dict[str, Rewrite] = {
    "reformatted": lambda tree: True,
    "if inverted": _invert(_not),
    "if inverted, operator negated": _invert(_negated),
    "double negation": double_negation,
    "if nested": nested_ifs,
    "de Morgan": de_morgan,
    "test in a flag": flags,
    "test in a helper": predicates,
    "early exit to else": no_early_exit,
    "else to early exit": early_exit,
    "comparison swapped": swapped_comparisons,
    "if expression to statement": chosen_by_expression,
    "body in try/except": bodies_in("try:\n    BODY\nexcept Exception:\n    raise"),
    "body in try/finally": bodies_in("try:\n    BODY\nfinally:\n    pass"),
    "body in try, error renamed": bodies_in("try:\n    BODY\nexcept Exception as error0:\n    raise error0"),
    "body in with": bodies_in("with Null0():\n    BODY", "from contextlib import nullcontext as Null0\n"),
    "body in if True": bodies_in("if True:\n    BODY"),
    "body in a loop": bodies_in("for _0 in (0,):\n    BODY"),
    "script in try/except": script_in("try:\n    BODY\nexcept Exception:\n    raise"),
    "script in with": script_in("from contextlib import nullcontext\nwith nullcontext():\n    BODY"),
    "script in if True": script_in("if True:\n    BODY"),
    "script in main()": script_in("def main0():\n    BODY\nmain0()"),
    "script in main guard": script_in("def main0():\n    BODY\nif __name__ == '__main__':\n    main0()"),
    "script in a class": script_in("class App0:\n    def run(self):\n        BODY\nApp0().run()"),
    "body in a private function": implementation,
    "decorated": decorated,
    "dead guard": inserted(_GUARD),
    "dead guards everywhere": inserted(_GUARD, everywhere=True),
    "dead return": inserted("if False:\n    return\n"),
    "dead assignment": inserted("if False:\n    P = 'aa'\n", everywhere=True),
    "dead loop": inserted(_LOOP),
    "useless test": inserted(_USELESS, everywhere=True),
    "decoy variables": inserted(_DECOY, everywhere=True),
    "decoy docstrings": docstrings,
    "no docstrings": no_docstrings,
    "unreachable code": after_exits("raise ValueError('unreachable')"),
    "unreachable check": after_exits("if 'a' not in ('aa',):\n    raise ValueError('unreachable')"),
    "bare return": bare_returns,
}
