"""Values that nobody must guess and that can be computed: random, uuid1(), hashes of the time (CWE-330, CWE-338)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, known_modules, last_names
from real.detector.models.kinds import Role
from real.detector.vocabulary import KEY_WORDS, PASSWORD_WORDS, SECRET_KEYS, SECRET_TOKENS, UNGUESSABLE_WORDS, words

# What nobody knows, in a text that is hashed with the time; the name of a token is none.
_KEYS = KEY_WORDS - {"token"} | {"nonce"}
_MAX_HELPERS = 2


def guessable(facts: Facts) -> Iterator[Defect]:
    """``token = "".join(random.choices(LETTERS, k=20))``."""
    told: set[Unit] = set()
    for site in facts.calls(*calls_of(Role.GUESSABLE)):
        if site.unit not in told and (
            _is_for_secret(facts, site.unit, site.instr) or _is_for_cipher(facts, site.unit, site.instr)
        ):
            told.add(site.unit)
            yield Defect(site.instr, "the module random is no generator of secrets: its values can be computed")
    for site in facts.calls(*calls_of(Role.MACHINE_ID)):
        if site.unit not in told and _is_for_secret(facts, site.unit, site.instr):
            told.add(site.unit)
            yield Defect(site.instr, "uuid1() is made of the time and the address of the machine, which can be guessed")
    for site in facts.calls(*calls_of(Role.FAST_HASH)):
        if site.unit not in told and _is_unguessable(site.unit.name) and _is_hash_of_time(facts, site):
            told.add(site.unit)
            yield Defect(site.instr, "the hash of the time can be guessed as the time can")


def _is_hash_of_time(facts: Facts, site: CallSite) -> bool:
    """``hashlib.sha256(f"{user}{time.time()}".encode())``, with nothing in it that nobody knows."""
    reads = [facts.reads(site.unit, arg) for arg in site.instr.args[1:]]
    called = {call.rpartition(".")[2].removesuffix("()") for read in reads for call in read.calls}
    known = {word for read in reads for word in read.words}
    return (
        bool(called & last_names(Role.CLOCK))
        and not called & last_names(Role.RANDOM)
        and not any(words(word) & _KEYS for word in known - known_modules())  # ``secrets``
    )


def _is_for_secret(facts: Facts, unit: Unit, call: Instr, depth: int = 0) -> bool:
    """Whether the function, or the variable, field or argument that the value goes into, is named for a secret; also
    where a helper of the program makes the value."""
    if any(_is_unguessable(name) for name in (*_owners(unit), *_around(facts, call))):
        return True
    callers = facts.call_sites(unit) if depth < _MAX_HELPERS and facts.is_returned(unit, call) else []
    if any(_is_for_secret(facts, caller, site, depth + 1) for caller, site, _ in callers):
        return True
    for step in facts.instructions(unit):
        name = step.extra if step.op in ("assign", "setattr", "member") else None
        if step.op == "setcell":
            name = step.extra[1]
        elif step.op == "setsub":
            name = next(iter(facts.constants(unit, step.args[1])), None)
        if isinstance(name, str) and _is_unguessable(name) and call in facts.definitions(unit, *step.args[-1:]):
            return True
    return False


def _owners(unit: Unit) -> Iterator[str]:
    """The names of a function and of those that it is inside of."""
    owner: Unit | None = unit
    while owner is not None:
        yield owner.name
        owner = owner.parent


def _is_for_cipher(facts: Facts, unit: Unit, call: Instr) -> bool:
    """Whether the value becomes a nonce, or the key of a cipher or of a message authentication code."""
    for site, row in (*facts.tabled(calls_of(Role.NONCE)), *facts.tabled(calls_of(Role.TAKES_KEY))):
        (taken,) = row.arguments
        if site.unit is unit and call in facts.definitions(unit, *site.operands(taken.positions, taken.names)):
            return True
    return False


def _around(facts: Facts, call: Instr) -> list[str]:
    """The names of the functions that a call is written in, or that its code was put into in place of a call."""
    tree = facts.units[0].node
    functions = [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return [
        node.name
        for node in functions
        if node.lineno <= call.line <= (node.end_lineno or node.lineno) or any(_is_at(n, call) for n in ast.walk(node))
    ]


def _is_at(node: ast.AST, call: Instr) -> bool:
    return isinstance(node, ast.Call) and (node.lineno, node.col_offset) == (call.line, call.col)


def _is_unguessable(name: str) -> bool:
    parts = words(name)
    return (
        bool(parts & (UNGUESSABLE_WORDS | PASSWORD_WORDS)) or SECRET_KEYS.said_by(parts) or SECRET_TOKENS.said_by(parts)
    )
