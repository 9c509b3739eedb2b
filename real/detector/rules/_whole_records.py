"""Records that a view sends as they are (CWE-200)."""

from __future__ import annotations

import ast

from real.detector.analysis.facts import Facts
from real.detector.concepts.annotations import words_in
from real.detector.concepts.endpoints import app_of, is_view
from real.detector.concepts.secrets import is_secret
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import rows_of
from real.detector.models.library import names
from real.detector.models.rows import Framework
from real.detector.rules._record_models import exposed_by, record_of
from real.detector.vocabulary import PERSON_RECORDS, words

_FINDERS = names("find_one find")
_FILTERS = names("response_model response_model_exclude response_model_include response_class")
# Types that say nothing about fields.
_OPEN_TYPES = names("dict Dict list List Any Optional object Sequence Union str")
# Frameworks that send the fields of what a view returns.
_TYPED = tuple(row.api for row in rows_of(Framework) if row.typed and row.web)


def decorator_keywords(unit: Unit) -> dict[str, ast.expr]:
    """The keywords of the decorators of a function."""
    return {
        keyword.arg: keyword.value
        for decorator in getattr(unit.node, "decorator_list", ())
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg
    }


def types(node: ast.AST | None) -> set[str]:
    if node is None:
        return set()
    return words_in(node) | {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def sends_whole_records(facts: Facts, unit: Unit) -> bool:
    """Whether a view of FastAPI returns objects with all their fields: nothing says which of them are meant."""
    if not app_of(facts).uses(*_TYPED) or not is_view(facts, unit):
        return False
    keywords = decorator_keywords(unit)
    if keywords.keys() & (_FILTERS | {"response"}):
        return False
    declared = types(getattr(unit.node, "returns", None)) - _OPEN_TYPES - {"None"}
    shown = {cls.unit.name for cls in app_of(facts).classes.values() if exposed_by(facts, (cls.unit.name, cls))}
    return not declared or bool(declared & shown)


def shown_record(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """What a view shows that returns a record, or the object that it was sent, as it is."""
    classes = app_of(facts).classes
    if step.op == "param":
        annotations = getattr(getattr(unit.node, "args", None), "args", ())
        named = {name for part in annotations if part.arg == step.extra for name in types(part.annotation)}
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
    if not any(words(key) & PERSON_RECORDS for key in keys):
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
