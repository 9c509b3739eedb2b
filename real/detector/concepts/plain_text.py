"""Is a value a text, so that its elements are single characters? Elements of a list are words, or anything.

A parameter without annotation counts as a text: what is iterated is then tested letter by letter, as only a text is.
"""

from __future__ import annotations

import ast

from real.detector.analysis.atoms import Atom
from real.detector.analysis.declared_types import parameter
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import CHAR, STR
from real.detector.analysis.witness import every
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import REQUEST_FIELDS

# Methods of texts that give a text.
_TEXT_METHODS = names(
    """lower upper casefold strip lstrip rstrip title capitalize swapcase replace translate format join zfill ljust
    rjust center expandtabs removeprefix removesuffix decode"""
)
_TEXT_CALLS = frozenset({"builtins.str", "builtins.input", "builtins.repr", "builtins.format"})
# Parts of a request under whose names there is text.
_TEXT_TYPES = frozenset({"str", "AnyStr", "Optional[str]", "str | None", "None | str", "typing.Optional[str]"})
_MAX_DEPTH = 6


def is_text(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> bool:  # noqa: PLR0911
    """Whether a value is a text for certain, or a parameter that may be one."""
    value = facts.value(unit, operand)
    if value.objs or depth > _MAX_DEPTH:
        return False
    if value.kind in (STR, CHAR):
        return True
    made = definition(unit, operand)
    if made is None:
        return False
    if made.op == "param":
        return made.extra in (*unit.params.positional, *unit.params.kwonly) and _may_be_text(unit, str(made.extra))
    if made.op in ("fstring", "const"):
        return made.op == "fstring" or isinstance(made.extra, str)
    if made.op in ("phi", "binop", "inplace") and (made.op == "phi" or made.extra == "Add"):
        parts = [arg for arg in made.args if arg != made.dst and definition(unit, arg) is not made]
        return every(is_text(facts, unit, arg, depth + 1) for arg in parts)
    if made.op == "slice":
        return is_text(facts, unit, made.args[0], depth + 1)
    if made.op == "sub" or (made.op == "method" and made.extra[0] == "get"):
        part = definition(unit, made.args[0])
        return part is not None and part.op == "attr" and part.extra in REQUEST_FIELDS
    if made.op == "method" and made.extra[0] in _TEXT_METHODS:
        return not facts.called(made)
    return made.op == "call" and bool(
        facts.library_names(unit, made) & (_TEXT_CALLS | calls_of(Role.TOLD_QUOTES).keys())
    )


def _may_be_text(unit: Unit, name: str) -> bool:
    annotation, _ = parameter(unit, name)
    if annotation is None:
        return True
    written = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return written in _TEXT_TYPES


def is_json(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether an instruction gives what JSON holds: texts, and lists and objects where a text is meant."""
    if step.op in ("method", "attr"):
        name = str(step.extra[0] if step.op == "method" else step.extra)
        if name in ("get_json", "json"):
            return True
    return bool(facts.library_names(unit, step) & calls_of(Role.JSON_PARSER).keys())


def is_text_test(facts: Facts, atom: Atom) -> bool:
    """``isinstance(name, str)``."""
    return (
        atom.op == "call" and atom.sense is True and "builtins.isinstance" in facts.library_names(atom.unit, atom.instr)
    )


def may_be_shown_list(facts: Facts, unit: Unit, made: Instr) -> bool:
    """Whether a part of JSON is made a text of, whatever it is: of a list, ``"'" in names`` tells nothing.

    To add a list to a text raises an error.
    """
    part: Instr | None = made
    for _ in range(_MAX_DEPTH):
        if part is None or is_json(facts, unit, part):
            break
        is_part = part.op in ("sub", "part", "unpack", "iterate") or (part.op == "method" and part.extra[0] == "get")
        part = definition(unit, part.args[0]) if is_part else None
    if part is None or not is_json(facts, unit, part):
        return False
    shown = [
        step
        for step in facts.instructions(unit, "fstring", "binop", "method", "call", "build")
        if any(definition(unit, arg) is made for arg in step.args) and _shows(facts, unit, step)
    ]
    return any(
        not facts.is_guarded(unit, step, [made.dst], lambda atom, _: is_text_test(facts, atom)) for step in shown
    )


def _shows(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``f"{x}"``, ``"%s" % x``, ``"%s" % (x, y)``, ``"{}".format(x)``, ``str(x)``."""
    if step.op == "build":
        return any(definition(unit, other.args[-1]) is step for other in facts.instructions(unit, "binop"))
    if step.op == "binop":
        return bool(step.extra == "Mod")
    if step.op == "method":
        return bool(step.extra[0] == "format")
    return step.op == "fstring" or "builtins.str" in facts.library_names(unit, step)
