"""Answers that a declaration gives: response models, serializers with secret fields (CWE-200)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import Class, app_of
from real.detector.concepts.secrets import is_secret
from real.detector.concepts.serializers import flagged_fields
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.rules._record_models import model_of, secrets_of
from real.detector.rules._whole_records import decorator_keywords, types
from real.detector.vocabulary import PERSON_RECORDS, SECRET_WORDS, words

_SERIALIZERS = names("ModelSerializer HyperlinkedModelSerializer")
# They send the fields that they are given, and make a description of fields.

_MODELS = names("model inherit")
MARSHALS = names("marshal_with marshal_list_with marshal")
_ALL = "__all__"
_PASSWORD = "password"


# --- declared answers -------------------------------------------------------------------------------------------------


def declared_answers(facts: Facts) -> Iterator[Defect]:
    """``@app.get("/users", response_model=UserInDB)``; serializers of Django REST framework with secret fields."""
    app = app_of(facts)
    by_name = {cls.unit.name: cls for cls in app.classes.values()}
    for unit in facts.functions:
        keywords = decorator_keywords(unit)
        model = keywords.get("response_model")
        if model is None or keywords.keys() & {"response_model_exclude", "response_model_include"}:
            continue
        secrets = {secret for name in types(model) if name in by_name for secret in secrets_of(facts, by_name[name])}
        kept = {secret for secret in secrets if words(secret) & SECRET_WORDS}
        if kept:
            yield Defect(_decorator(facts, unit), f"the response shows `{min(kept)}` with the rest of the record")
    yield from _marshalled(facts)
    for meta, outer in app.inner_classes("Meta"):
        if outer.bases & _SERIALIZERS:
            yield from _serializer(facts, meta, outer)


def _marshalled(facts: Facts) -> Iterator[Defect]:
    """``@marshal_with(user_fields)`` of Flask-RESTful, and of Flask-RESTX with ``api.model("User", {...})``."""
    for site in facts.calls(*MARSHALS):
        owner, operand = site.unit, next(iter(site.operands((0,), ("fields",))), None)
        made = definition(owner, operand) if operand is not None else None
        if made is not None and made.op in ("cell", "builtin"):
            owner = facts.units[0]
            stores = (step for step in facts.instructions(owner, "setcell") if step.extra[1] == made.extra[1])
            operand = next((step.args[0] for step in stores), None)
            made = definition(owner, operand) if operand is not None else None
        if made is not None and made.op == "method" and made.extra[0] in _MODELS and len(made.args) > 2:
            operand = made.args[2]
        held = facts.value(owner, operand).objs if operand is not None else ()
        fields = {str(key) for obj in held if obj.kind == "dict" for key in obj.fields}
        shown = sorted(field for field in fields if is_secret(field) and words(field) & SECRET_WORDS)
        if shown:
            yield Defect(site.instr, f"the response shows `{shown[0]}` with the rest of the record")


def _decorator(facts: Facts, unit: Unit) -> Instr:
    """The call that decorates a function."""
    first = min(node.lineno for node in getattr(unit.node, "decorator_list", ()))
    owner = unit.parent or facts.units[0]
    calls = (step for step in facts.instructions(owner, "call", "method") if step.line == first)
    return next(calls, next(iter(facts.instructions(unit))))


def _serializer(facts: Facts, meta: Class, outer: Class) -> Iterator[Defect]:
    """Fields that are shown: those listed, or all of the model's, without those that are only written."""
    model = meta.member("model")
    found = model_of(facts, *model) if model is not None else None
    if found is None or outer.method("to_representation") is not None:
        return
    name, cls = found
    hidden = flagged_fields(facts, meta, outer, "write_only")
    secrets = secrets_of(facts, cls) if cls is not None else {_PASSWORD} if words(name) & PERSON_RECORDS else set()
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
