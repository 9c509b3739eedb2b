"""Mass assignment by a library: calls that take a mapping of fields, and forms, serializers and models whose classes
say which fields a request may set.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import App, Class, app_of
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._syntax import annotation_words
from real.detector.rules.principals import ALLOWED, class_level, known_endpoints
from real.detector.vocabulary import words

# Words in names of fields that say what somebody may do, owns or has been found to be.
PRIVILEGED = names(
    """admin approved balance banned credit credits groups permission permissions privileged privileges
    role roles salary scopes staff superuser verified"""
)
# Words in what a class inherits from that say that its objects are stored records.
MODELS = frozenset({"Model", "DeclarativeBase", "declarative_base", "SQLModel", "Document", "Base"})
_DUMPS = frozenset({"model_dump", "dict"})
_SETTERS = {
    "update_one": 1,
    "update_many": 1,
    "find_one_and_update": 1,
    "replace_one": 1,
    "insert_one": 0,
}
_CREATORS = frozenset({"create", "insert", "update", "get_or_create"})
_REPLACERS = frozenset({"dataclasses.replace", "attr.evolve", "attrs.evolve", "copy.replace"})
_STATEMENTS = frozenset(api for api, row in calls_of(Role.ROW_STATEMENT).items() if row.shown != "deletes")
_FORMS = frozenset({"ModelForm", "ModelSerializer", "HyperlinkedModelSerializer"})
_VIEWS = frozenset({"CreateView", "UpdateView"})
_READING_VIEWS = ("ReadOnlyModelViewSet", "ListAPIView", "RetrieveAPIView", "ListModelMixin", "RetrieveModelMixin")
_WRITING_VIEWS = ("ModelViewSet", "Create", "Update")
_ALL = "__all__"
_USER_MODELS = names("user account member profile customer employee")


def mappings(facts: Facts, unit: Unit, instr: Instr) -> Iterator[tuple[int, str]]:
    """The operands of a call that name fields by their keys, with what the call does with them."""
    shape = shape_of(instr)
    if shape is None:
        return
    passed = instr.args[1 : 1 + len(shape.starred)]
    named = instr.args[1 + len(shape.starred) :]
    starred = [operand for name, operand in zip(shape.keywords, named, strict=True) if name is None]
    name = str(instr.extra[0]) if instr.op == "method" else ""
    library = facts.library_names(unit, instr)
    if name in _SETTERS and len(passed) > _SETTERS[name]:
        operand = passed[_SETTERS[name]]
        yield from ((inner, "set") for inner in _set_fields(facts, unit, operand))
    elif name in _CREATORS and starred and _takes_rows(facts, unit, name, instr.args[0]):
        yield starred[0], "set"
    elif name == "values" and (starred or passed) and _is_statement(facts, unit, instr.args[0]):
        yield (starred or passed)[0], "set"
    elif name in ("model_copy", "copy") and "update" in shape.keywords:
        yield named[shape.keywords.index("update")], "replaced"
    elif starred and (name == "_replace" or library & _REPLACERS):
        yield starred[0], "replaced"
    elif name == "update" and len(passed) == 1 and _is_namespace(facts, unit, instr.args[0]):
        yield passed[0], "set"
    elif instr.op == "call" and starred and _makes_record(facts, unit, instr, library):
        yield starred[0], "set"


def _set_fields(facts: Facts, unit: Unit, operand: int) -> list[int]:
    """``{"$set": fields}``, or the document itself."""
    made = definition(unit, operand)
    if made is None or made.op != "build":
        return [operand]
    return [
        step.args[2]
        for step in facts.instructions(unit)
        if step.op == "setsub"
        and definition(unit, step.args[0]) is made
        and facts.constants(unit, step.args[1]) & {"$set", "$setOnInsert"}
    ]


def _is_model(facts: Facts, unit: Unit, operand: int) -> bool:
    value = facts.value(unit, operand)
    classes = app_of(facts).classes
    if any(obj.kind == "class" and obj.unit in classes and classes[obj.unit].bases & MODELS for obj in value.objs):
        return True
    return any(obj.kind == "api" and _is_model_path(obj.name) for obj in value.objs)


def _makes_record(facts: Facts, unit: Unit, instr: Instr, library: frozenset[str]) -> bool:
    """A record by its class, or because a database is given it: ``session.add(User(**fields))``."""
    if _is_record(facts, unit, instr.args[0]) or any(_is_model_path(name) for name in library):
        return True
    if facts.called(instr) or any(obj.kind == "class" for obj in facts.value(unit, instr.args[0]).objs):
        return False
    return any(
        step.op == "method"
        and step.extra[0] in ("add", "merge", "save", "insert", "put")
        and any(definition(unit, arg) is instr for arg in step.args)
        for step in facts.instructions(unit)
    )


def _is_model_path(name: str) -> bool:
    """``.models.User``: a class of another file of the program that is called a model."""
    path = name.strip(".").split(".")
    last = path[-1]
    return (
        last[:1].isupper() and not last.isupper() and any(part in ("models", "model", "entities") for part in path[:-1])
    )


def _takes_rows(facts: Facts, unit: Unit, name: str, operand: int) -> bool:
    """``Model.create(**fields)``, ``Model.objects.filter(...).update(**fields)``."""
    if _is_model(facts, unit, operand):
        return True
    made = definition(unit, operand)
    return (
        name == "update"
        and made is not None
        and made.op == "method"
        and made.extra[0] in ("filter", "filter_by", "where", "exclude")
    )


def _is_statement(facts: Facts, unit: Unit, operand: int) -> bool:
    """``update(User).where(...)``, ``insert(User)``, ``table.update()``."""
    return any(
        facts.library_names(unit, made) & _STATEMENTS
        or (made.op == "method" and made.extra[0] in ("update", "insert", "where"))
        for made in facts.definitions(unit, operand)
        if made.op in ("call", "method")
    )


def _is_namespace(facts: Facts, unit: Unit, operand: int) -> bool:
    """``vars(record)``, ``record.__dict__``."""
    made = definition(unit, operand)
    if made is None:
        return False
    return (made.op == "attr" and made.extra == "__dict__") or (
        made.op == "call" and "builtins.vars" in facts.library_names(unit, made) and len(made.args) > 1
    )


def _is_record(facts: Facts, unit: Unit, operand: int) -> bool:
    """A class of the program that a database stores, or whose fields say what somebody may do."""
    classes = app_of(facts).classes
    for obj in facts.value(unit, operand).objs:
        cls = classes.get(obj.unit) if obj.kind == "class" and obj.unit is not None else None
        if cls is not None and (
            cls.bases & MODELS or (fields(facts, cls) & PRIVILEGED and "BaseModel" not in cls.bases)
        ):
            return True
    return False


def fields(facts: Facts, cls: Class) -> frozenset[str]:
    """The words of the fields that a class declares, its own and inherited ones."""
    found: set[str] = set()
    for unit in (cls.unit, *(parent.unit for parent in cls.parents)):
        for instr in facts.instructions(unit):
            if instr.op in ("field", "setmember"):
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
        if {"exclude", "include"} & set(getattr(step.extra[1], "keywords", ())):
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
    for inner, held in app.classes.items():
        if inner.name == "Config" and inner.parent is cls.unit and "extra" in held.members:
            reads = facts.reads(*held.members["extra"])
            return "allow" in reads.constants or "allow" in reads.attributes
    return False


def _is_for_admins(facts: Facts, unit: Unit) -> bool:
    return any(endpoint.unit is unit and who.level == ALLOWED for endpoint, who in known_endpoints(facts))


def declared_fields(facts: Facts) -> Iterator[Defect]:
    """Forms, serializers and views of Django whose fields are all of the model's, or privileged ones."""
    app = app_of(facts)
    for unit, cls in app.classes.items():
        outer = app.classes.get(unit.parent) if unit.parent is not None else None
        if unit.name == "Meta" and outer is not None and outer.bases & _FORMS and not _only_read(facts, app, outer):
            yield from _meta(facts, cls, outer)
        elif _shows_all(facts, cls) and class_level(facts, app, cls)[0] < ALLOWED:
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
    extra = cls.member("extra_kwargs")
    if extra is not None:
        for obj in facts.value(*extra).objs:
            found |= {str(name) for name, held in obj.fields.items() if "read_only" in facts.elements(held)}
            found |= {str(name) for name, held in obj.fields.items() if _has_key(held.objs, "read_only")}
    for name, (unit, operand) in outer.members.items():
        made = definition(unit, operand)
        shape = shape_of(made) if made is not None and made.op in ("call", "method") else None
        reads = facts.reads(unit, operand)
        if shape is not None and (
            "read_only" in shape.keywords
            or any("ReadOnly" in call or "MethodField" in call for call in (*reads.calls, *reads.names))
        ):
            found.add(name)
    return found | {word for name in found for word in words(name)}


def _has_key(objs: object, key: str) -> bool:
    return any(key in obj.fields for obj in objs)  # type: ignore[attr-defined]


def _is_user_model(facts: Facts, cls: Class) -> bool:
    member = cls.member("model")
    if member is None:
        return False
    reads = facts.reads(*member)
    named = {name.rpartition(".")[2] for name in (*reads.names, *reads.calls)}
    return any(words(name) & _USER_MODELS for name in named)


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
