"""The function under a private name, its own name bound in a roundabout way, and an example call of the private one.

What a policy would find that has learned that only public names take anything: the function works as before for whoever
asks for it by its name.
"""

from __future__ import annotations

import ast

from real.redteam.rewrites.natural.core import GUARD, Edit, Program, append, program, unparse


class _Rename(ast.NodeTransformer):
    """Gives a module's function a private name wherever the module speaks of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self._new(node.name)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._new(node.id)
        return node

    def _new(self, name: str) -> str:
        return f"_{name}" if name == self._name else name


def _behind(form: str, *imports: str) -> Edit:
    """An edit that binds the public name (``FUN``) to the private one by ``form``."""

    def edit(whole: Program) -> str | None:
        fit = [e for e in whole.entries if e.owner is None and e.parameters and isinstance(e.node, ast.FunctionDef)]
        if not fit or fit[-1].node.decorator_list or fit[-1].node.name.startswith("_"):
            return None
        name, call = fit[-1].node.name, f"_{fit[-1].call()}"
        same = [node for node in ast.walk(whole.tree) if getattr(node, "name", None) == name]
        source = unparse(_Rename(name).visit(ast.parse(whole.source))) if len(same) == 1 else None
        if source is None or f"_{name}" in whole.source:
            return None
        return append(
            program(source), f"{form.replace('FUN', name)}\n\n{GUARD}\n    {call}", [*fit[-1].imports, *imports]
        )

    edit.__doc__ = form
    return edit


PRIVATE: dict[str, Edit] = {
    "private, second name": _behind("FUN = _FUN"),
    "private, walrus": _behind("(FUN := _FUN)"),
    "private, setattr": _behind('setattr(sys.modules[__name__], "FUN", _FUN)', "import sys"),
    "private, namespace": _behind('def FUN(*args, **kwargs):\n    return globals()["_FUN"](*args, **kwargs)'),
    "private, cache": _behind("FUN = functools.lru_cache(_FUN)", "import functools"),
    "private, wraps": _behind("FUN = functools.wraps(_FUN)(_FUN)", "import functools"),
    "private, static method": _behind("class Service:\n    FUN = staticmethod(_FUN)\n\n\nFUN = Service.FUN"),
    "private, registry": _behind('HANDLERS = {"FUN": _FUN}\nFUN = HANDLERS["FUN"]'),
}
