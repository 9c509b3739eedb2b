"""Views that a framework writes: Django's generic views and REST framework's view sets, by what their classes declare.

They change and hand out the records of a model by the key in the address; the class says who may, and which records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.concepts.endpoints import App, Class, app_of
from real.detector.concepts.permissions import class_level
from real.detector.concepts.principals import SOMEBODY
from real.detector.ir.call_shapes import keywords_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import modules_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import OWNERS, PRIVILEGES, SOMEBODYS_WORDS, words

# Generic views that change records -> what they do; those that only create name no record.
CHANGING = {
    **dict.fromkeys(names("DeleteView DestroyAPIView DestroyModelMixin"), "deletes"),
    **dict.fromkeys(names("UpdateView UpdateAPIView RetrieveUpdateAPIView UpdateModelMixin"), "changes"),
    **dict.fromkeys(names("RetrieveDestroyAPIView RetrieveUpdateDestroyAPIView ModelViewSet"), "changes"),
}
READING = dict.fromkeys(
    names("DetailView RetrieveAPIView RetrieveModelMixin ReadOnlyModelViewSet ListAPIView"), "hands out"
)
# What narrows the records that the view finds, or decides about one of them.
_NARROWING = names(
    """get_queryset get_object test_func has_permission check_object_permissions filter_queryset dispatch
    perform_update perform_destroy form_valid delete destroy update get_permissions"""
)


@dataclass(frozen=True, slots=True, eq=False)
class GenericView:
    """A class whose methods the framework provides."""

    owner: Class
    verb: str
    place: Instr
    level: int
    is_open: bool


def generic_views(facts: Facts) -> Iterator[GenericView]:
    """The generic views of the program that use the record of a key in the address."""
    app = app_of(facts)
    for cls in app.classes.values():
        base = next((base for base in sorted(cls.bases) if base in CHANGING or base in READING), None)
        if base is None or any(cls in other.parents for other in app.classes.values()):
            continue
        level, is_open = class_level(facts, app, cls)
        verb = CHANGING.get(base) or READING[base]
        if any(other in CHANGING for other in cls.bases):
            verb = next(CHANGING[other] for other in sorted(cls.bases) if other in CHANGING)
        yield GenericView(cls, verb, _place(facts, cls), level, is_open)


def _place(facts: Facts, cls: Class) -> Instr:
    """The first statement of the class, which stands for it."""
    members = (definition(unit, operand) for unit, operand in cls.members.values())
    return next((made for made in members if made is not None), next(iter(facts.instructions(cls.unit))))


def reads_person(facts: Facts, unit: Unit) -> bool:
    """Whether a method uses ``request.user`` or the like."""
    return any(instr.extra in ("user", "current_user", "auth", "session") for instr in facts.instructions(unit, "attr"))


def narrows(facts: Facts, view: GenericView) -> bool:
    """Whether a method of the class, or one that it inherits from the program, lets the records depend on who asks."""
    methods = ((name, view.owner.method(name)) for name in _NARROWING)
    return any(
        method is not None and (asks_more if name == "test_func" else reads_person)(facts, method)
        for name, method in methods
    )


def asks_more(facts: Facts, method: Unit) -> bool:
    """Whether a test of a person asks for more than that somebody is there."""
    return any(
        (instr.op == "compare" and instr.extra[0] in ("Eq", "NotEq", "In", "NotIn", "Is"))
        or (instr.op == "method" and instr.extra[0] != "get_object")
        or (instr.op == "attr" and words(str(instr.extra)) & PRIVILEGES)
        for instr in facts.instructions(method)
    )


def has_owners(facts: Facts) -> bool:
    """Whether the program says elsewhere that the records belong to somebody: it stores or filters by the owner."""
    app = app_of(facts)
    for unit in facts.functions:
        if unit.parent is None or unit.parent not in app.classes:
            continue
        for instr in facts.instructions(unit):
            named = [str(instr.extra)] if instr.op == "setattr" else keywords_of(instr)
            if any(name and words(name) & OWNERS for name in named) and reads_person(facts, unit):
                return True
    return False


def object_permissions(facts: Facts) -> Iterator[tuple[Unit, Instr]]:
    """``has_object_permission`` methods that look at no relation of the object to the person who asks."""
    for unit in facts.functions:
        if unit.name != "has_object_permission" or not unit.is_method or len(unit.params.positional) < 4:
            continue
        obj = unit.params.positional[3]
        returned = list(facts.instructions(unit, "return"))
        free = next((instr for instr in returned if _lets_pass(facts, unit, instr)), None)
        if free is not None and not any(_relates(facts, unit, instr, obj) for instr in facts.instructions(unit)):
            yield unit, free


def _relates(facts: Facts, unit: Unit, instr: Instr, obj: str) -> bool:
    """A comparison or call that reads both the object and the person."""
    if instr.op not in ("compare", "call", "method"):
        return False
    reads = Reads()
    for arg in instr.args:
        reads.update(facts.reads(unit, arg))
    return obj in reads.params and bool(reads.params - {obj, "self"})


def _lets_pass(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """A returned value that may be true for whoever is logged in."""
    made = definition(unit, instr.args[0])
    if made is None or made.op == "const":
        return made is not None and made.extra is True and not facts.controlling_tests(unit, instr)
    reads = facts.reads(unit, instr.args[0])
    if any(words(word) & PRIVILEGES - {"owner"} for word in reads.attributes) or "method" in reads.attributes:
        return False
    return not any(
        instr.op in ("call", "method") and facts.called(instr) for instr in facts.definitions(unit, instr.args[0])
    )


def weak_tests(facts: Facts) -> Iterator[tuple[Unit, Instr]]:
    """Permission classes and ``test_func`` whose names promise a role or an owner, and that ask for a login only."""
    app = app_of(facts)
    for unit in facts.functions:
        cls = app.classes.get(unit.parent) if unit.parent is not None and unit.is_method else None
        if cls is None or not _is_test(cls, unit):
            continue
        asked = any(
            instr.op == "attr" and instr.extra in ("is_authenticated", "is_active")
            for instr in facts.instructions(unit)
        )
        if asked and not asks_more(facts, unit):
            place = next(instr for instr in facts.instructions(unit, "return"))
            yield unit, place


def _is_test(cls: Class, unit: Unit) -> bool:
    if unit.name == "test_func":
        return "UserPassesTestMixin" in cls.bases
    if unit.name != "has_permission" or cls.method("has_object_permission") is not None:
        return False
    return bool(words(cls.unit.name) & (PRIVILEGES - {"can", "permission", "allowed"}))


def missing(facts: Facts) -> Iterator[tuple[GenericView, str]]:
    """Generic views that change records of a key in the address for anybody."""
    app = app_of(facts)
    for view in generic_views(facts):
        if view.level != 0 or view.verb == "hands out" or narrows(facts, view):
            continue
        if view.is_open or _others_ask(facts, app, view):
            yield view, view.verb


def _others_ask(facts: Facts, app: App, view: GenericView) -> bool:
    if app.uses(*modules_of(Role.USERS)) or any("permissions" in name for name in app.imports):
        return True
    return any(class_level(facts, app, cls)[0] > 0 for cls in app.classes.values() if cls is not view.owner)


def incorrect(facts: Facts) -> Iterator[GenericView]:
    """Generic views that ask for a login, and then use the record of whomever the address names."""
    for view in generic_views(facts):
        if view.level != SOMEBODY or narrows(facts, view):
            continue
        if has_owners(facts) or view.verb == "deletes" or words(view.owner.unit.name) & SOMEBODYS_WORDS:
            yield view
