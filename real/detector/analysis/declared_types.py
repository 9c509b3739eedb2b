"""What the signature of a function says of its parameters where a framework enforces it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from real.detector.frontend.tree_walk import walk
from real.detector.ir.instructions import Program, Unit
from real.detector.models.catalogue import last_names, rows_of
from real.detector.models.kinds import Role
from real.detector.models.rows import Framework, Handler

# Frameworks that convert and check arguments by the annotations of a handler, and refuse what does not fit.
_ENFORCING = frozenset(row.api for row in rows_of(Framework) if row.typed)
_COMMANDS = last_names(Role.COMMAND)
_ROUTES = _COMMANDS | last_names(Role.ROUTE)
_NUMBERS = frozenset(
    {"int", "float", "bool", "Decimal", "UUID", "UUID4", "date", "datetime", "time", "timedelta", "PositiveInt"}
    | {"NonNegativeInt", "conint", "confloat", "NegativeInt", "PositiveFloat", "StrictInt", "StrictBool"}
)
_LIMITS = frozenset({"le", "lt"})
# How the names of classes of handlers end -> the methods that answer.
_HANDLERS = {row.ending: frozenset(name for name, _ in row.actions) for row in rows_of(Handler) if row.actions}
_REQUEST = "request"  # what frameworks that know views by their signature call the first parameter
# <int:number> in a route of Flask, Quart, Bottle or Django: a number, or no such page
_CONVERTER = re.compile(r"<(?:int|float|uuid):(\w+)>|<(\w+):(?:int|float)>|\{(\w+):(?:int|float|uuid)\}")


def parameter(unit: Unit, name: str) -> tuple[ast.expr | None, ast.expr | None]:
    """The annotation and the default of a parameter."""
    arguments = getattr(unit.node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return None, None
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return next(((arg.annotation, default) for arg, default in pairs if arg.arg == name), (None, None))


class Signatures:
    """Asked once for each parameter of a handler."""

    def __init__(self, program: Program) -> None:
        imports = {
            str(instr.extra).partition(".")[0]
            for unit in program.units
            for block in unit.blocks
            for instr in block.instrs
            if instr.op == "import"
        }
        self._enforced = bool(imports & _ENFORCING)
        self._enums = {
            unit.name
            for unit in program.units
            if unit.kind == "class" and any("Enum" in ast.unparse(base) for base in getattr(unit.node, "bases", ()))
        }

    def declared(self, unit: Unit, name: str) -> str | None:
        """``number``, ``limited`` (a number with an upper limit) or ``choice`` (one of some constants), if enforced."""
        routes = [decorator for decorator in getattr(unit.node, "decorator_list", ()) if _is_route(decorator)]
        if not routes:
            return None
        if any(name in _converted(route) for route in routes):
            return "number"
        annotation, default = parameter(unit, name)
        return self._annotated(annotation, default) if self._enforced and annotation is not None else None

    def _annotated(self, annotation: ast.expr, default: ast.expr | None) -> str | None:
        names = set(_names(annotation))
        if names and names <= {*self._enums, "Literal"}:
            return "choice"
        if not names or not names <= _NUMBERS:
            return None
        calls = [node for part in (annotation, default) if part is not None for node in walk(part)]
        limited = any(
            isinstance(node, ast.Call) and any(keyword.arg in _LIMITS for keyword in node.keywords) for node in calls
        )
        return "limited" if limited else "number"


def answers_requests(unit: Unit) -> bool:
    """Whether a framework calls a function for what a client asks, as far as its own definition tells."""
    if unit.kind != "function" or unit.parent is None:
        return False
    if any(_is_route(decorator) and _has_path(decorator) for decorator in getattr(unit.node, "decorator_list", ())):
        return True
    if unit.parent.kind != "class":
        return unit.parent.kind == "module" and unit.params.positional[:1] == (_REQUEST,)
    bases = [_last(base) for base in getattr(unit.parent.node, "bases", ())]
    return any(base.endswith(ending) and unit.name in names for base in bases for ending, names in _HANDLERS.items())


def no_routes(unit: Unit) -> frozenset[str]:
    """The names of decorators that are called like routes, and are none by their first text: ``patch("os.remove")``."""
    decorators = getattr(unit.node, "decorator_list", ())
    return frozenset(_last(one.func) for one in decorators if _is_route(one) and not _has_path(one))


def _is_route(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and _last(decorator.func) in _ROUTES


def _has_path(route: ast.expr) -> bool:
    """Whether the first text of a route is one: Flask, FastAPI and Starlette refuse a path that begins otherwise.

    ``@patch("module.name")`` is no route for PATCH, but a test that replaces something.
    """
    if not isinstance(route, ast.Call) or _last(route.func) in _COMMANDS:
        return True
    texts = [arg.value for arg in route.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return not texts or texts[0][:1] in ("", "/")


def _converted(route: ast.expr) -> set[str]:
    """The parts of a route that are numbers."""
    texts = [arg.value for arg in getattr(route, "args", ()) if isinstance(arg, ast.Constant)]
    return {
        next(filter(None, groups)) for text in texts if isinstance(text, str) for groups in _CONVERTER.findall(text)
    }


def _names(annotation: ast.expr) -> Iterator[str]:
    """The types of a union, seen through Optional and Annotated."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            yield "?"
            return
    if isinstance(annotation, ast.Constant):
        if annotation.value is not None:
            yield "?"
    elif isinstance(annotation, ast.BinOp):
        yield from _names(annotation.left)
        yield from _names(annotation.right)
    elif isinstance(annotation, ast.Subscript):
        holder = _last(annotation.value)
        inner = annotation.slice
        if holder in ("Optional", "Union"):
            for part in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
                yield from _names(part)
        elif holder == "Annotated" and isinstance(inner, ast.Tuple) and inner.elts:
            yield from _names(inner.elts[0])
        else:
            yield "Literal" if holder == "Literal" else "?"
    elif isinstance(annotation, ast.Call):
        yield _last(annotation.func)
    else:
        yield _last(annotation)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else "?"
