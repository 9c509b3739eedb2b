"""Whether a program knows records that belong to somebody."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.ir.call_shapes import keywords_of
from real.detector.models.library import names
from real.detector.vocabulary import OWNERS, RECORD_OWNERS, words

# What classes of stored records inherit from (Django, SQLAlchemy, SQLModel, peewee, MongoEngine).
RECORD_BASES = names("Base DeclarativeBase Document Model SQLModel declarative_base")


def owner_words(facts: Facts) -> bool:
    """Whether the program knows records that belong to somebody: it compares, filters or stores the owner of one."""
    for _, instr in facts.steps():
        if instr.op in ("attr", "setattr", "field", "setmember") and words(str(instr.extra)) & RECORD_OWNERS:
            return True
        if any(keyword and words(keyword) & OWNERS for keyword in keywords_of(instr)):
            return True
        if instr.op == "const" and isinstance(instr.extra, str):
            is_sql = "=" in instr.extra and any(f"{word}_id" in instr.extra for word in OWNERS)
            if instr.extra in RECORD_OWNERS or is_sql:
                return True
    return False
