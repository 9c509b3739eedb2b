"""Classes whose objects are stored records, and what their fields say."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.concepts.annotations import annotation_words
from real.detector.concepts.endpoints import App, Class, app_of
from real.detector.concepts.known_endpoints import known_endpoints
from real.detector.concepts.principals import ALLOWED
from real.detector.ir.call_shapes import keywords_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Unit
from real.detector.vocabulary import PROTECTED_FIELDS, ROLE_WORDS, words

# Words in names of fields that say what somebody may do, owns or has been found to be.
PRIVILEGED = ROLE_WORDS | PROTECTED_FIELDS
_DUMPS = frozenset({"model_dump", "dict"})


def fields(facts: Facts, cls: Class) -> frozenset[str]:
    """The words of the fields that a class declares, its own and inherited ones."""
    found: set[str] = set()
    for unit in (cls.unit, *(parent.unit for parent in cls.parents)):
        for instr in facts.instructions(unit, "field", "setmember"):
            found |= words(str(instr.extra))
        init = cls.method("__init__")
        for name in init.params.names if init is not None else ():
            found |= words(name)
    return frozenset(found)


def open_models(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a dump is of a model that takes any field (``extra="allow"``), or that declares privileged ones."""
    app = app_of(facts)
    for step in facts.definitions(unit, operand):
        if step.op != "method" or step.extra[0] not in _DUMPS:
            continue
        if {"exclude", "include"} & set(keywords_of(step)):
            continue
        for cls in _models_of(facts, app, unit, step.args[0]):
            if _allows_extra(facts, app, cls) or (fields(facts, cls) & PRIVILEGED and not _is_for_admins(facts, unit)):
                return True
    return False


def _models_of(facts: Facts, app: App, unit: Unit, operand: int) -> Iterator[Class]:
    """The pydantic classes that a value may be an object of: by its annotation, or because it is made here."""
    made = definition(unit, operand)
    named: set[str] = set()
    if made is not None and made.op == "param":
        named = annotation_words(unit, frozenset()).get(str(made.extra), set())
    for obj in facts.value(unit, operand).objs:
        for held in obj.fields.get("class", facts.value(unit, operand)).objs if obj.kind == "instance" else ():
            if held.unit in app.classes:
                yield app.classes[held.unit]
    for cls in app.classes.values():
        if cls.unit.name in named and cls.bases & {"BaseModel", "SQLModel"}:
            yield cls


def _allows_extra(facts: Facts, app: App, cls: Class) -> bool:
    config = cls.member("model_config")
    if config is not None and "allow" in facts.reads(*config).constants:
        return True
    told = [
        inner.members["extra"]
        for inner, outer in app.inner_classes("Config")
        if outer is cls and "extra" in inner.members
    ]
    return any("allow" in facts.reads(*member).constants | facts.reads(*member).attributes for member in told)


def _is_for_admins(facts: Facts, unit: Unit) -> bool:
    return any(endpoint.unit is unit and who.level == ALLOWED for endpoint, who in known_endpoints(facts))
