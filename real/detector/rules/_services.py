"""Functions below the web layer that are told who asks: what they do to records that their callers name.

A service, a repository or a helper gets the person as a parameter (``user``, ``actor``) or keeps it (``self.user``),
and a key. What it does to the record of that key is an effect, as in endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.concepts.annotations import annotation_words
from real.detector.concepts.decisions import decides_or_asks
from real.detector.concepts.effects import Effect, effects
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.hand_outs import hand_outs
from real.detector.concepts.principals import Principal
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.rules._authorization import AUTHORITY
from real.detector.vocabulary import (
    ACTORS,
    KEY_WORDS,
    LOG_WORDS,
    PERSON_KEYS,
    PRIVILEGES,
    ROW_READERS,
    SERVING_WORDS,
    SIGNATURE_WORDS,
    SIGNING_IN_WORDS,
    words,
)

# Names and types of parameters that stand for that person where nothing reads them, or where they are put down only.
_PERSON_TYPES = names("User CurrentUser Actor Principal Identity Account Member AuthUser AbstractUser Caller")
# First words of functions that are part of a login or serve the person alone.
_OWN = SIGNING_IN_WORDS | SERVING_WORDS
# Keys by which a record is found that only one person knows.
_SECRETS = KEY_WORDS | SIGNATURE_WORDS | {"code"}
_MIN_PARAMETERS = 2
# Methods that a session of SQLAlchemy has, and none of a browser.
_OF_DATABASE = ROW_READERS | {"add", "commit", "delete"}


@dataclass(frozen=True, slots=True, eq=False)
class Unchecked:
    """An effect that nothing prevents; ``attempted`` says that the function asks, and too late or in vain."""

    effect: Effect
    actor: str
    attempted: bool


def unchecked(facts: Facts) -> Iterator[Unchecked]:
    """The effects of functions which are told who asks, and do not let it depend on that."""
    app = app_of(facts)
    answering = {endpoint.unit for endpoint in app.endpoints}
    for unit in facts.functions:
        if unit in answering or not facts.is_open(unit) or unit.name.startswith("__"):
            continue
        if unit.name.lstrip("_").partition("_")[0].lower() in _OWN:
            continue
        strong, weak = _actors(unit)
        held = _is_held(facts, unit)
        if not strong and not weak and not held:
            continue
        if any(words(word) & AUTHORITY for word in facts.declarations(unit).words):
            continue
        found = _first(facts, unit, strong, weak, held)
        if found is not None:
            yield found


def _this(unit: Unit) -> frozenset[str]:
    """The parameter of a method that is its object, whatever its name."""
    return frozenset(unit.params.positional[:1] if unit.is_method else ())


def _actors(unit: Unit) -> tuple[frozenset[str], frozenset[str]]:
    """The parameters that surely stand for the person, and those that may."""
    params = [name for name in (*unit.params.positional, *unit.params.kwonly) if name not in _this(unit)]
    if not params or (len(params) < _MIN_PARAMETERS and not unit.is_method):
        return frozenset(), frozenset()
    typed = {name for name, seen in annotation_words(unit, _PERSON_TYPES).items() if seen & _PERSON_TYPES}
    strong = {name for name in params if words(name) & ACTORS}
    weak = {name for name in params if _is_person(name) or name in typed} - strong
    return frozenset(strong), frozenset(weak)


def _is_person(name: str) -> bool:
    """``user``, ``account_id``: nothing but a person, or their key."""
    parts = set(name.lower().split("_"))
    return parts <= PERSON_KEYS and parts != {"id"}


def _is_held(facts: Facts, unit: Unit) -> bool:
    """Whether the object knows the person (``self.user``), and another of its methods compares them with a record."""
    if not unit.is_method or unit.parent is None:
        return False
    others = (other for other in facts.functions if other.parent is unit.parent and other is not unit)
    return any(_compares_held(facts, other) for other in others)


def _compares_held(facts: Facts, unit: Unit) -> bool:
    for instr in facts.instructions(unit, "compare"):
        if instr.extra[0] in ("Eq", "NotEq", "In", "NotIn"):
            sides = [facts.reads(unit, arg) for arg in instr.args]
            held = [bool(_this(unit) & side.params and side.attributes & _HELD) for side in sides]
            if len(sides) == 2 and held[0] != held[1] and any(side.attributes - _HELD for side in sides):
                return True
    return False


_HELD = ACTORS | {"user", "current_user"}


def _first(facts: Facts, unit: Unit, strong: frozenset[str], weak: frozenset[str], held: bool) -> Unchecked | None:
    actors = strong | frozenset(name for name in weak if not facts.is_used(unit, name) or _is_noted(facts, unit, name))
    who = _who(facts, unit, actors)
    done = [effect for effect in effects(facts, who) if effect.verb != "creates" and _is_meant(facts, effect, actors)]
    if not done and actors:
        done = [effect for effect in hand_outs(facts, who) if _is_meant(facts, effect, actors)]
    if not done:
        late = _late(facts, unit, strong | weak)
        return Unchecked(late, min(strong | weak), attempted=True) if late is not None else None
    if (actors or held) and not decides_or_asks(facts, unit, who):
        if actors:
            return Unchecked(done[0], min(actors), attempted=False)
        if not any(_this(unit) & facts.reads(unit, key).params for key in done[0].keys):
            return Unchecked(done[0], "self.user", attempted=False)
    late = _late(facts, unit, strong | weak)
    return Unchecked(late, min(strong | weak), attempted=True) if late is not None else None


def _who(facts: Facts, unit: Unit, actors: frozenset[str]) -> Principal:
    is_of_database = any(
        step.op == "method"
        and step.extra[0] in _OF_DATABASE
        and "session" in facts.reads(unit, step.args[0]).attributes
        for step in facts.instructions(unit)
    )
    return Principal(unit, params=actors, session_is_of_database=is_of_database)


def _is_meant(facts: Facts, effect: Effect, actors: frozenset[str]) -> bool:
    """An effect on a record that a parameter names which is not the person."""
    if not effect.named or effect.is_own:
        return False
    params: set[str] = set()
    for key in effect.keys:
        params |= facts.reads(effect.unit, key).params
    params -= _this(effect.unit)
    return bool(params) and not params & actors and not any(words(name) & _SECRETS for name in params)


def _is_noted(facts: Facts, unit: Unit, param: str) -> bool:
    """Whether all that is done with a person is to write to a log that it was they."""
    noted = False
    for instr in facts.instructions(unit):
        for arg in instr.args:
            if param not in facts.reads(unit, arg).params:
                continue
            if instr.args[0] != arg and _is_note(facts, unit, instr):
                noted = True
            elif instr.op not in ("attr", "assign", "copy", "pi", "pathload", "fstring", "return"):
                return False
    return noted


def _is_note(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """``self.log.info(...)``, ``audit.record(...)``."""
    if instr.op != "method":
        return False
    reads = facts.reads(unit, instr.args[0])
    return any(words(name.rpartition(".")[2]) & LOG_WORDS for name in (*reads.attributes, *reads.names, *reads.params))


def _late(facts: Facts, unit: Unit, actors: frozenset[str]) -> Effect | None:
    """An effect that comes before the test which was meant to decide it, and does not depend on any test of people."""
    if not actors or not any(
        instr.op == "compare" and _is_about(facts.reads(unit, instr.dst), actors) for instr in facts.instructions(unit)
    ):
        return None
    who = _who(facts, unit, actors)

    def asks(atom: Atom, reads: Reads) -> bool:
        del atom
        return bool(reads.params & actors) or any(words(word) & PRIVILEGES for word in reads.words)

    for effect in effects(facts, who):
        if not effect.named or effect.verb == "creates" or facts.is_controlled(unit, effect.instr, asks):
            continue
        after = [step for step in facts.instructions(unit, "branch") if _follows(facts, effect, step)]
        tests = [atom for step in after for atom in facts.atoms(unit, step.args[0])]
        if any(_is_about(facts.atom_reads(atom), actors) for atom in tests) and not _is_passed_on(facts, who, effect):
            return effect
    return None


def _is_about(reads: Reads, actors: frozenset[str]) -> bool:
    """A comparison of the person with what a record says."""
    return bool(reads.params & actors) and bool(reads.attributes | {key for key in reads.keys if isinstance(key, str)})


def _follows(facts: Facts, effect: Effect, step: Instr) -> bool:
    return effect.instr in facts.before(effect.unit, step)


def _is_passed_on(facts: Facts, who: Principal, effect: Effect) -> bool:
    """Whether something that is told who asks is called before the effect, and may decide."""
    return any(
        step.op in ("call", "method") and any(who.is_principal(facts, arg) for arg in step.args[1:])
        for step in facts.before(who.unit, effect.instr)
    )
