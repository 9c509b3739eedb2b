"""The request of a view: which value it is, and its path where the route is fixed: the client chose the view only."""

from __future__ import annotations

import ast

from real.detector.analysis.witness import every
from real.detector.ir.definitions import renamed
from real.detector.ir.instructions import Instr, Program, Unit
from real.detector.models.library import names

_REQUESTS = frozenset({"flask.request", "quart.request"})
REQUEST_PARAMETERS = names("request req _request")
_ROUTES = frozenset({"route", "get", "post", "put", "patch", "delete"})


class FixedRoutes:
    """Asked for each reading of ``request.path``; knows Flask's decorators, whose variable parts are in ``<>``."""

    def __init__(self, program: Program) -> None:
        self._imports = any(
            instr.op == "import" and str(instr.extra) in _REQUESTS
            for unit in program.units
            for block in unit.blocks
            for instr in block.instrs
        )
        self._known: dict[Unit, bool] = {}

    def is_path_of_route(self, unit: Unit, instr: Instr) -> bool:
        """Whether an ``attr`` instruction reads the path of a request for which every route of ``unit`` is fixed."""
        if instr.extra != "path" or not self._imports or not self._is_request(unit, instr.args[0]):
            return False
        if unit not in self._known:
            self._known[unit] = every("<" not in route for route in _routes(unit))
        return self._known[unit]

    @staticmethod
    def _is_request(unit: Unit, operand: int) -> bool:
        made = renamed(unit, operand)
        if made is None:
            return False
        return str(made.extra) in _REQUESTS if made.op == "import" else made.op == "cell" and made.extra[1] == "request"


def is_request(unit: Unit, operand: int) -> bool:
    """Whether a value is, by its name, the request that a view answers: ``request``, ``self.request``."""
    made = renamed(unit, operand)
    return made is not None and made.op in ("param", "attr") and made.extra in REQUEST_PARAMETERS


def _routes(unit: Unit) -> list[str]:
    """The routes of a view; one that is no literal counts as variable."""
    found = []
    for decorator in getattr(unit.node, "decorator_list", ()):
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        if decorator.func.attr in _ROUTES:
            route = decorator.args[0] if decorator.args else None
            is_text = isinstance(route, ast.Constant) and isinstance(route.value, str)
            found.append(route.value if is_text else "<>")  # type: ignore[union-attr]
    return [str(route) for route in found]
