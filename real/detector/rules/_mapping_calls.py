"""Calls that take a mapping of fields: documents, statements, replacements, records (CWE-915)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.owners import RECORD_BASES
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.rules._models import PRIVILEGED, fields

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
        for step in facts.instructions(unit, "setsub")
        if definition(unit, step.args[0]) is made and facts.constants(unit, step.args[1]) & {"$set", "$setOnInsert"}
    ]


def _is_model(facts: Facts, unit: Unit, operand: int) -> bool:
    value = facts.value(unit, operand)
    classes = app_of(facts).classes
    if any(
        obj.kind == "class" and obj.unit in classes and classes[obj.unit].bases & RECORD_BASES for obj in value.objs
    ):
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
            cls.bases & RECORD_BASES or (fields(facts, cls) & PRIVILEGED and "BaseModel" not in cls.bases)
        ):
            return True
    return False
