"""Wrong signatures that are caught: what a function answers, and does, after the exception that told it (CWE-347)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import library_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.ir.definitions import definition, reachable, root
from real.detector.ir.instructions import Block, Instr, Unit
from real.detector.models.catalogue import below, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import LOG_METHODS, names

_FIRST_ERROR = 400
_FILLING = frozenset({"setsub", "setattr", "add", "member", "merge", "method"})
# Calls that only show, measure or convert what they are given.
_PREPARING = names(
    """builtins.print builtins.len builtins.str builtins.bytes builtins.isinstance builtins.type builtins.repr
    builtins.bool builtins.hash builtins.id builtins.bytes.fromhex builtins.bytearray builtins.format"""
)
_PREPARING_METHODS = LOG_METHODS | frozenset(dir(str)) | {"decode", "fromhex", "get", "hex"}


def swallowed(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``except InvalidSignature: pass``, after which the function answers as if the signature were right."""
    verifies = any(
        instr.op == "method" and instr.extra[0] == "verify" and len(instr.args) > 2
        for instr in facts.instructions(unit)
    )
    failures = last_names(Role.FAILURE) | ({"Exception", "BaseException"} if verifies else set())
    handlers = [
        (block, instr)
        for block in unit.blocks
        for instr in block.instrs
        if instr.op == "handler" and facts.reads(unit, instr.args[0]).words & failures
    ]
    if not handlers:
        return
    told = results(facts, unit)
    for start, instr in handlers:
        after = reachable([start])
        answers = [result for block in after for result in block.instrs if result in told]
        joined = reachable(unit.blocks[:1], start) & after  # what follows whether the signature is right or wrong
        if _is_replaced(facts, unit, after - joined, joined):
            continue
        acts = any(
            step.op in ("setsub", "setattr")
            or (
                step.op in ("call", "method")
                and step.line
                and not prepares(facts, unit, step)
                and not _is_shown(facts, unit, step)
            )
            for block in joined
            for step in block.instrs
        )
        if acts or any(not _is_failure(facts, unit, result) for result in answers):
            yield Defect(instr, "a wrong signature is caught, and the function goes on as if it were right")


def _is_replaced(facts: Facts, unit: Unit, handled: set[Block], joined: set[Block]) -> bool:
    """``try: data = signer.loads(text)``, ``except BadSignature: data = {}``: nothing is left of the text."""
    for block in joined:
        for step in block.instrs:
            if step.op != "phi" or not any(_is_nothing(facts, unit, arg) for arg in step.args):
                continue
            if any(_is_made_of_data(facts, unit, arg) for arg in step.args):
                return True
    given = [
        (root(unit, step.args[0]), facts.constants(unit, step.args[1]))
        for step in facts.instructions(unit, "setsub")
        if _gives_data(definition(unit, step.args[2]))
    ]
    return any(
        step.op == "setsub"
        and (root(unit, step.args[0]), facts.constants(unit, step.args[1])) in given
        and _is_nothing(facts, unit, step.args[2])
        for block in handled
        for step in block.instrs
    )


def _gives_data(made: Instr | None) -> bool:
    """Whether a call verifies what it is given and returns what was signed, and nothing otherwise."""
    return made is not None and made.op == "method" and made.extra[0] in last_names(Role.OPENER)


def _is_made_of_data(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a value is what such a call returns, or is looked up or made by it: ``find(signer.loads(key))``."""
    return _gives_data(definition(unit, operand)) or bool(facts.reads(unit, operand).called & last_names(Role.OPENER))


def _is_nothing(facts: Facts, unit: Unit, operand: int) -> bool:
    """``None``, ``""``, ``{}``, or ``(None, "bad signature")``: says nothing of anybody."""
    constants = facts.constants(unit, operand)
    if constants:
        return not any(constants)
    made = definition(unit, operand)
    if made is not None and made.op == "build" and made.extra[0] == "tuple" and made.args:
        return _is_nothing(facts, unit, made.args[0])
    objs = facts.value(unit, operand).objs
    return made is not None and made.op == "build" and not made.args and every(not obj.fields for obj in objs)


def _is_shown(facts: Facts, unit: Unit, step: Instr) -> bool:
    return any(name == "builtins.print" or name.startswith(below(Role.LOG)) for name in facts.library_names(unit, step))


def _is_failure(facts: Facts, unit: Unit, result: Instr) -> bool:
    """Whether a return can be the answer to a wrong signature: a message, or an error status."""
    constants = facts.constants(unit, result.args[0])
    if constants and every(isinstance(const, str) for const in constants):
        return True
    made = definition(unit, result.args[0])
    if made is None:
        return False
    if made.op == "build" and not made.args:
        filled = (root(unit, step.args[0]) == made.dst for step in facts.instructions(unit) if step.op in _FILLING)
        return not any(filled)  # {}: nothing is known of who it is
    if made.op == "build" and made.extra[0] == "tuple":  # jsonify(error="..."), 401; False, "bad signature"
        parts = [facts.constants(unit, arg) for arg in made.args]
        return any(part and every(_is_error(const) for const in part) for part in (*parts[:1], *parts[1:2]))
    return "redirect" in library_words(facts, unit, made)


def _is_error(const: object) -> bool:
    """A status of HTTP that says no, ``False`` or ``None``."""
    if isinstance(const, bool) or const is None:
        return not const
    return isinstance(const, int) and const >= _FIRST_ERROR


def results(facts: Facts, unit: Unit) -> list[Instr]:
    """The returns that say or hand out something."""
    found = []
    for instr in facts.instructions(unit, "return"):
        if instr.col:
            constants = facts.constants(unit, instr.args[0])
            if not constants or any(constants):
                found.append(instr)
    return sorted(found, key=lambda instr: (instr.line, instr.col))


def prepares(facts: Facts, unit: Unit, instr: Instr) -> bool:
    if instr.op == "method" and instr.extra[0] in _PREPARING_METHODS:
        return True
    found = facts.library_names(unit, instr)
    return bool(found) and every(
        name in _PREPARING or name.startswith(below(Role.LOG, Role.ENCODING)) for name in found
    )
