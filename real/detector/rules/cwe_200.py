"""CWE-200: Exposure of sensitive information (https://cwe.mitre.org/data/definitions/200.html)

What: the program hands out more of what it knows than is meant: any attribute of an object that a format string names,
the whole of a record, of the configuration or of the environment, or the inner state that a traceback shows.

Why: "{user.password_hash}" is a format string like any other, and "{user.__init__.__globals__}" leads from one object
to the module's secrets. A record given out as it is has fields that nobody thought of, a traceback shows paths,
statements and values.

The sensitive operation:
- template.format(user=user), format_map(vars(user)): a template from outside and an object of the program, or all
  fields of one;
- a response (what a view returns, a response or error object of a framework, what a request handler writes) that shows
  vars(user) or user.__dict__, os.environ, app.config, a traceback, the text of any exception or of one of a database,
  of files or of commands, a column, field or record named for a secret, every column of a table of persons;
- a line of a log with a password or key in it as it is, with the whole of what the program reads one from, with an
  address that it connects to a database with; names are the evidence here, as in CWE-532;
- debug mode where others can connect, DEBUG = True in settings, a file with a secret that every user may read.

The check: something that says which attributes may be seen.

Bad:
    return template.format(order=ORDERS[number])

Good:
    return template.format(number=order.number, total=order.total)

Good, where users write templates of their own:
    class Visible:
        def __init__(self, order):
            self._order = order

        def __getattr__(self, name):
            if name not in {"number", "total"}:
                raise AttributeError(name)
            return getattr(self._order, name)

    return template.format(order=Visible(order))

What silences it:
- a template of the program's own, or one chosen from its own by name;
- arguments that are texts and numbers taken from the object, not the object;
- an object whose class defines __getattr__(), __getattribute__() or __getitem__() with a way that raises an exception,
  or what is reached through such an object;
- string.Template, or a formatter of the program's own that overrides get_field();
- a test of the template that leaves no "." and "[";
- a named key of the environment or configuration: os.environ["LANG"].

What does not: a test that the record exists, a try around format(), a copy of the object, a class whose __getattr__()
refuses nothing.

Sources: https://docs.python.org/3/library/string.html#format-string-syntax,
https://lucumr.pocoo.org/2016/12/29/careful-with-str-format/, https://cwe.mitre.org/data/definitions/209.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.callsites import CallSite, passed_operands, shape_of
from real.detector.charsets import Charset
from real.detector.facts import Facts
from real.detector.flows import Defect
from real.detector.ir import Instr, Unit
from real.detector.library import names
from real.detector.rule import Rule
from real.detector.rules._authorization import words
from real.detector.rules._definitions import definition, ends_in_exception, root
from real.detector.rules._logs import LOGGERS, logged
from real.detector.rules._responses import WATCHED, Sent, sent
from real.detector.rules._secrets import is_secret, secret_fields
from real.detector.values import NUM, STR, Obj, Value

# Methods by which a class decides what of its objects is seen.
_GATES = frozenset({"__getattr__", "__getattribute__", "__getitem__", "__format__"})
# Calls that show the inner state of the program as text.
_TRACEBACKS = names(
    """traceback.format_exc traceback.format_exception traceback.format_tb traceback.format_stack
    traceback.TracebackException().format cgitb.html"""
)
# Things that a view must not return whole.
_WHOLE = {
    "os.environ": "the environment",
    "os.environb": "the environment",
    "flask.Flask().config": "the settings",
    "flask.current_app.config": "the settings",
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
# Exceptions whose text is about the inside: statements and names of tables, files, commands.
_INNER = names(
    """DatabaseError OperationalError ProgrammingError IntegrityError SQLAlchemyError InterfaceError PyMongoError
    OSError IOError EnvironmentError CalledProcessError FileNotFoundError PermissionError DBAPIError PsycopgError
    LDAPError ClientError RedisError MySQLError DataError InternalError SubprocessError ConnectionError"""
)
_DATABASES = names("sqlite3 psycopg2 psycopg pymysql MySQLdb cx_Oracle oracledb pyodbc mysql asyncpg peewee aiosqlite")
_SERVER_ERROR = 500
_PERSONS = names(
    """user users account accounts customer customers member members employee employees patient patients person
    people staff student students contact contacts credential credentials login logins admin admins"""
)
_SELECT = re.compile(r"(?is)\bselect\s+(.*?)\s+from\s+[\"'`\[]?(\w+)")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OTHERS_MAY_READ = 0o044
_STORES = frozenset({"add", "setsub", "merge", "member"})
# Methods of models, sessions and containers that return one record.
_LOOK_UPS = frozenset({"get", "first", "one", "get_or_404", "first_or_404"})
_MAX_FIELDS = 2
_MAX_HELPERS = 2
# Beside these, DEBUG is a setting of Django.
_SETTINGS = names("INSTALLED_APPS ROOT_URLCONF MIDDLEWARE ALLOWED_HOSTS DATABASES WSGI_APPLICATION SECRET_KEY")


def _check(facts: Facts) -> Iterator[Defect]:
    for site in facts.calls("format", "format_map"):
        yield from _formatted(facts, site)
    yield from logged(facts)
    told: set[Instr] = set()
    for answer in sent(facts):
        yield from _answered(facts, answer, told)
    yield from _debugging(facts)
    yield from _readable_files(facts)


# --- templates from outside -------------------------------------------------------------------------------------------


def _formatted(facts: Facts, site: CallSite) -> Iterator[Defect]:
    unbound = site.path in ("builtins.str.format", "builtins.str.format_map")
    template = site.args.at(0) if unbound else site.receiver
    if (site.path and not unbound) or template is None or not facts.is_untrusted(template):
        return
    operands = [operand for operand in site.instr.args[1 + unbound :] if isinstance(operand, int)]
    for index, operand in enumerate(operands):
        if _is_gated(facts, site.unit, operand):
            continue
        whole = site.name == "format_map" or _is_spread(site.instr, index + unbound)
        if _shows_object(facts, site.unit, operand) or (whole and _is_record(facts, site.unit, operand)):
            message = "a template from outside names the attributes that it shows"
            yield Defect(site.instr, message, facts.trace(template))
            return


def _is_spread(instr: Instr, index: int) -> bool:
    """Whether an argument of a call is passed with two stars."""
    shape = shape_of(instr)
    position = index - len(shape.starred) if shape is not None else -1
    return shape is not None and 0 <= position < len(shape.keywords) and shape.keywords[position] is None


def _shows_object(facts: Facts, unit: Unit, operand: int) -> bool:
    """An object of the program, or something that it looked up and of which nothing is known."""
    value = facts.value(unit, operand)
    if any(obj.kind in ("instance", "class", "function", "bound", "namespace") for obj in _within(value)):
        return True
    return not value.objs and not facts.is_untrusted(value) and _is_looked_up(facts, unit, operand, value)


def _within(value: Value) -> Iterator[Obj]:
    """The objects that a value may be, and those that these hold."""
    for obj in value.objs:
        yield obj
        if obj.kind in ("dict", "list", "tuple", "set"):
            for held in (*obj.fields.values(), obj.elements):
                yield from held.objs


def _is_looked_up(facts: Facts, unit: Unit, operand: int, value: Value) -> bool:
    """A record from something that the program leaves undefined: a model, a session, a container, a class."""
    if value.consts or value.kind & (STR | NUM):
        return False
    made = definition(unit, operand)
    if made is None:
        return False
    if made.op == "method":
        return made.extra[0] in _LOOK_UPS
    if made.op == "call":
        callee = definition(unit, made.args[0])
        return callee is not None and callee.op == "builtin" and str(callee.extra[1])[:1].isupper()
    if made.op not in ("sub", "iterate"):
        return False
    holder = definition(unit, made.args[0])
    return holder is not None and holder.op == "builtin"


def _is_record(facts: Facts, unit: Unit, operand: int) -> bool:
    """All fields of something: vars(user), user.__dict__, or a record that was looked up."""
    made = facts.definitions(unit, operand)
    if any(step.op == "attr" and step.extra == "__dict__" for step in made):
        return True
    if any(facts.library_names(unit, step) & {"builtins.vars"} for step in made):
        return True
    value = facts.value(unit, operand)
    held = [obj for obj in value.objs if obj.kind == "dict"]
    built = any(step.op == "build" for step in made)
    return bool(held) and not built and any(len(obj.fields) > _MAX_FIELDS for obj in held)


def _is_gated(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether an object, or the one that it was reached through, decides which attributes may be seen."""
    values = [facts.value(unit, operand), *(facts.value(unit, step.dst) for step in facts.definitions(unit, operand))]
    return any(
        obj.kind == "instance" and obj.unit is not None and _has_gate(facts, obj.unit)
        for value in values
        for obj in value.objs
    )


