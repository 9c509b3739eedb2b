"""What responses show that no client may see: the inner state, whole records, settings, secrets by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.called_names import library_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.responses import Sent
from real.detector.ir.call_shapes import passed_operands, shape_of
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, sink_libraries
from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.rules._secrets import is_secret, secret_fields
from real.detector.rules.serialized_records import (
    exposed_by,
    found_document,
    record_of,
    sends_whole_records,
    shown_record,
    taken_away,
)
from real.detector.vocabulary import words

_TRACEBACKS = frozenset(calls_of(Role.TRACEBACK))
# Things that a view must not return whole.
_WHOLE = {
    **dict.fromkeys(calls_of(Role.ENVIRONMENT), "the environment"),
    **dict.fromkeys(calls_of(Role.CONFIGURATION), "the settings"),
}
# Functions and methods that give back what they are given in another form.
_CONVERSIONS = names(
    """str repr ascii format dict list tuple set sorted dumps jsonable_encoder jsonify json_response make_response
    escape reversed zip bytes Response JsonResponse JSONResponse HttpResponse Markup render_template_string asdict
    astuple format_exception_only from_iterable islice text json html"""
)
_TEXT_METHODS = names(
    """splitlines encode decode strip format join replace split upper lower with_traceback __str__ __repr__ dict
    model_dump model_dump_json to_dict json copy items values fetchall fetchone fetchmany all first one mappings
    tolist"""
)
# Attributes of exceptions that say what went wrong: of all, OSError, CalledProcessError, SQLAlchemy's and psycopg2's.
_DETAILS = names(
    "args strerror filename stderr stdout output orig pgerror __cause__ __context__ statement params reason"
)
_BROAD = names("Exception BaseException")
# asyncpg's PostgresError, cx_Oracle's OracleError and the like: the base class of what a driver raises.
_OF_DATABASE = re.compile(
    r"(?:\w*SQL|Postgres|Oracle|Mongo|Redis|Cassandra|Neo4j|Elasticsearch)\w*(?:Error|Exception)", re.I
)
# Exceptions whose text is about the inside: statements and names of tables, files, commands.
_INNER = names(
    """DatabaseError OperationalError ProgrammingError IntegrityError SQLAlchemyError InterfaceError PyMongoError
    OSError IOError EnvironmentError CalledProcessError FileNotFoundError PermissionError DBAPIError PsycopgError
    LDAPError ClientError RedisError MySQLError DataError InternalError SubprocessError ConnectionError"""
)
_DATABASES = sink_libraries((Kind.SQL,))
_SERVER_ERROR = 500
_PERSONS = names(
    """user users account accounts customer customers member members employee employees patient patients person
    people staff student students contact contacts credential credentials login logins admin admins"""
)
_SELECT = re.compile(r"(?is)\bselect\s+(.*?)\s+from\s+[\"'`\[]?(\w+)")
_STORES = frozenset({"add", "setsub", "merge", "member"})
# Functions of libraries that make a dict or a text of all fields of records.
_DUMPS = names("dict model_dump model_dump_json to_dict json")
_FIELDS = names("asdict jsonable_encoder astuple")
_DESCRIBING = names("model_to_dict serialize jsonable_encoder from_orm")
# Words in the names of methods that make data of their object, and of those that make something new.
_AS_DATA = names("dict json serialize serialized data public")
_MAKING = names("create issue generate new rotate token")
# Calls that make the name of a file, and where a server keeps files that no address of its pages begins with.
_PATHS = names("join abspath realpath")
_SYSTEM = re.compile(r"/(?:srv|var|home|etc|opt|usr|mnt|root)(?:/|$)")
_MAX_HELPERS = 2


def answered(facts: Facts, answer: Sent, told: set[Instr]) -> Iterator[Defect]:
    """One defect for what a response shows; ``told`` is what has been reported where it goes on to."""
    whole = answer.instr.op == "return" and sends_whole_records(facts, answer.unit)
    found = {
        step: what
        for operand in answer.operands
        for step in _shown(facts, answer.unit, operand)
        if (what := _exposed(facts, answer.unit, step) or (shown_record(facts, answer.unit, step) if whole else None))
    }
    if found.keys() - told:
        told.update(found)
        yield Defect(answer.instr, f"the response shows {min(found.values())}")


def _shown(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> list[Instr]:
    """The instructions that make a value or a part of it, not what these take a single field from."""
    found: list[Instr] = []
    seen: set[int] = set()
    work = [operand]
    while work:
        current = work.pop()
        made = unit.defs[current]
        if made is None or current in seen:
            continue
        seen.add(current)
        found.append(made)
        if made.op in ("assign", "copy", "pi", "await", "iterate") or (
            made.op == "unpack" and not _leaves_out(facts, unit)
        ):
            work += made.args[:1]
        elif made.op == "pathload":
            work += made.args[1:]
        elif made.op in ("phi", "build", "fstring", "binop", "inplace"):
            work += made.args
            stores = (step for step in facts.instructions(unit) if step.op in _STORES and step.args[0] == current)
            work += [step.args[-1] for step in stores]
        elif (made.op == "attr" and made.extra in _DETAILS) or _is_same_text(facts, unit, made):
            work += made.args
        elif made.op in ("call", "method") and depth < _MAX_HELPERS and facts.called(made):
            work += _passed_through(facts, unit, made, depth)
        elif made.op in ("call", "method") and _converts(facts, unit, made):
            work += made.args[1:]
    return found


def _is_same_text(facts: Facts, unit: Unit, made: Instr) -> bool:
    return made.op == "method" and made.extra[0] in _TEXT_METHODS and not _chooses(facts, unit, made)


def _converts(facts: Facts, unit: Unit, made: Instr) -> bool:
    return bool(library_words(facts, unit, made) & _CONVERSIONS)


def _passed_through(facts: Facts, unit: Unit, call: Instr, depth: int) -> Iterator[int]:
    """The arguments of a helper that are in what it returns, as they are."""
    for callee in facts.called(call):
        bound = next((b for caller, site, b in facts.call_sites(callee) if site is call and caller is unit), 0)
        passed = passed_operands(call, callee, bound)
        for step in facts.instructions(callee):
            if step.op == "return":
                inside = _shown(facts, callee, step.args[0], depth + 1)
                names_shown = [str(inner.extra) for inner in inside if inner.op == "param"]
                yield from (operand for name in names_shown for operand in passed.get(name, ()))


def _exposed(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """What an instruction makes that no response may have whole."""
    called = facts.library_names(unit, step)
    if called & _TRACEBACKS:
        return "the traceback"
    if "builtins.vars" in called or (step.op == "attr" and step.extra == "__dict__"):
        return "every field of a record"
    if step.op == "caught" and _is_broad(facts, unit, step):
        return "what went wrong inside, whatever it was"
    if step.op == "param" and _is_failure(facts, unit, step):
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
    if (called & _DESCRIBING) and len(step.args) > 1 and not {"fields", "only"} & _keywords(step):
        position = -1 if "serialize" in called else 1
        return exposed_by(facts, record_of(facts, unit, step.args[position]))
    shown = _inside(facts, unit, step, called)
    if shown is not None:
        return shown
    for callee in _describers(facts, unit, step):
        for inner in facts.instructions(callee):
            if inner.op != "return":
                continue
            for part in _shown(facts, callee, inner.args[0], 1):
                if part.op == "attr" and (is_secret(str(part.extra)) or part.extra == "__dict__"):
                    return f"`{part.extra}`"
            columns = facts.reads(callee, inner.args[0])
            if (
                "columns" in columns.attributes
                and "builtins.getattr" in columns.calls
                and not _leaves_out(facts, callee)
            ):
                return exposed_by(facts, record_of(facts, unit, step.args[0])) or "every column of a record"
    return None


def _inside(facts: Facts, unit: Unit, step: Instr, called: set[str]) -> str | None:
    """Columns that are listed by what the model itself says, and names of files of the server."""
    listed = "getattr" in called and len(step.args) > 2 and not _leaves_out(facts, unit)
    if listed and {"__table__", "columns"} <= facts.reads(unit, step.args[2]).attributes:
        return "every column of a record"
    if called & _PATHS and any(_SYSTEM.match(str(c)) for arg in step.args[1:] for c in facts.constants(unit, arg)):
        return "where files are on the server"
    return None


def _describers(facts: Facts, unit: Unit, step: Instr) -> list[Unit]:
    """The methods that make a dict of a record: those that are called, or the only one of that name."""
    if step.op != "method" or words(str(step.extra[0])) & _MAKING:
        return []
    called = facts.called(step)
    if called or not words(str(step.extra[0])) & _AS_DATA:
        return [callee for callee in called if callee.is_method]
    return [callee for callee in facts.functions if callee.is_method and callee.name == step.extra[0]]


def _leaves_out(facts: Facts, unit: Unit) -> bool:
    """Whether a test decides which columns are shown."""
    return any(step.op == "compare" for step in facts.instructions(unit))


def _keywords(step: Instr) -> set[str | None]:
    shape = shape_of(step)
    return set(shape.keywords) if shape is not None else set()


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
    if step.op == "method" and step.extra[0] in ("fetchone", "fetchall", "fetchmany", "mappings", "execute"):
        for text in _statements(facts, unit, step):
            for columns, table in _SELECT.findall(text):
                chosen = [column for column in re.split(r"[\s,.]+", columns) if column]
                secrets = [column for column in chosen if is_secret(column) or words(column) >= {"password", "hash"}]
                if secrets:
                    return f"the column `{secrets[0]}`"
                if "*" in chosen and words(table) & _PERSONS:
                    return f"every column of `{table}`"
    if step.op == "method" and step.extra[0] in _DUMPS and not _chooses(facts, unit, step):
        return _fields_of(facts, unit, step.args[0])
    if library_words(facts, unit, step) & _FIELDS and len(step.args) > 1:
        return _fields_of(facts, unit, step.args[1])
    if step.op == "method" and step.extra[0] == "values" and len(step.args) == 1:
        reads = facts.reads(unit, step.args[0])
        if "objects" in reads.attributes and any(words(name) & _PERSONS for name in reads.names):
            return "every field of a record"
    return None


def _chooses(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``model_dump(exclude={"password"})``, ``model_dump(include={"name"})``."""
    shape = shape_of(step)
    if shape is None:
        return False
    for name, operand in zip(reversed(shape.keywords), reversed(step.args), strict=False):
        chosen = facts.elements(facts.value(unit, operand)) if name in ("include", "exclude") else frozenset()
        if chosen and any(is_secret(str(field)) for field in chosen) is (name == "exclude"):
            return True
    return False


