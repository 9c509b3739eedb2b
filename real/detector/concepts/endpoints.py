"""The web application in a program: its endpoints, the methods they answer to, and what is declared around them.

An endpoint is a function that a framework calls for a request: by a decorator, by the class that it is a method of, by
being registered with a router, or, in Django, by taking ``request`` and answering it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from real.detector.analysis.called_names import called_words
from real.detector.analysis.callsites import library_paths
from real.detector.analysis.declared_types import no_routes
from real.detector.analysis.facts import Facts
from real.detector.analysis.routes import REQUEST_PARAMETERS
from real.detector.analysis.slices import Reads
from real.detector.concepts.receivers import is_library
from real.detector.ir.definitions import returns_constant, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names, rows_of
from real.detector.models.kinds import Role
from real.detector.models.rows import VERBS, Framework, Handler
from real.detector.vocabulary import words

_VERBS = frozenset(VERBS)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ROUTES = last_names(Role.ROUTE, Role.ERROR_HANDLER)
_ACTIONS = last_names(Role.ACTION)
# What registers a function with an address -> the method of HTTP that it answers to, where the name says it.
_REGISTRARS = {
    name: verb.upper() if (verb := name.removeprefix("add_")) in VERBS else "" for name in last_names(Role.REGISTRAR)
}
_METHODS = {
    **dict.fromkeys(last_names(Role.POST_ONLY), "POST"),
    **dict.fromkeys(last_names(Role.GET_ONLY), "GET"),
}
_HANDLERS = {row.api.rpartition(".")[2] for row in rows_of(Handler) if row.ending.endswith("Handler")}
# Frameworks whose views are known by what they take and return only.
ELSEWHERE = tuple(f"{row.api}." for row in rows_of(Framework) if row.elsewhere)
_ANSWERS = frozenset(api for api in calls_of(Role.RESPONSE) if api.startswith(ELSEWHERE))
_SHORTCUTS = frozenset(calls_of(Role.SHORTCUT))
_REGISTRATION = 3  # what is called, an address, a function


@dataclass(slots=True, eq=False)
class Class:
    """A class of the program: all that it inherits from, also through classes of the program, and what it sets."""

    unit: Unit
    bases: set[str] = field(default_factory=set)  # last components of the names of all bases
    parents: list[Class] = field(default_factory=list)
    members: dict[str, tuple[Unit, int]] = field(default_factory=dict)  # name -> (unit, operand)
    is_partly_seen: bool = False  # a base is of no library that is known, and of a file that is not seen

    def member(self, name: str) -> tuple[Unit, int] | None:
        """What the class, or one that it inherits from, sets for a name."""
        if name in self.members:
            return self.members[name]
        return next((found for parent in self.parents if (found := parent.member(name)) is not None), None)

    def method(self, name: str) -> Unit | None:
        """A method that the class, or one that it inherits from, defines."""
        found = self.member(name)
        made = found[0].defs[found[1]] if found else None
        while made is not None and made.op in ("assign", "copy", "decorate"):
            made = found[0].defs[made.args[-1]] if found else None
        return made.extra[0] if made is not None and made.op == "function" else None


@dataclass(slots=True, eq=False)
class Endpoint:
    """A function that answers requests; ``methods`` is empty where it answers to any or nothing is said."""

    unit: Unit
    methods: frozenset[str]
    words: frozenset[str]  # of its address, its name and its class
    owner: Class | None = None
    elsewhere: bool = False  # its address is in another file, and so may be what protects it

    @property
    def is_safe(self) -> bool:
        """Whether it answers only to methods that must change nothing."""
        return bool(self.methods) and self.methods <= SAFE_METHODS


@dataclass(slots=True, eq=False)
class App:
    """All endpoints and classes of a program."""

    endpoints: list[Endpoint] = field(default_factory=list)
    classes: dict[Unit, Class] = field(default_factory=dict)
    functions: dict[str, list[Unit]] = field(default_factory=dict)  # by name
    imports: set[str] = field(default_factory=set)
    nested: dict[Unit, list[Unit]] = field(default_factory=dict)
    decorators: dict[Unit, list[Unit]] = field(default_factory=dict)  # function -> own functions that decorate it
    dependencies: dict[Unit, dict[str, list[Unit]]] = field(default_factory=dict)  # ... -> parameter -> in its default

    def within(self, unit: Unit) -> Iterator[Unit]:
        """A function and those that are defined in it."""
        yield unit
        for inner in self.nested.get(unit, ()):
            yield from self.within(inner)

    def inner_classes(self, name: str) -> Iterator[tuple[Class, Class]]:
        """The classes of this name inside of another one (``Meta``, ``Config``), each with that one."""
        for unit, cls in self.classes.items():
            outer = self.classes.get(unit.parent) if unit.parent is not None and unit.name == name else None
            if outer is not None:
                yield cls, outer

    def uses(self, *modules: str) -> bool:
        """Whether something of these libraries is imported."""
        return any(name.startswith(modules) for name in self.imports)


def app_of(facts: Facts) -> App:
    """The application in the program, found once for all rules."""
    return facts.shared(_build)


def _build(facts: Facts) -> App:
    app = App()
    registered: dict[Unit, list[tuple[str, Reads]]] = {}
    for unit in facts.units:
        if unit.kind == "function":
            app.functions.setdefault(unit.name, []).append(unit)
            if unit.parent is not None:
                app.nested.setdefault(unit.parent, []).append(unit)
        for instr in facts.instructions(unit):
            if instr.op in ("call", "method"):
                _note_registration(facts, unit, instr, registered)
            else:
                _note(facts, app, unit, instr)
    elsewhere = app.uses(*ELSEWHERE)
    for unit in facts.functions:
        found = _endpoint(facts, app, unit, registered.get(unit, []), elsewhere)
        if found is not None:
            app.endpoints.append(found)
    return app


def _note(facts: Facts, app: App, unit: Unit, instr: Instr) -> None:
    if instr.op == "import":
        app.imports.add(str(instr.extra))
    elif instr.op == "class":
        _note_class(facts, app, unit, instr)
    elif instr.op == "setmember" and unit in app.classes:
        app.classes[unit].members[str(instr.extra)] = (unit, instr.args[0])
    elif instr.op == "decorate":
        target = _decorated(unit, instr.args[1])
        if target is not None:
            app.decorators.setdefault(target, []).extend(_own_functions(facts, unit, instr.args[0]))
    elif instr.op == "function":
        target, params = instr.extra
        for name, operand in zip(params, instr.args, strict=True):
            own = _own_functions(facts, unit, operand)
            if own:
                app.dependencies.setdefault(target, {})[name] = own


def _decorated(unit: Unit, operand: int) -> Unit | None:
    made = unit.defs[operand]
    while made is not None and made.op == "decorate":
        made = unit.defs[made.args[1]]
    if made is None or made.op not in ("function", "class"):
        return None
    found = made.extra[0] if made.op == "function" else made.extra
    return found if isinstance(found, Unit) else None


def _own_functions(facts: Facts, unit: Unit, operand: int) -> list[Unit]:
    """The functions of the program that a decorator or a default is, is made by, or is given."""
    found = [obj.unit for obj in facts.value(unit, operand).objs if obj.unit is not None]
    for made in facts.definitions(unit, operand):
        if made.op in ("call", "method"):
            found += facts.called(made)
            for arg in made.args[1:]:
                found += [obj.unit for obj in facts.value(unit, arg).objs if obj.unit is not None]
    return [inner for inner in dict.fromkeys(found) if inner.kind == "function"]


def _note_class(facts: Facts, app: App, unit: Unit, instr: Instr) -> None:
    made = app.classes.setdefault(instr.extra, Class(instr.extra))
    for base in instr.args:
        made.bases |= {name.rpartition(".")[2] for name in facts.reads(unit, base).words}
        for obj in facts.value(unit, base).objs:
            parent = app.classes.get(obj.unit) if obj.kind == "class" and obj.unit is not None else None
            if parent is not None and parent is not made:
                made.parents.append(parent)
                made.bases |= parent.bases
                made.is_partly_seen |= parent.is_partly_seen
        made.is_partly_seen |= any(not is_library(path) for path in library_paths(facts.value(unit, base)))


def _note_registration(facts: Facts, unit: Unit, instr: Instr, found: dict[Unit, list[tuple[str, Reads]]]) -> None:
    if len(instr.args) < _REGISTRATION or (instr.op == "method" and instr.extra[0] not in _REGISTRARS):
        return
    called = called_words(facts, unit, instr)
    verb = next((_REGISTRARS[name] for name in sorted(called) if name in _REGISTRARS), None)
    if verb is None:
        return
    functions = [
        obj.unit
        for arg in instr.args[1:]
        for obj in facts.value(unit, arg).objs
        if obj.kind == "function" and obj.unit is not None
    ]
    if functions:
        reads = Reads()
        for arg in instr.args[1:]:
            reads.constants |= facts.constants(unit, arg) | facts.elements(facts.value(unit, arg))
        for function in functions:
            found.setdefault(function, []).append((verb, reads))


def _endpoint(
    facts: Facts, app: App, unit: Unit, registered: list[tuple[str, Reads]], elsewhere: bool
) -> Endpoint | None:
    declared = facts.declarations(unit)
    constants = {const for const in declared.constants if isinstance(const, str)}
    called = declared.called | declared.attributes
    if unit.name in ("__init__", "<lambda>") or "wraps" in called:
        return None  # also what a decorator puts around others
    owner = app.classes.get(unit.parent) if unit.parent is not None and unit.is_method else None
    methods: set[str] | None
    if owner is not None:
        methods = _methods_of_class(owner, unit, called)
    elif registered:
        constants |= {const for _, reads in registered for const in reads.constants if isinstance(const, str)}
        methods = {verb for verb, _ in registered if verb}
    elif is_view(facts, unit):
        methods = {verb.upper() for verb in called & _VERBS}
        if not methods and "route" in called and not _named_methods(constants):
            methods.add("GET")
    else:
        methods = set() if _is_plain_view(facts, unit, elsewhere) else None
    if methods is None:
        return None
    methods |= _named_methods(constants)
    methods |= {_METHODS[last] for word in declared.words if (last := word.rpartition(".")[2]) in _METHODS}
    routes = " ".join(const for const in constants if "/" in const or const.islower())
    name_words = words(unit.name) | words(routes.replace("/", "_").replace("-", "_"))
    if owner is not None:
        name_words |= words(owner.unit.name)
    return Endpoint(unit, frozenset(methods), name_words, owner, elsewhere)


def _methods_of_class(owner: Class, unit: Unit, called: set[str]) -> set[str] | None:
    rows = [row for row in rows_of(Handler) if any(base.endswith(row.ending) for base in owner.bases)]
    actions = dict(action for row in rows for action in row.actions)
    if unit.name in actions:
        return {actions[unit.name]} - {""}
    if any(not row.actions for row in rows) and called & _ROUTES:
        return {verb.upper() for verb in called & _VERBS}
    return {"GET"} if actions and called & _ACTIONS else None


def _named_methods(constants: set[str]) -> set[str]:
    return {const.upper() for const in constants if const.lower() in _VERBS and const.isalpha()}


def _is_plain_view(facts: Facts, unit: Unit, elsewhere: bool) -> bool:
    """``def view(request, pk)`` at the top of a module of a framework whose addresses are in another file."""
    if not elsewhere or unit.is_method or not facts.is_open(unit):
        return False
    if unit.parent is None or unit.parent.kind != "module" or not unit.params.positional:
        return False
    if unit.params.positional[0] not in REQUEST_PARAMETERS or _is_given_objects(facts, unit):
        return False
    return any(
        instr.op == "return" and unit.defs[instr.args[0]] is not None and not returns_constant(unit, instr)
        for instr in facts.instructions(unit)
    )


def _is_given_objects(facts: Facts, unit: Unit) -> bool:
    """Whether another parameter than the request is used as an object: a view is given texts and numbers there."""
    others = {step.dst for step in facts.instructions(unit, "param") if step.extra in unit.params.positional[1:]}
    return any(root(unit, step.args[0]) in others for step in facts.instructions(unit, "attr", "setattr"))


def is_view(facts: Facts, unit: Unit) -> bool:
    """Whether a web framework calls a function."""
    reads = facts.declarations(unit)
    called = reads.called
    if (reads.attributes | reads.names | called) & _ROUTES - no_routes(unit):
        return True
    called_names = (facts.library_names(unit, instr) for instr in facts.instructions(unit, "call", "method"))
    takes_request = "request" in unit.params.positional[:2]
    return any(found & _ANSWERS or (takes_request and found & _SHORTCUTS) for found in called_names)


def is_handler(facts: Facts, unit: Unit) -> bool:
    """Whether a web framework calls a function: a view, a method of a request handler, a registered coroutine."""
    return is_view(facts, unit) or is_handler_method(facts, unit) or takes_request(facts, unit)


def takes_request(facts: Facts, unit: Unit) -> bool:
    """A function of a request that nothing in the program calls (aiohttp, Starlette, Django, Pyramid)."""
    return facts.is_open(unit) and "request" in unit.params.positional[:2] and unit.parent is not None


def is_handler_method(facts: Facts, unit: Unit) -> bool:
    """A method of a class that is derived from a request handler of the standard library or tornado."""
    bases = facts.declarations(unit).last_words
    return unit.is_method and not bases.isdisjoint(_HANDLERS)
