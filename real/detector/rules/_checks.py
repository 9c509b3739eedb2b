"""Checks of who asks that are there and do not decide: what the client says of itself, `or` where both must hold,
results that are thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Origin, Reads
from real.detector.analysis.witness import every
from real.detector.concepts.effects import Effect, effects
from real.detector.concepts.look_ups import first_word, looked_up_by
from real.detector.concepts.principals import Principal
from real.detector.ir.definitions import definition, ends_in_exception
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import HARMLESS_METHODS, names
from real.detector.vocabulary import (
    ACTORS,
    ASKING_VERBS,
    CLIENT_DATA,
    OWNERS,
    PERMISSION_VERBS,
    PRIVILEGES,
    ROLE_WORDS,
    words,
)

_PLAIN = CLIENT_DATA | HARMLESS_METHODS | names("dict get getlist model_dump removeprefix to_dict")
_PLAIN_CALLS = calls_of(Role.JSON_PARSER).keys() | names(
    "builtins.str builtins.bool builtins.int builtins.any builtins.isinstance"
)


def told_by_client(facts: Facts, who: Principal, places: Iterable[Instr]) -> Iterator[Defect]:
    """A role or permission that is read from the request and nothing else decides."""
    unit = who.unit
    for instr in places:
        tests = facts.controlling_tests(unit, instr)
        told = [atom for atom in tests if _is_told(facts, who, atom)]
        if told and not any(_is_authority(facts, who, atom) for atom in tests if atom not in told):
            yield Defect(instr, f"the check in {unit.name}() asks the client what it may do")
            return


def _is_told(facts: Facts, who: Principal, atom: Atom) -> bool:
    reads = facts.atom_reads(atom)
    if who.is_made_of_principal(reads) or _looks_up(reads):
        return False
    last = reads.last_names
    client = reads.params - who.params - {"self", "cls", "request", "req"}
    holder = bool((last | reads.params) & {"request", "req", "self"}) and bool(
        (reads.attributes | reads.called) & CLIENT_DATA
    )
    if not client and not holder:
        return False
    said = {key for key in reads.keys if isinstance(key, str)} | client | (reads.attributes if client else set())
    return any(words(word) & ROLE_WORDS for word in said)


def _looks_up(reads: Reads) -> bool:
    plain = {call for call in reads.calls if call.rpartition(".")[2] in _PLAIN or call in _PLAIN_CALLS}
    return bool({call for call in reads.calls - plain if "request" not in call.split(".") and "Header" not in call})


def _is_authority(facts: Facts, who: Principal, atom: Atom) -> bool:
    """Whether a test reads a role, a permission or an owner from somewhere else."""
    reads = facts.atom_reads(atom)
    if _is_told(facts, who, atom):
        return False
    return any(words(word) & PRIVILEGES for word in reads.words) or (
        who.is_made_of_principal(reads) and atom.op in ("Eq", "NotEq", "In", "NotIn")
    )


def refusals(facts: Facts, unit: Unit) -> Iterator[Instr]:
    """Where a function refuses: ``abort(403)``, ``raise PermissionDenied``, ``return ..., 403``."""
    for instr in facts.instructions(unit):
        if instr.op in ("call", "method"):
            named = {name.rpartition(".")[2] for name in facts.library_names(unit, instr)}
            made = definition(unit, instr.args[0]) if instr.op == "call" else None
            if made is not None and made.op in ("builtin", "cell"):
                named.add(str(made.extra[1]))
            if named & (last_names(Role.REFUSAL) | {"PermissionError"}) or any(
                403 in facts.constants(unit, arg) for arg in instr.args[1:]
            ):
                yield instr
        elif instr.op == "return":
            made = definition(unit, instr.args[0])
            parts = made.args if made is not None and made.op == "build" else []
            if any(403 in facts.constants(unit, arg) for arg in parts):
                yield instr


def compared_with_client(facts: Facts, who: Principal, done: list[Effect]) -> Iterator[Defect]:
    """The principal is compared with what the same request says, and the stored record is not asked whose it is."""
    unit = who.unit
    keys: set[Origin] = set()
    for effect in done:
        for key in effect.keys:
            keys |= facts.reads(unit, key).origins
    for effect in done:
        compared = [atom for atom in facts.controlling_tests(unit, effect.instr) if _compares(facts, who, atom)]
        if compared and every(_is_said(facts, who, atom, keys) for atom in compared):
            yield Defect(effect.instr, f"the check in {unit.name}() compares who asks with what the request says")
            return


def _compares(facts: Facts, who: Principal, atom: Atom) -> bool:
    if atom.op not in ("Eq", "NotEq") or atom.unit is not who.unit or len(atom.operands) != 2:
        return False
    sides = [who.is_principal(facts, operand) for operand in atom.operands]
    return sides[0] != sides[1] and not any(facts.constants(atom.unit, operand) for operand in atom.operands)


def _is_said(facts: Facts, who: Principal, atom: Atom, keys: set[Origin]) -> bool:
    other = next(operand for operand in atom.operands if not who.is_principal(facts, operand))
    if not who.is_client(facts, other) or _looked_up(facts, who, other):
        return False
    reads = facts.reads(atom.unit, other)
    if any(origin in keys for origin in reads.origins):
        return False  # /users/<user_id>/...: what is compared names the record
    said = {word for word in (*reads.attributes, *reads.keys, *reads.params) if isinstance(word, str)}
    return any(words(word) & OWNERS for word in said)


def _looked_up(facts: Facts, who: Principal, operand: int) -> bool:
    """Whether an operand is taken from a record that was looked up, not from the request itself."""
    found = looked_up_by(facts, who, operand)
    if not found:
        return False
    reads = facts.reads(who.unit, operand)
    return any(who.is_client(facts, key) for key in found) or not ((reads.attributes | reads.called) & CLIENT_DATA)


def thrown_away(facts: Facts, who: Principal) -> Iterator[Defect]:
    """``owns(user, album)`` as a statement: it returns a truth value, and at most a log says which."""
    for instr in facts.instructions(who.unit, "compare", "call", "method"):
        is_check = instr.op == "compare" or _asks_for_permission(facts, instr)
        if is_check and any(who.is_principal(facts, arg) for arg in instr.args) and facts.is_idle(who.unit, instr):
            yield Defect(instr, f"the check in {who.unit.name}() is made, but its result is not used")
            return


def _asks_for_permission(facts: Facts, call: Instr) -> bool:
    own = facts.called(call)
    if call.op == "method" and not own:
        return first_word(call.extra[0]) in ASKING_VERBS  # user.has_perm(), policy.can()
    return any(
        first_word(callee.name) in PERMISSION_VERBS and callee.returns and not _raises(facts, callee) for callee in own
    )


def _raises(facts: Facts, unit: Unit) -> bool:
    return any(ends_in_exception(block) for block in unit.blocks) or any(True for _ in refusals(facts, unit))


def told_by_argument(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``if user.id != owner_id: raise`` where the caller says both, and the record is not asked whose it is."""
    actors = frozenset(name for name in unit.params.positional if words(name) & ACTORS or name == "user")
    others = [name for name in unit.params.names if name not in actors and words(name) & OWNERS]
    if not actors or not others:
        return
    if not any(
        instr.op == "attr" and facts.reads(unit, instr.args[0]).params & actors for instr in facts.instructions(unit)
    ):
        return  # a name that is passed, not the person whom a framework knows
    who = Principal(unit, params=actors)
    yield from compared_with_client(facts, who, [effect for effect in effects(facts, who) if effect.named])
