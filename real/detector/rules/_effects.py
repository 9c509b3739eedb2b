"""What an endpoint does to records: which it changes, creates, deletes or hands out, and who names them.

An effect is a store into a shared container, a method or a statement of a database library, or a method of something
shared whose name begins with a verb of change. ``named`` effects are on a record that the request chooses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, known_modules
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._syntax import annotation_words
from real.detector.rules.principals import Principal, is_request_part
from real.detector.vocabulary import words

LOOK_UPS = names(
    """get get_or_404 one_or_404 first first_or_404 one one_or_none get_object_or_404 aget_object_or_404 filter
    filter_by where get_object find_one find_by_id get_by_id get_or_none query scalar scalars scalar_one
    scalar_one_or_none select fetch_one fetchone fetchrow fetch find exclude aget find_one_and_update objects load
    lookup by_id"""
)
_FINDERS = frozenset({"get", "find", "load", "fetch", "lookup", "read", "query", "retrieve"})  # first words of methods
_RECORD_METHODS = {
    **dict.fromkeys(names("delete adelete delete_instance destroy remove unlink"), "deletes"),
    **dict.fromkeys(names("save asave update aupdate put publish archive cancel close approve"), "changes"),
}
_GIVEN_RECORD = {"delete": "deletes", "merge": "changes", "save": "changes", "remove": "deletes", "update": "changes"}
_DOCUMENTS = {
    **dict.fromkeys(names("delete_one delete_many find_one_and_delete"), "deletes"),
    **dict.fromkeys(names("update_one update_many replace_one find_one_and_update find_one_and_replace"), "changes"),
    **dict.fromkeys(names("insert_one insert_many"), "creates"),
}
_STATEMENTS = {"delete": "deletes", "update": "changes", "insert": "creates", "replace": "changes", "drop": "deletes"}
_EXECUTORS = names("execute executemany executescript execute_sql fetch fetchrow fetch_one raw query run")
_CORE_STATEMENTS = {api: row.shown for api, row in calls_of(Role.ROW_STATEMENT).items()}
# First words of methods and functions of other files that change something; weak evidence, in endpoints only.
VERBS = {
    **dict.fromkeys(names("delete remove destroy purge erase drop revoke"), "deletes"),
    **dict.fromkeys(
        names(
            """update change set save edit rename disable enable ban unban block unblock approve reject publish
            unpublish cancel close reopen promote demote grant reset transfer withdraw refund archive restore suspend
            activate deactivate assign move lock unlock rotate modify"""
        ),
        "changes",
    ),
}
_ROWS = names("fetchall all find fetch fetchmany scalars values items list_users")
# Receivers whose methods change nothing that lasts, or only what is the client's own.
_PASSING = names(
    """session g response resp request logger log logging cache flash self.session headers cookies
    os sys json re time threading asyncio shutil redis channel_layer metrics limiter span"""
)
# Methods of responses and of tornado's handlers: what they set lasts as long as the answer, or is the browser's own.
_ANSWERING = names(
    """add_header clear_header set_header set_status set_cookie set_secure_cookie set_signed_cookie clear_cookie
    clear_all_cookies delete_cookie set_etag_header set_content_type"""
)
_SESSION_TYPES = names("Session AsyncSession SessionDep DbSession DBSession scoped_session")
_DATABASES = frozenset({"db", "database", "conn", "connection", "cursor", "collection", "mongo", "store", "repo"})
_LOCAL_KINDS = frozenset({"dict", "list", "set", "tuple", "generator"})
_AUDIT = names("audit log logs visit visits history event events access last hit hits view views counter seen stats")


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One change; ``named`` says that the request chooses the record, ``keys`` are the operands that do it."""

    unit: Unit
    instr: Instr
    verb: str
    named: bool
    keys: tuple[int, ...] = ()
    is_own: bool = False  # on what belongs to the person who asks
    base: int | None = None  # the container or record


