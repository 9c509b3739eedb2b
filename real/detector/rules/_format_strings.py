"""Format strings from outside, which name the attributes that they show: ``template.format(user=user)``."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.values import NUM, STR, Obj, Value
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition, ends_in_exception
from real.detector.ir.instructions import Instr, Unit
from real.detector.vocabulary import ROW_READERS

# Methods by which a class decides what of its objects is seen.
_GATES = frozenset({"__getattr__", "__getattribute__", "__getitem__", "__format__"})
# Methods of models, sessions and containers that return one record.
_LOOK_UPS = ROW_READERS | {"get"}
# They give some of what they are given, or all in another order.
_SELECTING = frozenset({"builtins.filter", "builtins.sorted", "builtins.list", "builtins.reversed", "builtins.map"})
_MAX_FIELDS = 2
_MAX_STEPS = 5  # from a value to the container that it was taken from


def formatted(facts: Facts, site: CallSite) -> Iterator[Defect]:
    unbound = site.path in ("builtins.str.format", "builtins.str.format_map")
    template = site.args.at(0) if unbound else site.receiver
    if (site.path and not unbound) or template is None or not facts.is_untrusted(template):
        return
    operands = site.instr.args[1 + unbound :]
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
    return not value.objs and _is_looked_up(facts, unit, operand)


def _within(value: Value) -> Iterator[Obj]:
    """The objects that a value may be, and those that these hold."""
    for obj in value.objs:
        yield obj
        if obj.kind in ("dict", "list", "tuple", "set"):
            for held in (*obj.fields.values(), obj.elements):
                yield from held.objs


def _is_looked_up(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> bool:
    """A record from something that the program leaves undefined: a model, a session, a container, a class."""
    value, made = facts.value(unit, operand), definition(unit, operand)
    if made is None or value.consts or value.kind & (STR | NUM) or depth > _MAX_STEPS:
        return False
    if made.op == "param":  # whoever else may call the function, the program passes a record
        return any(
            _is_looked_up(facts, caller, passed, depth + 1) or _holds_records(facts, caller, passed, depth + 1)
            for caller, call, bound in facts.call_sites(unit)
            for passed in facts.passed(caller, call, unit, bound, str(made.extra))
        )
    if facts.is_untrusted(value):
        return False
    if made.op == "method":
        return made.extra[0] in _LOOK_UPS
    if made.op == "call":
        callee = definition(unit, made.args[0])
        return callee is not None and callee.op == "builtin" and str(callee.extra[1])[:1].isupper()
    return made.op in ("sub", "iterate") and _holds_records(facts, unit, made.args[0], depth + 1)


def _holds_records(facts: Facts, unit: Unit, operand: int, depth: int) -> bool:
    """What the program leaves undefined, or some of it: ``[e for e in employees if e.active]``."""
    holder = definition(unit, operand)
    if holder is None or depth > _MAX_STEPS:
        return False
    if holder.op == "build":
        return any(
            _is_looked_up(facts, unit, store.args[-1], depth + 1)
            for store in facts.instructions(unit, "add")
            if definition(unit, store.args[0]) is holder
        )
    if holder.op == "call" and facts.library_names(unit, holder) & _SELECTING:
        return any(_holds_records(facts, unit, arg, depth + 1) for arg in holder.args[1:])
    return holder.op == "builtin" and not facts.value(unit, operand).objs


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
            for step in facts.instructions(unit, "call")
            for obj in facts.value(unit, step.dst).objs
            if obj.unit is not None
        ):
            return True
    return False
