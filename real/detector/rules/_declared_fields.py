"""Forms, serializers and views whose classes say which fields a request may set (CWE-915)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import App, Class, app_of
from real.detector.concepts.permissions import class_level
from real.detector.concepts.principals import ALLOWED
from real.detector.concepts.serializers import flagged_fields, keywords_of_fields
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.rules._models import PRIVILEGED
from real.detector.vocabulary import PERSON_RECORDS, words

_FORMS = frozenset({"ModelForm", "ModelSerializer", "HyperlinkedModelSerializer"})
_VIEWS = frozenset({"CreateView", "UpdateView"})
_READING_VIEWS = ("ReadOnlyModelViewSet", "ListAPIView", "RetrieveAPIView", "ListModelMixin", "RetrieveModelMixin")
_WRITING_VIEWS = ("ModelViewSet", "Create", "Update")
_ALL = "__all__"


def declared_fields(facts: Facts) -> Iterator[Defect]:
    """Forms, serializers and views of Django whose fields are all of the model's, or privileged ones."""
    app = app_of(facts)
    for meta, outer in app.inner_classes("Meta"):
        if outer.bases & _FORMS and not _only_read(facts, app, outer):
            yield from _meta(facts, meta, outer)
    for cls in app.classes.values():
        if _shows_all(facts, cls) and class_level(facts, app, cls)[0] < ALLOWED:
            yield Defect(_place(facts, cls, "fields"), "a request may set every field of the model")
    for site, row in facts.tabled(calls_of(Role.MODEL_FORM)):
        if site.constants(None, row.arguments[0].name) == {_ALL}:
            yield Defect(site.instr, "a request may set every field of the model")


def _shows_all(facts: Facts, cls: Class) -> bool:
    """A view of Django that makes a form of all fields of its model."""
    found = cls.members.get("fields")
    return bool(cls.bases & _VIEWS) and found is not None and facts.constants(*found) == {_ALL}


def _meta(facts: Facts, cls: Class, outer: Class) -> Iterator[Defect]:
    listed = cls.member("fields")
    left_out = cls.member("exclude")
    if listed is not None:
        if facts.constants(*listed) == {_ALL}:
            if not _read_only(facts, cls, outer) & PRIVILEGED:
                yield Defect(_place(facts, cls, "fields"), "a request may set every field of the model")
            return
        free = {str(name) for name in facts.elements(facts.value(*listed))} - _read_only(facts, cls, outer)
        privileged = sorted(name for name in free if words(name) & PRIVILEGED)
        if privileged:
            yield Defect(_place(facts, cls, "fields"), f"a request may set `{privileged[0]}`")
    elif left_out is not None and _is_user_model(facts, cls):
        names_left = {str(name) for name in facts.elements(facts.value(*left_out))}
        if not {"staff", "superuser"} <= {word for name in names_left for word in words(name)}:
            yield Defect(_place(facts, cls, "exclude"), "a request may set every field that is not named here")


def _read_only(facts: Facts, cls: Class, outer: Class) -> set[str]:
    """The fields of a serializer that requests do not set."""
    found: set[str] = set()
    member = cls.member("read_only_fields")
    if member is not None:
        found |= {str(name) for name in facts.elements(facts.value(*member))}
    found |= flagged_fields(facts, cls, outer, "read_only")
    for name, _ in keywords_of_fields(outer):
        reads = facts.reads(*outer.members[name])
        if any("ReadOnly" in call or "MethodField" in call for call in (*reads.calls, *reads.names)):
            found.add(name)
    return found | {word for name in found for word in words(name)}


def _is_user_model(facts: Facts, cls: Class) -> bool:
    member = cls.member("model")
    if member is None:
        return False
    reads = facts.reads(*member)
    named = {name.rpartition(".")[2] for name in (*reads.names, *reads.calls)}
    return any(words(name) & PERSON_RECORDS for name in named)


def _only_read(facts: Facts, app: App, serializer: Class) -> bool:
    """Whether all views of the program that use a serializer only read, or are for people with a role."""
    found = []
    for cls in app.classes.values():
        member = cls.members.get("serializer_class")
        if member is None:
            continue
        if any(obj.unit is serializer.unit for obj in facts.value(*member).objs):
            reads = any(base in _READING_VIEWS for base in cls.bases)
            others = [base for base in cls.bases if base not in _READING_VIEWS]
            writes = any(base.endswith(_WRITING_VIEWS) or "Create" in base or "Update" in base for base in others)
            found.append((reads and not writes) or class_level(facts, app, cls)[0] == ALLOWED)
    return bool(found) and every(found)


def _place(facts: Facts, cls: Class, name: str) -> Instr:
    unit, operand = cls.members[name] if name in cls.members else next(iter(cls.members.values()))
    return definition(unit, operand) or next(iter(facts.instructions(cls.unit)))