def effects(facts: Facts, who: Principal) -> Iterator[Effect]:
    """The effects of a function, in program order."""
    unit = who.unit
    shared = {operation.instr: operation for operation in facts.operations(unit) if operation.kind != "read"}
    for instr in facts.instructions(unit):
        operation = shared.get(instr)
        if operation is not None and _is_keywords(unit, operation.base):
            continue
        if operation is not None and not _is_passing(facts, unit, operation.base):
            verb = "deletes" if operation.kind == "delete" else "changes"
            keys = [operation.key] if operation.key is not None else []
            if operation.attribute is not None or not any(who.is_client(facts, key) for key in keys):
                keys += [found for key in keys for found in looked_up_by(facts, who, key)]  # remove(record)
                keys += looked_up_by(facts, who, operation.base)
                if operation.attribute is not None and not keys and not who.is_principal(facts, operation.base):
                    continue
            yield _effect(facts, who, instr, verb, keys, operation.base)
        elif instr.op == "setattr" and not (
            _is_passing(facts, unit, instr.args[0]) or _is_made_here(facts, unit, instr.args[0])
        ):
            keys = looked_up_by(facts, who, instr.args[0])
            if keys or who.is_principal(facts, instr.args[0]):
                yield _effect(facts, who, instr, "changes", keys, instr.args[0])
        elif instr.op == "method" and operation is None:
            yield from _method(facts, who, instr)
        elif instr.op == "call":
            yield from _call(facts, who, instr)


def _is_keywords(unit: Unit, operand: int) -> bool:
    """``kwargs`` of ``**kwargs``, which Python makes anew for each call."""
    made = definition(unit, operand)
    return made is not None and made.op == "param" and made.extra == unit.params.kwarg


def _effect(facts: Facts, who: Principal, instr: Instr, verb: str, keys: list[int], base: int | None = None) -> Effect:
    named = [key for key in keys if who.is_client(facts, key)]
    is_own = any(who.is_principal(facts, key) for key in keys) or (base is not None and who.is_principal(facts, base))
    return Effect(who.unit, instr, verb, bool(named), tuple(keys), is_own, base)


def _method(facts: Facts, who: Principal, instr: Instr) -> Iterator[Effect]:
    unit, name = who.unit, str(instr.extra[0])
    receiver, *passed = instr.args
    if name in _EXECUTORS and passed:
        yield from _statement(facts, who, instr, passed)
        return
    if name in _DOCUMENTS and passed:
        yield _effect(facts, who, instr, _DOCUMENTS[name], [passed[0]] if _DOCUMENTS[name] != "creates" else [])
        return
    of_database = is_database_session(facts, unit, receiver) or _is_held_session(facts, who, receiver)
    if not of_database and _is_passing(facts, unit, receiver):
        return
    if name in ("create", "acreate", "bulk_create", "get_or_create", "update_or_create"):
        if "objects" in facts.reads(unit, receiver).attributes:
            yield _effect(facts, who, instr, "creates", [])
        return
    if name in ("commit", "flush") or name in _ANSWERING:
        return
    found = looked_up_by(facts, who, receiver)
    if name in _RECORD_METHODS and found:
        yield _effect(facts, who, instr, _RECORD_METHODS[name], found, receiver)
    elif name in _RECORD_METHODS and who.is_principal(facts, receiver):
        yield _effect(facts, who, instr, _RECORD_METHODS[name], [], receiver)
    elif name in _GIVEN_RECORD and len(passed) == 1 and (given := looked_up_by(facts, who, passed[0])):
        yield _effect(facts, who, instr, _GIVEN_RECORD[name], given, passed[0])
    elif (verb := VERBS.get(_first_word(name))) and not _is_known(facts, unit, instr):
        keys = _criteria_after(unit, instr) or passed
        if keys:
            yield _effect(facts, who, instr, verb, keys)


def _criteria_after(unit: Unit, statement: Instr) -> list[int]:
    """``table.update(changes).eq("id", key)``: what the methods of a statement are given says which rows are meant."""
    found: list[int] = []
    ends = {statement.dst}
    for block in unit.blocks:
        for step in block.instrs:
            if step.op == "method" and root(unit, step.args[0]) in ends:
                ends.add(step.dst)
                found += step.args[1:]
    return found


def _is_held_session(facts: Facts, who: Principal, operand: int) -> bool:
    """``self.session``, in a function that uses it as a session of a database."""
    return who.session_is_of_database and "session" in facts.reads(who.unit, operand).attributes