def _has_gate(facts: Facts, owner: Unit, outer: tuple[Unit, ...] = ()) -> bool:
    """Whether a class refuses some attributes, or gives for some of them objects of a class that does."""
    for unit in facts.functions:
        if unit.parent is not owner or unit.name not in _GATES or not unit.returns:
            continue
        if any(ends_in_exception(block) for block in unit.blocks):
            return True
        if any(step.op == "branch" for step in facts.instructions(unit)) and any(
            obj.kind == "instance"
            and obj.unit not in (None, owner, *outer)
            and _has_gate(facts, obj.unit, (*outer, owner))
            for step in facts.instructions(unit)
            if step.op == "call"
            for obj in facts.value(unit, step.dst).objs
            if obj.unit is not None
        ):
            return True
    return False


# --- what clients are sent --------------------------------------------------------------------------------------------


def _answered(facts: Facts, answer: Sent, told: set[Instr]) -> Iterator[Defect]:
    """One defect for what a response shows; ``told`` is what has been reported where it goes on to."""
    found = {
        step: what
        for operand in answer.operands
        for step in _shown(facts, answer.unit, operand)
        if (what := _exposed(facts, answer.unit, step))
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
        if made.op in ("assign", "copy", "pi", "await", "iterate"):
            work += made.args[:1]
        elif made.op == "pathload":
            work += made.args[1:]
        elif made.op in ("phi", "build", "fstring", "binop", "inplace"):
            work += made.args
            stores = (step for step in facts.instructions(unit) if step.op in _STORES and step.args[0] == current)
            work += [step.args[-1] for step in stores]
        elif made.op == "attr" and made.extra in _DETAILS:
            work += made.args
        elif made.op == "method" and made.extra[0] in _TEXT_METHODS:
            work += [arg for arg in made.args if isinstance(arg, int)]
        elif made.op in ("call", "method") and depth < _MAX_HELPERS and facts.called(made):
            work += _passed_through(facts, unit, made, depth)
        elif made.op in ("call", "method") and _converts(facts, unit, made):
            work += [arg for arg in made.args[1:] if isinstance(arg, int)]
    return found


def _converts(facts: Facts, unit: Unit, made: Instr) -> bool:
    return bool({name.rpartition(".")[2] for name in facts.library_names(unit, made)} & _CONVERSIONS)


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
    return _part_of_whole(facts, unit, step) or _record(facts, unit, step)


def _part_of_whole(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """A record with a secret among its fields, the environment, or the settings."""
    if step.op in ("sub", "method", "call", "iterate"):
        held = [obj for obj in facts.value(unit, step.dst).objs if obj.kind == "dict"]
        secrets = {str(key) for obj in held for key in obj.fields if isinstance(key, str) and is_secret(key)}
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
    if step.op == "method" and step.extra[0] in ("dict", "model_dump", "model_dump_json", "to_dict", "json"):
        return _fields_of(facts, unit, step.args[0])
    if {name.rpartition(".")[2] for name in facts.library_names(unit, step)} & {
        "asdict",
        "jsonable_encoder",
        "astuple",
    }:
        return _fields_of(facts, unit, step.args[1])
    if step.op == "method" and step.extra[0] == "values" and len(step.args) == 1:
        reads = facts.reads(unit, step.args[0])
        if "objects" in reads.attributes and any(words(name) & _PERSONS for name in reads.names):
            return "every field of a record"
    return None


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
    return any(found & (_BROAD | _INNER) or ("Error" in found and found & _DATABASES) for found in kinds)


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


# --- settings and files -----------------------------------------------------------------------------------------------


def _debugging(facts: Facts) -> Iterator[Defect]:
    """Debug mode for others than the programmer: errors are answered with a traceback, in Flask with a console."""
    for site in facts.calls("flask.Flask().run", "bottle.run", "quart.Quart().run", "bottle.Bottle().run"):
        hosts = site.constants(0, "host")
        if True in site.constants(2, "debug") and hosts and not hosts & _LOOPBACK:
            yield Defect(site.instr, "debug mode shows the inside to everybody who can connect")
    for path in ("fastapi.FastAPI", "starlette.applications.Starlette", "tornado.web.Application"):
        for site in facts.calls(path):
            if True in site.constants(None, "debug"):
                yield Defect(site.instr, "debug mode answers errors with a traceback")
    module = facts.units[0]
    settings = {str(step.extra[1]): step for step in facts.instructions(module) if step.op == "setcell"}
    local = {str(step.var or step.extra): step for step in facts.instructions(module) if step.op == "assign"}
    known = {**local, **settings}
    debug = known.get("DEBUG")
    if debug is not None and facts.constants(module, debug.args[0]) == {True} and _SETTINGS & known.keys():
        yield Defect(debug, "DEBUG = True in the settings answers errors with a traceback")


def _readable_files(facts: Facts) -> Iterator[Defect]:
    """``os.chmod("private.key", 0o644)``."""
    for site in facts.calls("chmod"):
        position = 1 if site.path == "os.chmod" else 0
        modes = [mode for mode in site.constants(position, "mode") if isinstance(mode, int)]
        if not any(mode & _OTHERS_MAY_READ for mode in modes):
            continue
        operands = [arg for arg in site.instr.args if isinstance(arg, int)]
        reads = [facts.reads(site.unit, operand) for operand in operands]
        told = {word for read in reads for word in (*read.words, *(str(c) for c in read.constants))}
        if any(is_secret(word) or words(word) & {"key", "pem", "keyfile", "token"} for word in told):
            yield Defect(site.instr, "every user of the machine may read the secret in this file")


RULE = Rule(
    cwe="CWE-200",
    title="Exposure of sensitive information",
    doc=__doc__ or "",
    fix="pass the values that may be seen, not the object: template.format(name=user.name); return chosen fields only",
    harmless=Charset(dangerous=".["),
    check=_check,
    watches=frozenset(
        {"format", "format_map", "run", "FastAPI", "Starlette", "Application", "chmod", *LOGGERS, *WATCHED}
    ),
)
