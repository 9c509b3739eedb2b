"""Functions whose results a framework sends as a page (CWE-79).

Text that such a view returns has the type ``text/html`` (Flask's quickstart, "About Responses"). The application object
may be handed in, imported or made elsewhere: which framework it is of, the imports of the program say.
"""

from __future__ import annotations

import ast

from real.detector.analysis.facts import Facts
from real.detector.analysis.values import BOTTOM, Value
from real.detector.concepts.endpoints import App, app_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names, rows_of
from real.detector.models.kinds import Role
from real.detector.models.rows import Framework, Handler
from real.detector.vocabulary import JSON_FRAMEWORKS

_FRAMEWORKS = tuple(row.api for row in rows_of(Framework) if row.html)
_OBJECTS = tuple(f"{name}." for name in _FRAMEWORKS)
_REGISTRARS = last_names(Role.REGISTRAR, Role.CALLBACK, below=_OBJECTS)
_DECORATORS = last_names(Role.ROUTE, Role.ERROR_HANDLER, below=_OBJECTS)
_PAGE_VIEWS = frozenset(calls_of(Role.PAGE_VIEW))
# Frameworks with the same decorators, whose views return JSON or response objects; and those on top of Flask that do.
_OTHERS = JSON_FRAMEWORKS | {row.api for row in rows_of(Framework) if row.web and not row.html}
_KNOWN = _OTHERS | frozenset(_FRAMEWORKS)
_CLASSES = {row.api.rpartition(".")[2]: row for row in rows_of(Handler) if row.api.startswith(_FRAMEWORKS)}


def is_html_view(facts: Facts, unit: Unit) -> bool:
    """Whether a framework sends text that the function returns as HTML."""
    declared = facts.declarations(unit)
    if declared.words & _PAGE_VIEWS or "response_class" in _keywords(unit):
        return "HTML" in _keywords(unit).get("response_class", "HTML")
    return unit in facts.shared(_html_views)


def _html_views(facts: Facts) -> frozenset[Unit]:
    app = app_of(facts)
    if not app.uses(*_FRAMEWORKS) and not _names_framework(facts):
        return frozenset()
    found = {unit for unit in facts.functions if _is_declared(facts, app, unit) or _is_of_view_class(app, unit)}
    for unit, instr in facts.steps("call", "method"):
        if _registers(facts, app, unit, instr):
            for arg in instr.args[1:]:
                found |= _functions(facts.value(unit, arg))
    return frozenset(found)


def _functions(value: Value) -> set[Unit]:
    """The functions of the program that a value may be; of a bound method the function."""
    held = [inner for obj in value.objs if obj.kind == "bound" for inner in obj.fields.get("function", BOTTOM).objs]
    found = (obj.unit for obj in (*value.objs, *held) if obj.kind == "function")
    return {unit for unit in found if unit is not None}


def _names_framework(facts: Facts) -> bool:
    """Whether a decorator is one of a framework, however it got its name (a fragment without imports)."""
    return any(call.startswith(_OBJECTS) for unit in facts.functions for call in facts.declarations(unit).calls)


def _is_declared(facts: Facts, app: App, unit: Unit) -> bool:
    """``@app.route("/")``, ``@pages.get("/")``, whatever made ``app`` and ``pages``."""
    decorators = [d.func if isinstance(d, ast.Call) else d for d in getattr(unit.node, "decorator_list", ())]
    written = {d.attr if isinstance(d, ast.Attribute) else getattr(d, "id", "") for d in decorators}
    if not written & _DECORATORS:
        return False
    return _is_html_framework(app, set(facts.declarations(unit).calls))


def _is_html_framework(app: App, calls: set[str]) -> bool:
    """Whether one of the methods is of an application that sends text as HTML, or of one that is not seen."""
    paths = {call for call in calls if "." in call.strip(".") and call.rpartition(".")[2] in _DECORATORS}
    if any(path.startswith(_OBJECTS) for path in paths):
        return True
    if any(path.partition(".")[0] in _OTHERS for path in paths) or not app.uses(*_FRAMEWORKS):
        return False
    unseen = not paths or any(path.startswith(".") or path.partition(".")[0] not in _KNOWN for path in paths)
    return unseen and not app.uses(*(name for name in _OTHERS if not name.startswith(_FRAMEWORKS)))


def _is_of_view_class(app: App, unit: Unit) -> bool:
    """Whether a function is a method of a class-based view that answers requests."""
    owner = app.classes.get(unit.parent) if unit.is_method and unit.parent is not None else None
    if owner is None or not app.uses(*_FRAMEWORKS) or app.uses(*_OTHERS):
        return False
    rows = [_CLASSES[base] for base in owner.bases if base in _CLASSES]
    names = {name for row in rows for name, _ in row.actions}
    return unit.name in names or (any(not row.actions for row in rows) and not unit.name.startswith("_"))


def _registers(facts: Facts, app: App, unit: Unit, instr: Instr) -> bool:
    """``app.add_url_rule("/", view_func=view)``, ``app.route("/")(view)``, ``bottle.route("/", "GET", view)``."""
    paths = set(facts.library_names(unit, instr))
    if instr.op == "method" and instr.extra[0] in _REGISTRARS:
        return _is_html_framework(app, {path.rpartition(".")[0] + ".route" for path in paths})
    if any(path.startswith(_OBJECTS) and path.rpartition(".")[2] in _DECORATORS for path in paths):
        return True
    made = definition(unit, instr.args[0]) if instr.op == "call" else None
    if made is None or made.op != "method" or made.extra[0] not in _DECORATORS:
        return False
    return _is_html_framework(app, {*facts.library_names(unit, made), str(made.extra[0])})


def _keywords(unit: Unit) -> dict[str, str]:
    """The keywords of the decorators of a function, as they are written."""
    return {
        keyword.arg: ast.unparse(keyword.value)
        for decorator in getattr(unit.node, "decorator_list", ())
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg
    }
