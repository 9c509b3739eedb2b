"""CWE-915: Improperly controlled modification of dynamically-determined object attributes, or mass assignment
(https://cwe.mitre.org/data/definitions/915.html)

What: a mapping from outside is written into a record field by field, and its sender chooses which fields.

Why: a form for the name and the address also sets `role`, `price`, `owner_id` or `password_hash`, because nobody said
that it must not.

The sensitive operation: record.update(data) and `{**record, **data}`; `record[key] = value` and
setattr(record, key, value), where the key and the value come from the same mapping; Model(**data) and
Model.objects.create(**data); documents and statements ($set, values()), dataclasses.replace(), model_copy(update=...);
a path of attributes that getattr() and setattr() follow by names from outside; a form, a serializer or a generic view
whose fields are all, or name privileged ones (is_staff, role, balance ...). A record is what the function was given
or looked up, not what it made itself.

The check: something that says which fields are meant.

Bad:
    for key, value in request.json.items():
        setattr(user, key, value)

Good:
    EDITABLE = {"name", "address"}
    for key, value in request.json.items():
        if key in EDITABLE:
            setattr(user, key, value)

What silences it:
- a test that the key is one of those that the program names, also in a comprehension before the store:
  {key: data[key] for key in EDITABLE if key in data};
- a test that it is none of a constant list of protected fields, or, in a path, begins with no underscore;
- a model that declares its fields: pydantic's model_dump(), Django's cleaned_data, a serializer's validated_data;
  not where it takes any field (extra="allow") or declares a privileged one and the endpoint is for everybody;
- read_only_fields, and views that only read or ask for a role;
- a condition that lets only a privileged caller come here: `if is_admin:` on a parameter, or a test of a role.

What does not: a test that the record has such a field already, a test of the values, a copy of the mapping.

Sources: https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html,
https://docs.djangoproject.com/en/stable/topics/forms/modelforms/#selecting-the-fields-to-use,
https://docs.pydantic.dev/latest/concepts/serialization/
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.operations import Operation
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import app_of
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import modules_of
from real.detector.models.kinds import Role
from real.detector.rule import Rule, StoreSink
from real.detector.rules._declared_fields import declared_fields
from real.detector.rules._field_calls import called_with_fields, given_mapping, written_columns
from real.detector.rules._fields import has_free_keys, is_declared, is_guarded_at, is_privileged, is_refusal, iterated
from real.detector.rules._pollution import walked_paths
from real.detector.vocabulary import MAPPING_WORDS, words

# Libraries whose objects have an update() that takes bytes (hashes, checksums) or a number (progress bars).
_TOOLS = modules_of(Role.OTHER_UPDATE)
_SETATTR_OPERANDS = 4


def _is_mass_assignment(facts: Facts, operation: Operation) -> bool:
    unit, key, value = operation.unit, operation.key, operation.value
    if key is None or value is None or unit.name == "__init__" or _is_tool(facts.value(unit, operation.base)):
        return False
    if is_declared(facts, unit, key) or _is_plain_mapping(facts, operation, key):
        return False
    if operation.name == "update":
        return _is_update(facts, operation, key)
    if operation.name in ("setdefault", "insert") or (not operation.name and _is_self(unit, operation.base)):
        return False  # a class that is a mapping itself
    source = _mapping(facts, unit, key, value)
    return source is not None and source != root(unit, operation.base)


def _is_plain_mapping(facts: Facts, operation: Operation, key: int) -> bool:
    """``target[name] = value`` of two arguments, ``self.defaults.update(defaults)``: neither a record nor a request.

    The mapping is one of options, a cache or a side of a merge by its name, and what is put into it comes from whoever
    calls a function of a library, not from a client.
    """
    unit = operation.unit
    made = definition(unit, operation.base)
    if operation.name == "setattr" or made is None or made.op not in ("param", "attr"):
        return False
    if str(made.extra).startswith("__"):
        return False  # product.__dict__ is a record
    entry = facts.entry(facts.value(unit, key))
    is_client = not isinstance(entry, Unit) or any(endpoint.unit is entry for endpoint in app_of(facts).endpoints)
    return not is_client and not words(str(made.extra).strip("_")).isdisjoint(MAPPING_WORDS)


def _is_self(unit: Unit, operand: int) -> bool:
    made = definition(unit, operand)
    return made is not None and made.op == "param" and made.extra == "self"


def _is_update(facts: Facts, operation: Operation, mapping: int) -> bool:
    shape = shape_of(operation.instr)
    if shape is None or len(shape.starred) > 1 or (not shape.starred and None not in shape.keywords):
        return False  # update(name=...): the program names the fields; update(id, values) is no dict's
    made = definition(operation.unit, mapping)
    if made is not None and made.op == "method" and made.extra[0] == "encode":
        return False  # bytes, of which a hash takes some more
    return has_free_keys(facts, facts.value(operation.unit, mapping)) and root(operation.unit, mapping) != root(
        operation.unit, operation.base
    )


def _is_tool(value: Value) -> bool:
    """A set, or something of a library whose method of the same name does something else."""
    return bool(value.objs) and every(
        obj.kind in ("set", "list") or (obj.kind == "api" and obj.name.partition(".")[0] in _TOOLS)
        for obj in value.objs
    )


def _mapping(facts: Facts, unit: Unit, key: int, value: int) -> int | None:
    """The mapping that both the key and the value of a store are taken from."""
    pair = definition(unit, key)
    if pair is None:
        return None
    for made in facts.definitions(unit, value):
        if made.op == "unpack" and pair.op == "unpack" and made is not pair and made.args[0] == pair.args[0]:
            return iterated(unit, made.args[0])
        if made.op == "sub" and definition(unit, made.args[1]) is pair:
            return root(unit, made.args[0])
        if made.op == "method" and made.extra[0] in ("get", "pop") and definition(unit, made.args[-1]) is pair:
            return root(unit, made.args[0])
    return None


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    if facts.is_guarded(flow.unit, flow.instr, flow.operands, lambda atom, _: is_refusal(facts, atom)):
        return True
    return is_privileged(facts, flow.unit, flow.instr, facts.reads(flow.unit, flow.operands[0]).params)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from declared_fields(facts)
    for unit in facts.functions:
        yield from walked_paths(facts, unit)
        for instr in facts.instructions(unit):
            if instr.op in ("call", "method"):
                found = list(called_with_fields(facts, unit, instr)) or list(written_columns(facts, unit, instr))
                yield from found or given_mapping(facts, unit, instr)
                if instr.op == "call" and len(instr.args) == _SETATTR_OPERANDS:
                    yield from _set_on_record(facts, unit, instr)
            elif instr.op == "return" and facts.is_open(unit):
                yield from _merged(facts, unit, instr)


def _set_on_record(facts: Facts, unit: Unit, instr: Instr) -> Iterator[Defect]:
    """``setattr(record, key, value)`` where the function has looked the record up itself."""
    if "builtins.setattr" not in facts.library_names(unit, instr):
        return
    made = definition(unit, instr.args[1])
    if made is None or made.op not in ("call", "method", "await") or facts.called(made):
        return
    operation = Operation("store", unit, instr, instr.args[1], instr.args[2], instr.args[3], "setattr")
    value = facts.value(unit, instr.args[2])
    if not facts.is_untrusted(value) or not _is_mass_assignment(facts, operation):
        return
    if not is_guarded_at(facts, unit, instr, instr.args[2:3]):
        yield Defect(instr, "lets its sender choose which fields are set", facts.trace(value))


def _merged(facts: Facts, unit: Unit, instr: Instr) -> Iterator[Defect]:
    """``return {**record, **data}``: the same as an update, in a copy."""
    made = definition(unit, instr.args[0])
    if made is None or made.op != "build" or made.extra[0] != "dict":
        return
    merges = [step for step in facts.instructions(unit, "merge") if definition(unit, step.args[0]) is made]
    sources = [step.args[-1] for step in merges if has_free_keys(facts, facts.value(unit, step.args[-1]))]
    if len(sources) < 2 or len(sources) != len(merges):
        return
    if not is_guarded_at(facts, unit, instr, sources[-1:]):
        value = facts.value(unit, sources[-1])
        yield Defect(merges[-1], "the outside chooses which fields are replaced", facts.trace(value))


RULE = Rule(
    cwe="CWE-915",
    title="Mass assignment",
    doc=__doc__ or "",
    fix="copy only fields that a constant set names: `if key in EDITABLE: record[key] = value`",
    what="fields",
    stored=StoreSink("lets its sender choose which fields are set", _is_mass_assignment),
    guard=_is_guarded,
    check=_check,
    asks_for_checks=True,
    asks=(Role.MODEL_FORM,),
)