def _call(facts: Facts, who: Principal, instr: Instr) -> Iterator[Effect]:
    """``delete_account(user_id)`` of another file."""
    unit = who.unit
    if facts.called(instr) or len(instr.args) < 2:
        return
    known = facts.library_names(unit, instr)
    if any(not name.startswith(".") and "." in name and _is_library(name) for name in known):
        return
    made = definition(unit, instr.args[0])
    name = ""
    if known:
        name = min(known).rpartition(".")[2]
    elif made is not None and made.op in ("cell", "builtin"):
        name = str(made.extra[1])
    verb = VERBS.get(_first_word(name)) if "_" in name else None
    if verb is not None:
        passed = instr.args[1:]
        yield _effect(facts, who, instr, verb, passed)


def _is_library(name: str) -> bool:
    return name.partition(".")[0] in known_modules()


def _statement(facts: Facts, who: Principal, instr: Instr, passed: list[int]) -> Iterator[Effect]:
    unit = who.unit
    reads = facts.reads(unit, passed[0])
    texts = [text for text in reads.constants if isinstance(text, str)]
    texts += facts.pieces(unit, passed[0]).literals[:1]
    verb = next((verb for text in texts if (verb := _STATEMENTS.get(_start(text))) is not None), None)
    if verb is None:
        verb = next((_CORE_STATEMENTS[call] for call in reads.calls if call in _CORE_STATEMENTS), None)
        if verb is None:
            return
        keys = [arg for made in facts.definitions(unit, passed[0]) for arg in _criteria(unit, made)]
        yield _effect(facts, who, instr, verb, keys)
        return
    if verb == "creates" and any(words(text) & _AUDIT for text in texts):
        return
    yield _effect(facts, who, instr, verb, _unpacked(facts, unit, passed))


def _criteria(unit: Unit, made: Instr) -> list[int]:
    del unit
    if made.op == "method" and made.extra[0] in ("where", "filter", "filter_by"):
        return made.args[1:]
    return []


def _unpacked(facts: Facts, unit: Unit, operands: list[int]) -> list[int]:
    """The operands, and those that a tuple, list or dict among them is built of."""
    found = []
    for operand in operands:
        made = definition(unit, operand)
        if made is not None and made.op in ("build", "compare"):  # filter(Model.id == key)
            found += made.args
            if made.op == "build" and made.extra[0] == "dict":
                found += [
                    step.args[2]
                    for step in facts.instructions(unit)
                    if step.op == "setsub" and definition(unit, step.args[0]) is made
                ]
        else:
            found.append(operand)
    return found


def _start(text: str) -> str:
    return text.split(None, 1)[0].lower() if text.strip() else ""


def _first_word(name: str) -> str:
    return name.lstrip("_").partition("_")[0].lower()


