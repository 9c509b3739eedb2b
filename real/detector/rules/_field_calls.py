"""Calls that write the fields of a mapping from outside: into models, rows and statements (CWE-915)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.owners import RECORD_BASES
from real.detector.ir.call_shapes import named_operands, shape_of
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.rules._allowed_keys import admits_keys
from real.detector.rules._fields import has_free_keys, is_declared, is_guarded_at, iterated
from real.detector.rules._mapping_calls import mappings

# Methods of statement builders, and words of SQL, that write rows of the fields that they are given.
_WRITING = frozenset({"update", "insert", "upsert", "replace"})
_STATEMENT_AND_VALUES = 3


def given_mapping(facts: Facts, unit: Unit, instr: Instr) -> Iterator[Defect]:
    """Calls of libraries that take the fields as a mapping, and records that are made of one."""
    for operand, verb in mappings(facts, unit, instr):
        value = facts.value(unit, operand)
        if not has_free_keys(facts, value) or is_declared(facts, unit, operand):
            continue
        if not is_guarded_at(facts, unit, instr, [operand]):
            yield Defect(instr, f"the outside chooses which fields are {verb}", facts.trace(value))


def called_with_fields(facts: Facts, unit: Unit, instr: Instr) -> Iterator[Defect]:
    """``Model(**data)`` and ``Model.objects.create(**data)``."""
    shape = shape_of(instr)
    if (
        shape is not None
        and _updates_rows(facts, unit, instr)
        and has_free_keys(facts, facts.value(unit, instr.args[1]))
    ):
        value = facts.value(unit, instr.args[1])
        if not is_declared(facts, unit, instr.args[1]) and not is_guarded_at(facts, unit, instr, instr.args[1:2]):
            yield Defect(instr, "the outside chooses which columns are set", facts.trace(value))
        return
    if shape is None or None not in shape.keywords:
        return
    mappings = [operand for name, operand in named_operands(instr) if name is None]
    free = [operand for operand in mappings if has_free_keys(facts, facts.value(unit, operand))]
    if not free or is_declared(facts, unit, free[0]) or not _makes_record(facts, unit, instr):
        return
    if not is_guarded_at(facts, unit, instr, free):
        yield Defect(instr, "the outside chooses which fields are set", facts.trace(facts.value(unit, free[0])))


def _updates_rows(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """``Model.query.filter_by(id=i).update(data)``, ``db.table("users").update(data).eq("id", i)``.

    The ``update()`` of a mapping returns nothing that a method could be called of: where one is, it is a statement.
    """
    shape = shape_of(instr)
    if instr.op != "method" or instr.extra[0] not in _WRITING or shape is None or len(shape.starred) != 1:
        return False
    made = definition(unit, instr.args[0])
    if made is None or made.op != "method":
        return False
    if instr.extra[0] == "update" and made.extra[0] in ("filter", "filter_by", "where"):
        return True
    return any(
        step.op == "method" and definition(unit, step.args[0]) is instr and not facts.called(instr)
        for step in facts.instructions(unit)
    )


def written_columns(facts: Facts, unit: Unit, instr: Instr) -> Iterator[Defect]:
    """``execute(f"UPDATE users SET {columns} WHERE id = ?", values)``, where the columns are keys of a mapping.

    The values are those of the same mapping; for CWE-89 it is what the names hold, here which they are.
    """
    if instr.op != "method" or len(instr.args) < _STATEMENT_AND_VALUES or not instr.extra[0].startswith("execute"):
        return
    literals = facts.pieces(unit, instr.args[1]).literals
    if not any(text.split(None, 1)[0].lower() in _WRITING for text in literals[:1] if text.strip()):
        return
    passed = instr.args[2:]
    valued = {
        root(unit, step.args[0])
        for step in facts.definitions(unit, *passed)
        if step.op == "method" and step.extra[0] in ("values", "items")
    }
    for mapping in valued & {_keys_of(unit, step) for step in facts.definitions(unit, instr.args[1])}:
        value = facts.value(unit, mapping)
        if has_free_keys(facts, value) and not is_declared(facts, unit, mapping):
            listed = facts.is_guarded(unit, instr, [mapping], lambda atom, _: admits_keys(facts, atom))
            if not listed and not is_guarded_at(facts, unit, instr, instr.args[1:2]):
                yield Defect(instr, "the outside chooses which columns are set", facts.trace(value))
            return


def _keys_of(unit: Unit, step: Instr) -> int:
    """The mapping whose keys a step gives or joins; -1 where it gives none."""
    if step.op == "iterate":
        return iterated(unit, step.args[0])
    if step.op == "method" and step.extra[0] == "keys":
        return root(unit, step.args[0])
    return root(unit, step.args[1]) if step.op == "method" and step.extra[0] == "join" and len(step.args) > 1 else -1


def _makes_record(facts: Facts, unit: Unit, instr: Instr) -> bool:
    callee = facts.value(unit, instr.args[0])
    if instr.op == "method":
        name = str(instr.extra[0])
        is_written = name.endswith("create") or name in ("create_user", "update")
        return is_written and "objects" in facts.reads(unit, instr.args[0]).attributes
    return any(
        obj.kind == "class" and obj.unit is not None and facts.declarations(obj.unit).words & RECORD_BASES
        for obj in callee.objs
    )
