"""Text that a view sends back as the client sent it, or as what text methods make of it (CWE-79).

Upper case letters, other blanks, joined or formatted pieces: a tag stays a tag. What a function of elsewhere makes of
the data counts for nothing here, since it may be a response of another type.
"""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import REQUEST_FIELDS

_GETTERS = names("get getlist pop")
# They return text, and keep what begins a tag; format() and join() put it between other text.
_TEXT_METHODS = names(
    """upper lower title capitalize swapcase casefold strip lstrip rstrip removeprefix removesuffix replace center ljust
    rjust zfill expandtabs encode decode translate"""
)
_BUILDERS = names("format format_map join")
_MAX_DEPTH = 6


def is_echo(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> bool:
    """Whether an untrusted value is a text of the client for certain, changed at most by methods of texts."""
    made = definition(unit, operand)
    if made is None or depth > _MAX_DEPTH or not facts.is_untrusted(facts.value(unit, operand)):
        return False
    if made.op in ("param", "fstring") or (made.op in ("sub", "attr") and _is_part(facts, unit, made)):
        return True
    if made.op in ("binop", "inplace"):
        is_text = any(_is_text(facts, unit, arg) for arg in made.args[: 1 if made.extra == "Mod" else 2])
        return made.extra in ("Add", "Mod") and (is_text or any(is_echo(facts, unit, a, depth + 1) for a in made.args))
    if made.op == "phi":
        return any(is_echo(facts, unit, arg, depth + 1) for arg in made.args)
    if made.op in ("slice", "sub"):
        return is_echo(facts, unit, made.args[0], depth + 1)
    return made.op in ("call", "method") and _is_made_text(facts, unit, made, depth)


def _is_text(facts: Facts, unit: Unit, operand: int) -> bool:
    return any(isinstance(const, str) for const in facts.constants(unit, operand))


def _is_part(facts: Facts, unit: Unit, made: Instr) -> bool:
    if made.op == "attr":  # request.query.name of Bottle
        holder = definition(unit, made.args[0])
        return holder is not None and holder.op == "attr" and holder.extra in REQUEST_FIELDS
    return bool(facts.reads(unit, made.args[0]).attributes & REQUEST_FIELDS)


def _is_made_text(facts: Facts, unit: Unit, made: Instr, depth: int) -> bool:
    called = facts.library_names(unit, made)
    if called & calls_of(Role.MARKDOWN).keys():
        return True
    if called & calls_of(Role.KEEPS_TEXT).keys():
        return len(made.args) > 1 and is_echo(facts, unit, made.args[1], depth + 1)
    if made.op == "method":
        name = made.extra[0]
        if name in _GETTERS and _is_part(facts, unit, made):
            return True
        if name in _BUILDERS:
            return _is_text(facts, unit, made.args[0])
        if name in _TEXT_METHODS:
            return is_echo(facts, unit, made.args[0], depth + 1)
    return any(_is_echoed_by(facts, unit, made, callee, depth) for callee in facts.called(made))


def _is_echoed_by(facts: Facts, unit: Unit, call: Instr, callee: Unit, depth: int) -> bool:
    """Whether a helper returns such a text, or what it is given."""
    bound = next((b for caller, site, b in facts.call_sites(callee) if site is call and caller is unit), 0)
    for step in facts.instructions(callee, "return"):
        made = definition(callee, step.args[0])
        if made is not None and made.op == "param":
            passed = facts.passed(unit, call, callee, bound, str(made.extra))
            if any(is_echo(facts, unit, operand, depth + 1) for operand in passed):
                return True
        elif is_echo(facts, callee, step.args[0], depth + 1):
            return True
    return False
