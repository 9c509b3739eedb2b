"""Rewrites that add code which never runs or does nothing, and what only people read."""

from __future__ import annotations

import ast

from real.redteam.rewrites.core import (
    FUNCTIONS,
    Rewrite,
    blocks,
    own_body,
    parameters,
    statements,
)

_FUNCTIONS = FUNCTIONS[:2]
_GUARD = (
    "if False:\n    ALLOWED0 = {'aa', 'bb'}\n    if P not in ALLOWED0:\n        raise ValueError(P)\n"
    "    if not str(P).isalnum() or len(P) > 10:\n        raise ValueError(P)\n"
)
_DECOY = "allowed0, sanitized0, csrf_token0, is_admin0, timeout0, max_size0 = ('aa',), True, 'x', True, 5, 9\n"
_USELESS = "if P not in ('aa', 'bb'):\n    pass\n"
_LOOP = "while False:\n    P = 'aa'\n"


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
            head, body = own_body(function)
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


IDLE_CODE: dict[str, Rewrite] = {
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