def _is_known(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """Whether a method is of a library, or of a container of the function itself."""
    if _is_local(facts.value(unit, instr.args[0])):
        return True
    return any(_is_library(path) for path in facts.library_names(unit, instr))


def _is_local(value: Value) -> bool:
    return bool(value.objs) and every(obj.kind in _LOCAL_KINDS for obj in value.objs)


def _is_made_here(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a function makes the object itself, of a class of the program that no library keeps in a database."""
    made = definition(unit, operand)
    classes = [obj.unit for obj in facts.value(unit, operand).objs]
    return (
        made is not None
        and made.op == "call"
        and bool(classes)
        and every(cls is not None and cls.kind == "class" and not facts.declarations(cls).words for cls in classes)
    )


def _is_passing(facts: Facts, unit: Unit, operand: int) -> bool:
    """The session, the request, the response, a log: nothing that is kept for others."""
    made = definition(unit, operand)
    path: list[str] = []
    while made is not None and made.op in ("attr", "sub", "method", "call", "pi"):
        if made.op == "attr":
            path.append(str(made.extra))
        if made.op in ("method", "call") and made.op == "method":
            path.append(str(made.extra[0]))
        made = definition(unit, made.args[0])
    if made is not None and made.op in ("cell", "builtin"):
        path.append(str(made.extra[1]))
    elif made is not None and made.op == "import":
        path.append(str(made.extra).rpartition(".")[2])
    elif made is not None and made.op == "param":
        path.append(str(made.extra))
    if is_database_session(facts, unit, operand) or any(words(part) & _DATABASES for part in path):
        return False
    if "user" in path or "current_user" in path or "app" in path:
        return bool(set(path[:1]) & _PASSING)
    if path[-1:] == ["self"] and len(path) > 1:
        return path[-2] in ("request", "response", "session", "headers", "cookies")
    return bool(set(path) & _PASSING)


def is_database_session(facts: Facts, unit: Unit, operand: int) -> bool:
    """``db.session``, ``with Session(engine) as session``: not that of the browser."""
    made = definition(unit, operand)
    if made is not None and made.op == "attr" and made.extra == "session":
        held = facts.reads(unit, made.args[0])
        return not (held.last_names | held.params) & {"request", "req", "self"}
    reads = facts.reads(unit, operand)
    last = {name.rpartition(".")[2] for name in reads.names | reads.calls}
    if made is not None and made.op == "param":
        if str(made.extra) in annotation_words(unit, _SESSION_TYPES):
            return True
        default = facts.defaults(unit).get(str(made.extra))
        return default is not None and any(words(name) & {"db", "database"} for name in default.words)
    return bool(last & {"Session", "SessionLocal", "sessionmaker", "AsyncSession", "scoped_session", "create_engine"})


def looked_up_by(facts: Facts, who: Principal, operand: int) -> list[int]:
    """What names the record, where an operand is the result of a look-up."""
    unit = who.unit
    found: list[int] = []
    for step in _receivers(facts, unit, operand):
        called = named_words(facts, unit, step)
        if is_request_part(facts, unit, step):
            continue
        if step.op == "sub" or called & LOOK_UPS or any(_first_word(name) in _FINDERS for name in called):
            found += step.args[1:]
    return _unpacked(facts, unit, found)


def _receivers(facts: Facts, unit: Unit, operand: int) -> Iterator[Instr]:
    """The calls, methods and subscripts that make an operand, along receivers and copies, not along arguments."""
    seen: set[int] = set()
    work = [operand]
    while work:
        current = root(unit, work.pop())
        made = unit.defs[current]
        if made is None or current in seen:
            continue
        seen.add(current)
        if made.op in ("call", "method", "sub"):
            yield made
            if made.op != "call":
                work.append(made.args[0])
            elif shape_of(made) is not None:
                work += made.args[1:]
        elif made.op == "phi":
            work += made.args
        elif made.op in ("attr", "await", "iterate", "unpack", "enter", "pathload"):
            work.append(made.args[0])


def hand_outs(facts: Facts, who: Principal) -> Iterator[Effect]:
    """The records that an endpoint looks up by a key of the request, and returns or makes its answer of."""
    unit = who.unit
    answers = [
        step
        for instr in facts.instructions(unit)
        for operand in _answers(instr)
        for step in facts.definitions(unit, operand)
    ]
    for instr in facts.instructions(unit):
        if instr.op not in ("call", "method", "sub") or instr not in answers:
            continue
        if instr.op == "sub" and (_is_passing(facts, unit, instr.args[0]) or not _is_table(facts, unit, instr.args[0])):
            continue
        if instr.op == "method" and _is_passing(facts, unit, instr.args[0]):
            continue
        if instr.op == "method" and instr.extra[0] in _EXECUTORS and len(instr.args) > 1:
            texts = [text for text in facts.reads(unit, instr.args[1]).constants if isinstance(text, str)]
            if any(_start(text) == "select" for text in texts):
                yield _effect(facts, who, instr, "hands out", _unpacked(facts, unit, instr.args[2:]))
            continue
        keys = looked_up_by(facts, who, instr.dst)
        if keys and any(who.is_client(facts, key) for key in keys):
            yield _effect(facts, who, instr, "hands out", keys)


def _answers(instr: Instr) -> list[int]:
    """What an instruction gives as an answer: a returned value, or what tornado's ``write()`` is given."""
    if instr.op in ("return", "yield"):
        return [instr.args[0]]
    if instr.op == "method" and instr.extra[0] in ("write", "finish", "render"):
        return instr.args[1:]
    return []


def _is_table(facts: Facts, unit: Unit, operand: int) -> bool:
    made = definition(unit, operand)
    del facts
    return made is not None and made.op in ("cell", "builtin", "import", "attr")


def hands_out_rows(facts: Facts, unit: Unit) -> Instr | None:
    """The first place where an endpoint takes rows of a database or all of a table for its answer."""
    returned = {
        step
        for instr in facts.instructions(unit)
        if instr.op == "return"
        for step in facts.definitions(unit, instr.args[0])
    }
    for instr in facts.instructions(unit):
        is_query = instr in returned and instr.op == "method" and instr.extra[0] in _ROWS
        if is_query and not _is_passing(facts, unit, instr.args[0]):
            return instr
    return None
