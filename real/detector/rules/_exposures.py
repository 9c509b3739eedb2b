"""What responses show that no client may see: the inner state, whole records, settings, secrets by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from real.detector.analysis.called_names import library_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.responses import Sent
from real.detector.concepts.secrets import is_secret, secret_fields
from real.detector.ir.call_shapes import keywords_of
from real.detector.ir.definitions import name_of, root
from real.detector.ir.instructions import COPIES, Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import DATABASE_ROWS, names
from real.detector.rules._inner_errors import is_broad, is_failure
from real.detector.rules._record_models import exposed_by, record_of
from real.detector.rules._shown import EVERY_FIELD, chooses, leaves_out, shown_parts
from real.detector.rules._whole_records import found_document, sends_whole_records, shown_record, taken_away
from real.detector.vocabulary import MAKING_WORDS, PERSON_RECORDS, words

_TRACEBACKS = frozenset(calls_of(Role.TRACEBACK))
# Things that a view must not return whole.
_WHOLE = {
    **dict.fromkeys(calls_of(Role.ENVIRONMENT), "the environment"),
    **dict.fromkeys(calls_of(Role.CONFIGURATION), "the settings"),
}
_SELECT = re.compile(r"(?is)\bselect\s+(.*?)\s+from\s+[\"'`\[]?(\w+)")
# Functions of libraries that make a dict or a text of all fields of records.
_DUMPS = names("dict model_dump model_dump_json to_dict json")
_FIELDS = names("asdict jsonable_encoder astuple")
_DESCRIBING = names("model_to_dict serialize jsonable_encoder from_orm")
# Words in the names of methods that make data of their object, and of those that make something new.
_AS_DATA = names("dict json serialize")
# Calls that make the name of a file, and where a server keeps files that no address of its pages begins with.
_PATHS = names("join abspath realpath")
_SYSTEM = re.compile(r"/(?:srv|var|home|etc|opt|usr|mnt|root)(?:/|$)")


def answered(facts: Facts, answer: Sent, told: set[Instr]) -> Iterator[Defect]:
    """One defect for what a response shows; ``told`` is what has been reported where it goes on to."""
    whole = answer.instr.op == "return" and sends_whole_records(facts, answer.unit)
    found = {
        step: what
        for operand in answer.operands
        for step in shown_parts(facts, answer.unit, operand)
        if (what := _exposed(facts, answer.unit, step) or (shown_record(facts, answer.unit, step) if whole else None))
    }
    if found.keys() - told:
        told.update(found)
        yield Defect(answer.instr, f"the response shows {min(found.values())}")


def _exposed(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """What an instruction makes that no response may have whole."""
    called = facts.library_names(unit, step)
    if called & _TRACEBACKS:
        return "the traceback"
    if "builtins.vars" in called or (step.op == "attr" and step.extra in EVERY_FIELD):
        return "every field of a record"
    if step.op == "caught" and is_broad(facts, unit, step):
        return "what went wrong inside, whatever it was"
    if step.op == "param" and is_failure(facts, unit, step):
        return "what went wrong inside, whatever it was"
    if step.op == "attr" and is_secret(str(step.extra)):
        return f"`{step.extra}`"
    return _part_of_whole(facts, unit, step) or _record(facts, unit, step) or _described(facts, unit, step)


def _described(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """A record as a method of its class describes it, or as a function for all models does."""
    document = found_document(facts, unit, step)
    if document is not None:
        return document
    called = library_words(facts, unit, step)
    if (called & _DESCRIBING) and len(step.args) > 1 and not {"fields", "only"} & set(keywords_of(step)):
        position = -1 if "serialize" in called else 1
        return exposed_by(facts, record_of(facts, unit, step.args[position]))
    shown = _inside(facts, unit, step, called)
    if shown is not None:
        return shown
    for callee in _describers(facts, unit, step):
        for inner in facts.instructions(callee, "return"):
            for part in shown_parts(facts, callee, inner.args[0], 1):
                if part.op == "attr" and (is_secret(str(part.extra)) or part.extra in EVERY_FIELD):
                    return f"`{part.extra}`"
            columns = facts.reads(callee, inner.args[0])
            if (
                "columns" in columns.attributes
                and "builtins.getattr" in columns.calls
                and not leaves_out(facts, callee)
            ):
                return exposed_by(facts, record_of(facts, unit, step.args[0])) or "every column of a record"
    return None


def _inside(facts: Facts, unit: Unit, step: Instr, called: set[str]) -> str | None:
    """Columns that are listed by what the model itself says, and names of files of the server."""
    listed = "getattr" in called and len(step.args) > 2 and not leaves_out(facts, unit)
    if listed and {"__table__", "columns"} <= facts.reads(unit, step.args[2]).attributes:
        return "every column of a record"
    if called & _PATHS and any(_SYSTEM.match(str(c)) for arg in step.args[1:] for c in facts.constants(unit, arg)):
        return "where files are on the server"
    return None


def _describers(facts: Facts, unit: Unit, step: Instr) -> list[Unit]:
    """The methods that make a dict of a record: those that are called, or the only one of that name."""
    if step.op != "method" or words(str(step.extra[0])) & MAKING_WORDS:
        return []
    called = facts.called(step)
    if called or not words(str(step.extra[0])) & _AS_DATA:
        return [callee for callee in called if callee.is_method]
    return [callee for callee in facts.functions if callee.is_method and callee.name == step.extra[0]]


def _part_of_whole(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """A record with a secret among its fields, the environment, or the settings."""
    if step.op in ("sub", "method", "call", "iterate"):
        held = [obj for obj in facts.value(unit, step.dst).objs if obj.kind == "dict"]
        secrets = {str(key) for obj in held for key in obj.fields if isinstance(key, str) and is_secret(key)}
        secrets -= taken_away(facts, unit) if secrets else set()
        if secrets:
            return f"`{min(secrets)}` with the rest of the record"
    if step.op == "attr":
        owners = {obj.name for obj in facts.value(unit, step.args[0]).objs if obj.kind == "api"}
        return next(
            (_WHOLE[path] for path in sorted(f"{owner}.{step.extra}" for owner in owners) if path in _WHOLE), None
        )
    return None


def _record(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """A whole row of a table of persons, or all fields of an object whose class has a secret one."""
    if step.op == "method" and step.extra[0] in DATABASE_ROWS:
        for text in _statements(facts, unit, step):
            for columns, table in _SELECT.findall(text):
                chosen = [column for column in re.split(r"[\s,.]+", columns) if column]
                secrets = [column for column in chosen if is_secret(column) or words(column) >= {"password", "hash"}]
                if secrets:
                    return f"the column `{secrets[0]}`"
                if "*" in chosen and words(table) & PERSON_RECORDS:
                    return f"every column of `{table}`"
    if step.op == "method" and step.extra[0] in _DUMPS and not chooses(facts, unit, step):
        return _fields_of(facts, unit, step.args[0])
    if library_words(facts, unit, step) & _FIELDS and len(step.args) > 1:
        return _fields_of(facts, unit, step.args[1], _named_for(facts, unit, step.args[1]))
    if step.op == "method" and step.extra[0] == "values" and len(step.args) == 1:
        reads = facts.reads(unit, step.args[0])
        if "objects" in reads.attributes and any(words(name) & PERSON_RECORDS for name in reads.names):
            return "every field of a record"
    return None


def _fields_of(facts: Facts, unit: Unit, operand: int, otherwise: Iterable[Unit] = ()) -> str | None:
    objs = facts.value(unit, operand).objs
    owners = [obj.unit for obj in objs if obj.kind == "instance" and obj.unit is not None]
    secrets = {name for owner in owners or otherwise for name in secret_fields(facts, owner)}
    return f"`{min(secrets)}` with the rest of the record" if secrets else None


def _named_for(facts: Facts, unit: Unit, operand: int) -> Iterator[Unit]:
    """The class that a thing of which nothing else is known has its name from: ``user`` of ``class User``."""
    made = unit.defs[operand]
    while made is not None and made.op in COPIES and made.op != "assign":
        made = unit.defs[made.args[0]]
    name = str(made.extra) if made is not None and made.op == "assign" else name_of(made)
    return (cls.unit for cls in app_of(facts).classes.values() if name and words(cls.unit.name) == words(name))


def _statements(facts: Facts, unit: Unit, step: Instr) -> list[str]:
    """The statements that a cursor may have run: in the chain itself, or before on the same object."""
    own = [text for text in facts.reads(unit, step.dst).constants if isinstance(text, str)]
    if any(_SELECT.search(text) for text in own):
        return own
    same = root(unit, step.args[0])
    return [
        text
        for other in facts.before(unit, step)
        if other.op == "method" and other.extra[0] == "execute" and root(unit, other.args[0]) == same
        for operand in other.args[1:2]
        for text in facts.constants(unit, operand)
        if isinstance(text, str)
    ][:1]
