"""Whole ORM records in a response: which model they are of, and what of them no client may see.

A model of the program says itself which of its fields are secret. Of a model that is imported, the name has to do:
what stands for a person has a password, a token or an address (CWE-359), whatever the file says that it is in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import Class, app_of, is_view
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import rows_of
from real.detector.models.library import names
from real.detector.models.rows import Framework
from real.detector.rules._records import MODELS
from real.detector.rules._secrets import is_secret, secret_fields
from real.detector.rules._syntax import words_in
from real.detector.vocabulary import SECRET_WORDS, words

# Words in names of models and collections whose records are persons or their accounts.
PERSON_MODELS = names("user users account accounts member members customer customers employee employees patient person")
# Methods of sessions, queries and managers (SQLAlchemy, SQLModel, Django, peewee, Tortoise) that hand records on.
_QUERY_METHODS = names(
    """query get first one one_or_none all get_or_404 first_or_404 one_or_404 scalar scalar_one scalar_one_or_none
    scalars filter filter_by where order_by limit offset execute exec get_or_none unique last latest select options
    join outerjoin distinct"""
)
_LOOK_UPS = names("select get_object_or_404 get_list_or_404")
_MANAGERS = names("query objects")
_NARROWING = names("load_only defer with_entities")
_FINDERS = names("find_one find")
_FILTERS = names("response_model response_model_exclude response_model_include response_class")
# Types that say nothing about fields.
_OPEN_TYPES = names("dict Dict list List Any Optional object Sequence Union str")
_COPIES = names("sub iterate phi")
# Frameworks that send the fields of what a view returns.
_TYPED = tuple(row.api for row in rows_of(Framework) if row.typed and row.web)
_MAX_DEPTH = 3
_SERIALIZERS = names("ModelSerializer HyperlinkedModelSerializer")
_ALL = "__all__"
_PASSWORD = "password"


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
        return _model(facts, unit, made.args[1])
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
            found = _model(facts, unit, operand)
        elif named_words(facts, unit, inner) & _NARROWING:
            return None
        else:
            found = record_of(facts, unit, operand, depth + 1)
        if found is not None:
            return found
    receiver = definition(unit, made.args[0])
    if receiver is not None and receiver.op == "attr" and receiver.extra in _MANAGERS:
        return _model(facts, unit, receiver.args[0])
    return record_of(facts, unit, made.args[0], depth + 1) or _model(facts, unit, made.args[0])


def _model(facts: Facts, unit: Unit, operand: int) -> tuple[str, Class | None] | None:
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
    node = cls.unit.node
    return isinstance(node, ast.ClassDef) and any(
        isinstance(part, ast.AnnAssign)
        and isinstance(part.target, ast.Name)
        and part.target.id == name
        and "Secret" in ast.unparse(part.annotation)
        for part in node.body
    )


def exposed_by(facts: Facts, model: tuple[str, Class | None] | None) -> str | None:
    """What no client may see of the records of a model."""
    if model is None:
        return None
    name, cls = model
    if cls is not None:
        secrets = secrets_of(facts, cls) if cls.bases & (MODELS | {"BaseModel"}) else set()
        return f"`{min(secrets)}` with the rest of the record" if secrets else None
    return f"every field of a record of {name}" if words(name) & PERSON_MODELS else None


def _keywords(unit: Unit) -> dict[str, ast.expr]:
    """The keywords of the decorators of a function."""
    return {
        keyword.arg: keyword.value
        for decorator in getattr(unit.node, "decorator_list", ())
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg
    }


def _types(node: ast.AST | None) -> set[str]:
    if node is None:
        return set()
    return words_in(node) | {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def sends_whole_records(facts: Facts, unit: Unit) -> bool:
    """Whether a view of FastAPI returns objects with all their fields: nothing says which of them are meant."""
    if not app_of(facts).uses(*_TYPED) or not is_view(facts, unit):
        return False
    keywords = _keywords(unit)
    if keywords.keys() & (_FILTERS | {"response"}):
        return False
    declared = _types(getattr(unit.node, "returns", None)) - _OPEN_TYPES - {"None"}
    shown = {cls.unit.name for cls in app_of(facts).classes.values() if exposed_by(facts, (cls.unit.name, cls))}
    return not declared or bool(declared & shown)


def shown_record(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """What a view shows that returns a record, or the object that it was sent, as it is."""
    classes = app_of(facts).classes
    if step.op == "param":
        annotations = getattr(getattr(unit.node, "args", None), "args", ())
        named = {name for part in annotations if part.arg == step.extra for name in _types(part.annotation)}
        owners = [cls for cls in classes.values() if cls.unit.name in named and "BaseModel" in cls.bases]
        return next((what for cls in owners if (what := exposed_by(facts, (cls.unit.name, cls)))), None)
    if step.op not in ("call", "method"):
        return None
    for obj in facts.value(unit, step.dst).objs:
        if obj.kind == "instance" and obj.unit in classes:
            return exposed_by(facts, (obj.unit.name, classes[obj.unit]))
    return exposed_by(facts, record_of(facts, unit, step.dst))


def found_document(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """``db.users.find_one({"name": name})``: a document with all its fields, none of which is taken away."""
    if step.op != "method" or step.extra[0] not in _FINDERS or len(step.args) != 2:
        return None
    holder = definition(unit, step.args[0])
    if holder is None:
        return None
    keys = {str(holder.extra)} if holder.op == "attr" else set()
    if holder.op == "sub":
        keys = {str(key) for key in facts.constants(unit, holder.args[1])}
    if not any(words(key) & PERSON_MODELS for key in keys):
        return None
    return f"every field of `{min(keys)}`" if not any(is_secret(key) for key in taken_away(facts, unit)) else None


def taken_away(facts: Facts, unit: Unit) -> set[str]:
    """The keys that a function removes: ``user.pop("password")``, ``del user["password"]``."""
    return {
        str(key)
        for step in facts.instructions(unit)
        if len(step.args) > 1 and (step.op == "delsub" or (step.op == "method" and step.extra[0] == "pop"))
        for key in facts.constants(unit, step.args[1])
    }


# --- declared answers -------------------------------------------------------------------------------------------------


def declared_answers(facts: Facts) -> Iterator[Defect]:
    """``@app.get("/users", response_model=UserInDB)``; serializers of Django REST framework with secret fields."""
    app = app_of(facts)
    by_name = {cls.unit.name: cls for cls in app.classes.values()}
    for unit in facts.functions:
        keywords = _keywords(unit)
        model = keywords.get("response_model")
        if model is None or keywords.keys() & {"response_model_exclude", "response_model_include"}:
            continue
        secrets = {secret for name in _types(model) if name in by_name for secret in secrets_of(facts, by_name[name])}
        kept = {secret for secret in secrets if words(secret) & SECRET_WORDS}
        if kept:
            yield Defect(_decorator(facts, unit), f"the response shows `{min(kept)}` with the rest of the record")
    for unit, cls in app.classes.items():
        outer = app.classes.get(unit.parent) if unit.parent is not None else None
        if unit.name == "Meta" and outer is not None and outer.bases & _SERIALIZERS:
            yield from _serializer(facts, cls, outer)


def _decorator(facts: Facts, unit: Unit) -> Instr:
    """The call that decorates a function."""
    first = min(node.lineno for node in getattr(unit.node, "decorator_list", ()))
    owner = unit.parent or facts.units[0]
    calls = (step for step in facts.instructions(owner) if step.op in ("call", "method") and step.line == first)
    return next(calls, next(iter(facts.instructions(unit))))


def _serializer(facts: Facts, meta: Class, outer: Class) -> Iterator[Defect]:
    """Fields that are shown: those listed, or all of the model's, without those that are only written."""
    model = meta.member("model")
    found = _model(facts, *model) if model is not None else None
    if found is None or outer.method("to_representation") is not None:
        return
    name, cls = found
    hidden = _write_only(facts, meta, outer)
    secrets = secrets_of(facts, cls) if cls is not None else {_PASSWORD} if words(name) & PERSON_MODELS else set()
    listed, left_out = meta.member("fields"), meta.member("exclude")
    if listed is not None:
        fields = {str(field) for field in facts.elements(facts.value(*listed))}
        if fields != {_ALL}:
            secrets = {field for field in fields if is_secret(field) and words(field) & (SECRET_WORDS | {"secret"})}
    elif left_out is not None:
        hidden |= {str(field) for field in facts.elements(facts.value(*left_out))}
    else:
        return
    place = listed or left_out
    shown = sorted(secrets - hidden)
    made = definition(*place) if place is not None else None
    if shown and made is not None:
        yield Defect(made, f"the serializer shows `{shown[0]}`")


def _write_only(facts: Facts, meta: Class, outer: Class) -> set[str]:
    """The fields of a serializer that it takes, but does not show."""
    found: set[str] = set()
    extra = meta.member("extra_kwargs")
    for obj in facts.value(*extra).objs if extra is not None else ():
        found |= {str(name) for name, held in obj.fields.items() if "write_only" in facts.elements(held)}
        found |= {str(name) for name, held in obj.fields.items() for o in held.objs if "write_only" in o.fields}
    for name, member in outer.members.items():
        made = definition(*member)
        shape = shape_of(made) if made is not None and made.op in ("call", "method") else None
        if shape is not None and "write_only" in shape.keywords:
            found.add(name)
    return found