def _fields_of(facts: Facts, unit: Unit, operand: int) -> str | None:
    owners = [obj.unit for obj in facts.value(unit, operand).objs if obj.kind == "instance" and obj.unit is not None]
    secrets = {name for owner in owners for name in secret_fields(facts, owner)}
    return f"`{min(secrets)}` with the rest of the record" if secrets else None


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


def _is_broad(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a handler catches every exception, or those of a database, so that its text is about the inside."""
    block = next(block for block in unit.blocks if step in block.instrs)
    kinds = [facts.reads(unit, instr.args[0]).words for instr in block.instrs if instr.op == "handler"]
    return any(
        found & (_BROAD | _INNER)
        or ("Error" in found and found & _DATABASES)
        or any(map(_OF_DATABASE.fullmatch, found))
        for found in kinds
    )


def _is_failure(facts: Facts, unit: Unit, param: Instr) -> bool:
    """The exception that a handler of all exceptions is given: ``@app.errorhandler(Exception)``."""
    if param.extra in ("request", "self", "context", "req", "resp"):
        return False
    reads = facts.declarations(unit)
    is_handler = any(
        call.rpartition(".")[2].removesuffix("()") in ("errorhandler", "exception_handler", "app_errorhandler", "error")
        for call in reads.calls
    )
    if not is_handler:
        return unit.name == "process_exception" and param.extra != "exception_class"  # middleware of Django
    return bool(reads.words & _BROAD) or _SERVER_ERROR in reads.constants
