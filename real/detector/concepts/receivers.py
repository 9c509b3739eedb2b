"""What an effect is on: something that lasts (a database), or the session, the answer, a log of one request."""

from __future__ import annotations

import sys

from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.witness import every
from real.detector.concepts.annotations import annotation_words
from real.detector.ir.definitions import definition, name_of, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import known_modules
from real.detector.models.library import names
from real.detector.vocabulary import DATABASE_WORDS, SAME_SERVER_WORDS, words

_SESSION_TYPES = names("Session AsyncSession SessionDep DbSession DBSession scoped_session")
_SESSION_METHODS = names("commit execute query scalars")  # of SQLAlchemy's Session, and of no browser's
_MODULES = frozenset(sys.stdlib_module_names)
_LISTING = frozenset({"split", "rsplit", "splitlines"})  # methods of text that make a list
_LOCAL_KINDS = frozenset({"dict", "list", "set", "tuple", "generator"})


def is_library(name: str) -> bool:
    """Whether a qualified name is one of a library that is known."""
    return name.partition(".")[0] in known_modules()


def is_known(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """Whether a method is of a library, or of a container of the function itself."""
    objs = facts.value(unit, instr.args[0]).objs
    is_local = bool(objs) and every(obj.kind in _LOCAL_KINDS for obj in objs)
    made = definition(unit, instr.args[0])
    is_local = is_local or (made is not None and made.op == "method" and made.extra[0] in _LISTING)
    return is_local or any(is_library(path) for path in facts.library_names(unit, instr))


def is_made_here(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a function makes the object itself, of a class of the program that no library keeps in a database."""
    made = definition(unit, operand)
    classes = [obj.unit for obj in facts.value(unit, operand).objs]
    return (
        made is not None
        and made.op == "call"
        and bool(classes)
        and every(cls is not None and cls.kind == "class" and not facts.declarations(cls).words for cls in classes)
    )


def is_passing(facts: Facts, unit: Unit, operand: int) -> bool:
    """The session, the request, the response, a log: nothing that is kept for others."""
    made = definition(unit, operand)
    path: list[str] = []
    while made is not None and made.op in ("attr", "sub", "method", "call", "pi"):
        path.append(str(made.extra[0]) if made.op == "method" else name_of(made))
        made = definition(unit, made.args[0])
    path = [name for name in (*path, name_of(made)) if name]
    if is_database_session(facts, unit, operand) or any(words(part) & DATABASE_WORDS for part in path):
        return False
    if made is not None and made.op == "param" and is_used_as_database(facts, unit, made):
        return False
    if "user" in path or "current_user" in path or "app" in path:
        return bool(set(path[:1]) & SAME_SERVER_WORDS)
    if path[-1:] == ["self"] and len(path) > 1:
        return path[-2] in SAME_SERVER_WORDS - {"cache"}
    apis = library_paths(facts.value(unit, made.dst)) if made is not None else ()
    if any(api.partition(".")[0] in _MODULES for api in apis):
        return True  # os.remove(), json.dump()
    return bool(set(path) & SAME_SERVER_WORDS)


def is_database_session(facts: Facts, unit: Unit, operand: int) -> bool:
    """``db.session``, ``with Session(engine) as session``: not that of the browser."""
    made = definition(unit, operand)
    if made is not None and made.op == "attr" and made.extra == "session":
        held = facts.reads(unit, made.args[0])
        return not (held.last_names | held.params) & {"request", "req", "self"}
    reads = facts.reads(unit, operand)
    last = reads.last_names | reads.called
    if made is not None and made.op == "param":
        if str(made.extra) in annotation_words(unit, _SESSION_TYPES):
            return True
        default = facts.defaults(unit).get(str(made.extra))
        if default is not None and any(words(name) & {"db", "database"} for name in default.words):
            return True
        return is_used_as_database(facts, unit, made)
    return bool(last & {"Session", "SessionLocal", "sessionmaker", "AsyncSession", "scoped_session", "create_engine"})


def is_used_as_database(facts: Facts, unit: Unit, param: Instr) -> bool:
    """Whether a function calls methods of a parameter that only a session of a database has."""
    return any(
        step.extra[0] in _SESSION_METHODS and root(unit, step.args[0]) == param.dst
        for step in facts.instructions(unit, "method")
    )
