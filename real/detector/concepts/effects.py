"""What an endpoint does to records: which it changes, creates, deletes or hands out, and who names them.

An effect is a store into a shared container, a method or a statement of a database library, or a method of something
shared whose name begins with a verb of change. ``named`` effects are on a record that the request chooses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.called_names import called_words
from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.look_ups import first_word, looked_up_by, unpacked
from real.detector.concepts.principals import Principal
from real.detector.concepts.receivers import is_database_session, is_known, is_library, is_made_here, is_passing
from real.detector.concepts.request_parts import told
from real.detector.ir.definitions import definition, name_of, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, modules_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.vocabulary import CHANGING_VERBS, DELETING_VERBS, words

_STATEMENTS = {"delete": "deletes", "update": "changes", "insert": "creates", "replace": "changes", "drop": "deletes"}
EXECUTORS = frozenset(tables((Kind.SQL,)).methods) | names("fetch fetchrow fetch_one raw query run")
_CORE_STATEMENTS = {api: row.shown for api, row in calls_of(Role.ROW_STATEMENT).items()}
# First words of methods and functions of other files that change something; weak evidence, in endpoints only.
VERBS = {**dict.fromkeys(DELETING_VERBS, "deletes"), **dict.fromkeys(CHANGING_VERBS, "changes")}
# What methods of responses and of tornado's handlers set lasts as long as the answer, or is the browser's own.
_SETTING, _OF_ANSWERS = names("add clear delete set"), names("cookie header status")


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
        if _is_of_own_object(facts, unit, instr):
            continue
        if operation is not None and operation.attribute is not None and not _may_be_saved(facts, unit, operation.base):
            continue
        if operation is not None and not is_passing(facts, unit, operation.base):
            verb = "deletes" if operation.kind == "delete" else "changes"
            keys = [operation.key] if operation.key is not None else []
            if operation.attribute is not None or not any(who.is_client(facts, key) for key in keys):
                keys += [found for key in keys for found in looked_up_by(facts, who, key)]  # remove(record)
                keys += looked_up_by(facts, who, operation.base)
                if operation.attribute is not None and not keys and not who.is_principal(facts, operation.base):
                    continue
            yield effect(facts, who, instr, verb, keys, operation.base)
        elif instr.op == "setattr" and not (
            is_passing(facts, unit, instr.args[0]) or is_made_here(facts, unit, instr.args[0])
        ):
            keys = looked_up_by(facts, who, instr.args[0])
            is_chosen = keys or who.is_principal(facts, instr.args[0])
            if is_chosen and _may_be_saved(facts, unit, instr.args[0]):
                yield effect(facts, who, instr, "changes", keys, instr.args[0])
        elif instr.op == "method" and operation is None:
            yield from _method(facts, who, instr)
        elif instr.op == "call":
            yield from _call(facts, who, instr)


def _may_be_saved(facts: Facts, unit: Unit, record: int) -> bool:
    """Whether what is set of a record may be kept: some libraries are told so, by ``note.save()``.

    Where the function gives neither the record nor what it was taken from to anything that changes something, its
    attribute is for a template.
    """
    if not app_of(facts).uses(*modules_of(Role.SAVED_WHEN_TOLD)):
        return True
    held = _paths(unit, record)
    return any(
        any(_path(unit, arg) in held for arg in step.args)
        for step in facts.instructions(unit, "call", "method")
        if _saves(facts, unit, step) or any(_saves_something(facts, callee) for callee in facts.called(step))
    )


def _saves_something(facts: Facts, unit: Unit) -> bool:
    return any(_saves(facts, unit, step) for step in facts.instructions(unit, "call", "method"))


def _saves(facts: Facts, unit: Unit, step: Instr) -> bool:
    called = called_words(facts, unit, step)
    return any(words(name) & VERBS.keys() or name.removeprefix("a") in VERBS for name in called)


def _path(unit: Unit, operand: int) -> tuple[object, ...]:
    """What an operand is: ``self.form.instance`` is the same wherever it is read."""
    made = definition(unit, operand)
    if made is not None and made.op == "attr":
        return (*_path(unit, made.args[0]), made.extra)
    return (root(unit, operand),)


def _paths(unit: Unit, operand: int) -> set[tuple[object, ...]]:
    """An operand, and what it was taken from: the object that has it, the list that holds it."""
    found: set[tuple[object, ...]] = set()
    work = [operand]
    while work:
        current = work.pop()
        if (path := _path(unit, current)) in found:
            continue
        found.add(path)
        made = definition(unit, current)
        if made is not None and made.op in ("attr", "iterate", "unpack", "sub", "phi"):
            work += made.args if made.op == "phi" else made.args[:1]
    return found


def _is_keywords(unit: Unit, operand: int) -> bool:
    """``kwargs`` of ``**kwargs``, which Python makes anew for each call."""
    made = definition(unit, operand)
    return made is not None and made.op == "param" and made.extra == unit.params.kwarg


def _is_of_own_object(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """``self.object = ...``, ``self.set_header(...)`` in a class of views: each request has an object of its own."""
    is_set = instr.op == "setattr" or (instr.op == "method" and first_word(str(instr.extra[0])) == "set")
    if not is_set or not unit.is_method or not unit.params.positional:
        return False
    made = definition(unit, instr.args[0])
    is_self = made is not None and made.op == "param" and made.extra == unit.params.positional[0]
    return is_self and any(endpoint.owner is not None and endpoint.unit is unit for endpoint in app_of(facts).endpoints)


def effect(facts: Facts, who: Principal, instr: Instr, verb: str, keys: list[int], base: int | None = None) -> Effect:
    named = [key for key in keys if who.is_client(facts, key)]
    is_own = any(who.is_principal(facts, key) and told(facts, who.unit, key) is None for key in keys) or (
        base is not None and who.is_principal(facts, base)
    )
    return Effect(who.unit, instr, verb, bool(named), tuple(keys), is_own, base)


def _method(facts: Facts, who: Principal, instr: Instr) -> Iterator[Effect]:
    unit, name = who.unit, str(instr.extra[0])
    receiver, *passed = instr.args
    if name in EXECUTORS and passed:
        yield from _statement(facts, who, instr, passed)
        return
    verb = _document_verb(name)
    if verb is not None and passed:
        yield effect(facts, who, instr, verb, [passed[0]] if verb != "creates" else [])
        return
    of_database = is_database_session(facts, unit, receiver) or _is_held_session(facts, who, receiver)
    if not of_database and is_passing(facts, unit, receiver):
        return
    if name.endswith("create"):  # get_or_create(), bulk_create() of Django
        if "objects" in facts.reads(unit, receiver).attributes:
            yield effect(facts, who, instr, "creates", [])
        return
    if name in ("commit", "flush") or (first_word(name) in _SETTING and words(name) & _OF_ANSWERS):
        return
    found = looked_up_by(facts, who, receiver)
    verb = VERBS.get(name.removeprefix("a"), VERBS.get(name))  # adelete(), asave() of Django
    if verb is None and found and not passed and not is_known(facts, unit, instr):
        verb = VERBS.get(first_word(name))  # record.delete_from_db() of the program's own models
    if verb is not None and (found or who.is_principal(facts, receiver)):
        yield effect(facts, who, instr, verb, found, receiver)
    elif name in (*VERBS, "merge") and len(passed) == 1 and (given := looked_up_by(facts, who, passed[0])):
        yield effect(facts, who, instr, VERBS.get(name, "changes"), given, passed[0])
    elif (verb := VERBS.get(first_word(name))) and not is_known(facts, unit, instr):
        keys = _criteria_after(unit, instr) or passed
        if keys:
            yield effect(facts, who, instr, verb, keys)


def _document_verb(name: str) -> str | None:
    """What ``delete_many``, ``insert_one`` or ``find_one_and_replace`` of a driver of MongoDB does."""
    is_of_documents = name.endswith(("_one", "_many")) or name.startswith("find_one_and_")
    return _STATEMENTS.get(name.rpartition("and_")[2].partition("_")[0]) if is_of_documents else None


def _criteria_after(unit: Unit, statement: Instr) -> list[int]:
    """``table.update(changes).eq("id", key)``: what the methods of a statement are given says which rows are meant."""
    found: list[int] = []
    ends = {statement.dst}
    for step in (step for block in unit.blocks for step in block.instrs if step.op == "method"):
        if root(unit, step.args[0]) in ends:
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
    if any(not name.startswith(".") and "." in name and is_library(name) for name in known):
        return
    name = min(known).rpartition(".")[2] if known else name_of(definition(unit, instr.args[0]))
    verb = VERBS.get(first_word(name)) if "_" in name else None
    if verb is not None:
        yield effect(facts, who, instr, verb, instr.args[1:])


def _statement(facts: Facts, who: Principal, instr: Instr, passed: list[int]) -> Iterator[Effect]:
    unit = who.unit
    reads = facts.reads(unit, passed[0])
    texts = [text for text in reads.constants if isinstance(text, str)]
    texts += facts.pieces(unit, passed[0]).literals[:1]
    verb = next((verb for text in texts if (verb := _STATEMENTS.get(start(text))) is not None), None)
    if verb is None:
        verb = next((_CORE_STATEMENTS[call] for call in reads.calls if call in _CORE_STATEMENTS), None)
        if verb is None:
            return
        criteria = (made for made in facts.definitions(unit, passed[0]) if _is_criterion(made))
        keys = [arg for made in criteria for arg in made.args[1:]]
        yield effect(facts, who, instr, verb, keys)
        return
    yield effect(facts, who, instr, verb, unpacked(facts, unit, passed))


def _is_criterion(made: Instr) -> bool:
    return made.op == "method" and made.extra[0] in ("where", "filter", "filter_by")


def start(text: str) -> str:
    return text.split(None, 1)[0].lower() if text.strip() else ""
