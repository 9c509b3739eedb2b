"""Hashes of passwords (CWE-916, CWE-760): what is computed fast is tried fast."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import BUILTINS, names
from real.detector.rules._nonces import is_fixed
from real.detector.vocabulary import ABOUT_SECRETS, KEY_WORDS, PASSWORD_WORDS, PERSON_KEYS, words

# What everybody knows of a person.
_PUBLIC = PERSON_KEYS | {"email", "login", "name"}
# Text that is only written in another way by these.
_REWRITING = (
    BUILTINS
    | last_names(Role.FAST_HASH, Role.WEAK_HASH, Role.ENCODING)
    | {"digest", "hexdigest", "new", "update", *dir(str), *dir(bytes)}
)
_OTHER_SECRETS = ABOUT_SECRETS | KEY_WORDS - PASSWORD_WORDS
_NO_PASSWORDS = _OTHER_SECRETS | {"digest", "hash", "hashed"}
_HASHING = names("hash verify derive encrypt verify_and_update")


def password_hashes(facts: Facts) -> Iterator[Defect]:
    """Fast hashes of passwords, and slow ones with too little work or without a salt of their own."""
    yield from _fast(facts)
    yield from _rounds(facts)
    yield from _salts(facts)
    for site, row in facts.tabled(calls_of(Role.PASSWORD_COST)):
        (argument,) = row.arguments
        costs = [cost for cost in site.usual(argument.position, argument.name, int) if isinstance(cost, int)]
        if costs and max(costs) < row.least:
            yield Defect(site.instr, f"{argument.name}={max(costs)} makes the hash of a password cheap to try")


def _fast(facts: Facts) -> Iterator[Defect]:
    """``hashlib.sha256(password.encode()).hexdigest()``, once and with nothing slow in the program."""
    for site in facts.calls(*calls_of(Role.FAST_HASH)):
        if site.unit.has_loop or facts.shared(_hashes_slowly):
            continue
        operands = site.instr.args[1:]
        operands += [
            arg
            for step in facts.instructions(site.unit, "method")
            if step.extra[0] == "update" and root(site.unit, step.args[0]) == site.instr.dst
            for arg in step.args[1:]
        ]
        if any(_is_password(facts, site.unit, operand) for operand in operands) or _is_kept(facts, site):
            yield Defect(site.instr, f"{site.name} of a password is tried fast, with any salt")


def _is_kept(facts: Facts, site: CallSite) -> bool:
    """``self.password = sha256(raw.encode()).hexdigest()``: what it is put into says whose hash it is."""
    for step in facts.instructions(site.unit, "setattr", "setsub"):
        held = {step.extra} if step.op == "setattr" else facts.constants(site.unit, step.args[1])
        named = [words(str(name)) for name in held]
        is_password = any(parts & PASSWORD_WORDS and not parts & _OTHER_SECRETS for parts in named)
        if is_password and site.instr in facts.definitions(site.unit, step.args[-1]):
            return True
    return False


def _hashes_slowly(facts: Facts) -> bool:
    """Whether something slow is done with a password, on which something depends."""
    return any(
        _is_slow(name)
        and not facts.is_idle(unit, step)
        and any(_is_password(facts, unit, arg) for arg in step.args[1:])
        for unit, step in facts.steps("call", "method")
        for name in facts.library_names(unit, step)
    )


def _is_slow(name: str) -> bool:
    """A slow function, or a method of a slow object (``PasswordHasher().hash``)."""
    slow = calls_of(Role.PASSWORD_HASH)  # what is hashed before them is only made to fit
    holder, _, method = name.rpartition(".")
    return name in slow or (holder.removesuffix("()") in slow and method in _HASHING)


def _is_password(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a text is, or has in it, something that is named for a password."""
    for step in facts.definitions(unit, operand):
        name = None
        if step.op in ("param", "attr"):
            name = str(step.extra)
        elif step.op in ("cell", "builtin"):
            name = str(step.extra[1])
        elif step.op == "sub":
            name = next((str(key) for key in facts.constants(unit, step.args[1])), None)
        elif step.op == "assign":
            name = str(step.var or step.extra)
        if name is not None and words(name) & PASSWORD_WORDS and not words(name) & _NO_PASSWORDS:
            return True
    return False


def _salts(facts: Facts) -> Iterator[Defect]:
    for site, row in facts.tabled(calls_of(Role.PASSWORD_SALT)):
        (salt,) = row.arguments
        if site.argument(salt.position, salt.name) is None:
            continue
        operands = site.operands(salt.positions, salt.names)
        if len(operands) == 1 and is_fixed(facts, site.unit, operands[0], 0):
            yield Defect(site.instr, "one salt for all passwords lets all of them be tried at once")
        elif len(operands) == 1 and _is_derived(facts, site.unit, operands[0]):
            yield Defect(site.instr, "the salt is made from what is known or from the password itself")


def _is_derived(facts: Facts, unit: Unit, operand: int) -> bool:
    """``salt=name.lower().encode()``, ``sha256(password).digest()``: the same for the same person or password."""
    reads = facts.reads(unit, operand)
    called = {call.rpartition(".")[2].removesuffix("()") for call in reads.calls}
    sources = [words(name) for name in (*reads.params, *reads.names, *reads.attributes, *map(str, reads.keys))]
    known = [parts for parts in sources if parts & _PUBLIC or (parts & PASSWORD_WORDS and not parts & _NO_PASSWORDS)]
    return bool(known) and called <= _REWRITING and not any("salt" in parts or "hash" in parts for parts in sources)


def _rounds(facts: Facts) -> Iterator[Defect]:
    """Fewer rounds than anybody has recommended in this century."""
    for site, row in facts.tabled(calls_of(Role.PASSWORD_ROUNDS)):
        (argument,) = row.arguments
        rounds = [n for n in site.usual(argument.position, argument.name, int) if isinstance(n, int)]
        if rounds and max(rounds) < row.least:
            yield Defect(site.instr, f"{max(rounds)} rounds of PBKDF2 are tried fast")
