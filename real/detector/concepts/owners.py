"""Whether a program knows records that belong to somebody."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import app_of
from real.detector.ir.call_shapes import keywords_of
from real.detector.ir.instructions import Unit
from real.detector.models.library import names
from real.detector.vocabulary import RECORD_OWNERS, words

# What classes of stored records inherit from (Django, SQLAlchemy, SQLModel, peewee, MongoEngine).
RECORD_BASES = names("Base DeclarativeBase Document Model SQLModel declarative_base")
_OWNED = names("user account member owner author creator customer uploader employee patient recipient tenant")
_COLUMNS = names("user owner account member tenant customer id")


def _is_of_owner(column: str) -> bool:
    parts = set(column.lower().split("_"))
    return parts <= _COLUMNS and parts != {"id"}


def _is_model(facts: Facts, unit: Unit) -> bool:
    cls = app_of(facts).classes.get(unit)
    return cls is not None and bool(cls.bases & RECORD_BASES)


def owner_words(facts: Facts) -> bool:
    """Whether the program knows records that belong to somebody: it compares, filters or stores the owner of one."""
    for unit, instr in facts.steps():
        if instr.op in ("attr", "setattr", "field", "setmember") and words(str(instr.extra)) & RECORD_OWNERS:
            return True
        if instr.op == "setmember" and _is_of_owner(str(instr.extra)) and _is_model(facts, unit):
            return True
        if any(keyword and words(keyword) & _OWNED for keyword in keywords_of(instr)):
            return True
        if instr.op == "const" and isinstance(instr.extra, str):
            is_sql = "=" in instr.extra and any(f"{word}_id" in instr.extra for word in _OWNED)
            if instr.extra in RECORD_OWNERS or is_sql:
                return True
    return False
