"""The endpoints of a program, each with what is declared in it and around it of who asks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.called_names import called_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.concepts.annotations import last_word
from real.detector.concepts.endpoints import App, Endpoint, app_of
from real.detector.concepts.identity import knows_who
from real.detector.concepts.permissions import (
    LOGIN,
    class_level,
    declared_level,
    given,
    inner_level,
    level_of,
    own_level,
)
from real.detector.concepts.principals import ALLOWED, NOBODY, SOMEBODY, Principal
from real.detector.ir.definitions import ends_in_exception, returns_constant
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import last_names, rows_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.models.rows import Framework, Handler
from real.detector.vocabulary import PRIVILEGES, words

# Frameworks whose decorators give functions an address; where addresses are elsewhere, decorators say who may.
_FRAMEWORKS = frozenset(row.api.partition(".")[0] for kind in (Framework, Handler) for row in rows_of(kind)) - {
    row.api for row in rows_of(Framework) if row.elsewhere
}
# Keywords of decorators, and decorators, that take what an answer or a request looks like (FastAPI, Flask-RESTX,
# flask-smorest, APIFlask, drf-spectacular).
_SHAPES = names("response_model responses response_class request body model schema fields")
_DESCRIBING = names("marshal_with marshal_list_with expect response input output arguments doc extend_schema")
HOOKS = frozenset({"before_request", "before_app_request", "middleware", "hook"})
_STOPS = last_names(Role.RESPONSE, Role.REFUSAL, Role.SHORTCUT) | {"send_error"}


def principal_of(facts: Facts, endpoint: Endpoint) -> Principal:
    """What an endpoint, its class, its decorators, its dependencies and the hooks of the application say."""
    app = app_of(facts)
    params, dependency_level = given(facts, app, endpoint.unit)
    found = Principal(endpoint.unit, params=params, level=dependency_level)
    found.level = max(found.level, _declared_level(facts, app, endpoint.unit))
    found.declares = found.level > NOBODY
    if endpoint.owner is not None:
        level, is_open = class_level(facts, app, endpoint.owner)
        found.level = max(found.level, level)
        found.open_declared = is_open
        found.declares |= declared_level(facts, app, endpoint.owner)[0] > NOBODY
    found.level = max(found.level, facts.shared(_hooks_level))
    if found.level == NOBODY and knows_who(facts, endpoint.unit):
        found.level = SOMEBODY
    found.meant = any(not reads.calls and _says_identity(reads) for reads in facts.defaults(endpoint.unit).values())
    return found


def _says_identity(reads: Reads) -> bool:
    return any(words(name.rpartition(".")[2]) & (LOGIN | PRIVILEGES) for name in reads.names)


def _declared_level(facts: Facts, app: App, unit: Unit) -> int:
    """What the decorators of a function ask for, by their names or, where they are of the program, by what they do."""
    declared = facts.declarations(unit)
    shapes = _shapes(unit)
    seen = {
        name for name in declared.names | declared.calls | declared.attributes if name.rpartition(".")[2] not in shapes
    }
    found = [level_of(facts, app, name, unit) for name in seen if not _is_application(name)]
    found += [inner_level(facts, app, inner, unit) for inner in app.decorators.get(unit, ())]
    level = max(found, default=NOBODY)
    named = [const for const in declared.constants if isinstance(const, str)]
    return ALLOWED if level == SOMEBODY and PRIVILEGES.intersection(named) else level


def _shapes(unit: Unit) -> set[str]:
    """The names by which decorators say what is sent and taken, not who may: ``response_model=UserOut``."""
    calls = [found for found in getattr(unit.node, "decorator_list", ()) if isinstance(found, ast.Call)]
    given = [keyword.value for call in calls for keyword in call.keywords if keyword.arg in _SHAPES]
    given += [argument for call in calls if last_word(call.func) in _DESCRIBING for argument in call.args]
    inner = [part for value in given for part in ast.walk(value)]
    return {part.id for part in inner if isinstance(part, ast.Name)} | {
        part.attr for part in inner if isinstance(part, ast.Attribute)
    }


def _is_application(name: str) -> bool:
    return name.partition(".")[0] in _FRAMEWORKS and ("login" not in name and "auth" not in name)


def _hooks_level(facts: Facts) -> int:
    """What functions that run before every endpoint ask for, where they can refuse."""
    app = app_of(facts)
    level = NOBODY
    for unit in facts.functions:
        declared = facts.declarations(unit).last_words
        if not declared & HOOKS:
            continue
        level = max(level, *(level_of(facts, app, name) for name in declared - HOOKS), NOBODY)  # decorated once more
        inside = list(app.within(unit))
        if any(_can_refuse(facts, inner) for inner in inside):
            level = max(level, *(own_level(facts, inner) for inner in inside))
    for unit, instr in facts.steps("method"):
        if instr.extra[0] in ("before_request", "add_middleware", "include_router"):
            reads = Reads()
            for arg in instr.args[1:]:
                reads.update(facts.reads(unit, arg))
            seen = reads.last_names
            if any(words(name) & {"auth", "authentication", "login"} for name in seen):
                level = max(level, SOMEBODY)
    return level


def _can_refuse(facts: Facts, unit: Unit) -> bool:
    for instr in facts.instructions(unit):
        if instr.op in ("call", "method"):
            called = called_words(facts, unit, instr)
            if called & _STOPS:
                return True
        elif instr.op == "return" and not returns_constant(unit, instr):
            return True
    return any(ends_in_exception(block) for block in unit.blocks)


def known_endpoints(facts: Facts) -> Iterator[tuple[Endpoint, Principal]]:
    """The endpoints of the program, each with who asks."""
    yield from facts.shared(_known_endpoints)


def _known_endpoints(facts: Facts) -> list[tuple[Endpoint, Principal]]:
    return [(endpoint, principal_of(facts, endpoint)) for endpoint in app_of(facts).endpoints]
