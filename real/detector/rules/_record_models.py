"""Which model a record is of, and what of it no client may see (CWE-200).

A model of the program says itself which of its fields are secret. Of a model that is imported, the name has to do:
what stands for a person has a password, a token or an address (CWE-359), whatever the file says that it is in.
"""

from __future__ import annotations

from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import Class, app_of
from real.detector.concepts.owners import RECORD_BASES
from real.detector.concepts.secrets import is_masked_field, secret_fields
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.vocabulary import PERSON_RECORDS, QUERY_STEPS, ROW_READERS, words

# Methods of sessions, queries and managers that hand records on.
_QUERY_METHODS = ROW_READERS | QUERY_STEPS
_LOOK_UPS = names("select get_object_or_404 get_list_or_404")
_MANAGERS = names("query objects")
_NARROWING = names("load_only defer with_entities")
_COPIES = names("sub iterate phi")
_MAX_DEPTH = 3


def record_of(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> tuple[str, Class | None] | None:
    """The model that a record, or a list of records, is of: its name, and its class where that is in the program."""
    made = definition(unit, operand)
    if made is None or depth > _MAX_DEPTH * 4:
        return None
    if made.op in _COPIES:
        found = (record_of(facts, unit, arg, depth + 1) for arg in made.args[: 1 if made.op != "phi" else None])
        return next((record for record in found if record is not None), None)
    if (
        len(made.args) > 1
        and (made.op == "call" or (made.op == "method" and facts.library_names(unit, made)))
        and named_words(facts, unit, made) & _LOOK_UPS
    ):
        return model_of(facts, unit, made.args[1])
    if made.op == "method" and made.extra[0] in _QUERY_METHODS:
        return _of_chain(facts, unit, made, depth)
    if made.op in ("call", "method") and depth < _MAX_DEPTH:
        for callee in facts.called(made):
            for step in facts.instructions(callee):
                record = record_of(facts, callee, step.args[0], depth + 2) if step.op == "return" else None
                if record is not None:
                    return record
    return None


def _of_chain(facts: Facts, unit: Unit, made: Instr, depth: int) -> tuple[str, Class | None] | None:
    """``session.query(User).first()``, ``User.query.get(1)``, ``session.scalars(select(User)).all()``."""
    operands = made.args[1:]
    for operand in operands:
        inner = definition(unit, operand)
        if inner is None or inner.op not in ("call", "method"):
            found = model_of(facts, unit, operand)
        elif named_words(facts, unit, inner) & _NARROWING:
            return None
        else:
            found = record_of(facts, unit, operand, depth + 1)
        if found is not None:
            return found
    receiver = definition(unit, made.args[0])
    if receiver is not None and receiver.op == "attr" and receiver.extra in _MANAGERS:
        return model_of(facts, unit, receiver.args[0])
    return record_of(facts, unit, made.args[0], depth + 1) or model_of(facts, unit, made.args[0])


def model_of(facts: Facts, unit: Unit, operand: int) -> tuple[str, Class | None] | None:
    """The class that an operand is: of the program, or of another file by its name."""
    classes = app_of(facts).classes
    for obj in facts.value(unit, operand).objs:
        if obj.kind == "class" and obj.unit in classes:
            return obj.unit.name, classes[obj.unit]
    made = definition(unit, operand)
    if made is None:
        return None
    name = ""
    if made.op in ("cell", "builtin"):
        name = str(made.extra[1])
    elif made.op in ("import", "attr"):
        name = str(made.extra).rpartition(".")[2]
    elif made.op in ("call", "method") and "get_user_model" in named_words(facts, unit, made):
        name = "User"
    return (name, None) if name[:1].isupper() and not name.isupper() else None


def secrets_of(facts: Facts, cls: Class) -> set[str]:
    """The secret fields of a class and of those that it inherits from, without those that it never shows."""
    owners = [cls, *cls.parents]
    found = {name for owner in owners for name in secret_fields(facts, owner.unit)}
    return {name for name in found if not any(_is_hidden(facts, owner, name) for owner in owners)}


def _is_hidden(facts: Facts, cls: Class, name: str) -> bool:
    """``Field(exclude=True)``, ``field(repr=False)``, ``password: SecretStr``, a method or property."""
    member = cls.members.get(name)
    if member is not None:
        made = definition(*member)
        if made is not None and made.op in ("function", "decorate"):
            return True
        shape = shape_of(made) if made is not None and made.op in ("call", "method") else None
        if shape is not None and "exclude" in shape.keywords:
            return True
    return is_masked_field(cls.unit, name)


def exposed_by(facts: Facts, model: tuple[str, Class | None] | None) -> str | None:
    """What no client may see of the records of a model."""
    if model is None:
        return None
    name, cls = model
    if cls is not None:
        secrets = secrets_of(facts, cls) if cls.bases & (RECORD_BASES | {"BaseModel"}) else set()
        return f"`{min(secrets)}` with the rest of the record" if secrets else None
    return f"every field of a record of {name}" if words(name) & PERSON_RECORDS else None
