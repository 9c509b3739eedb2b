"""Signatures that a function is given, or reads from a header, and compares with nothing (CWE-347)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import Constant
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.secrets import place
from real.detector.ir.definitions import is_loaded
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, modules_of, roots_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._caught import prepares, results
from real.detector.vocabulary import SIGNATURE_WORDS, words

_KEEPING = frozenset({"return", "setattr", "setsub", "setcell", "yield"})
# Words in the names of a value that is a signature; a mask, a sign of a number and a signal are not.
_OTHERWISE = names("frame signum")  # beside these, `sig` is a signal


_CRYPTOGRAPHY = frozenset(
    root.partition(".")[0]
    for root in roots_of(
        Role.MAC, Role.EQUALITY, Role.OPENER, Role.ANSWER, Role.TOKEN_DECODER, Role.PUBLIC_KEY, Role.WEAK_HASH
    )
)


def answering() -> frozenset[str]:
    """Calls that answer with a truth value, so that dropping the answer is dropping the check."""
    return frozenset((*calls_of(Role.EQUALITY), *calls_of(Role.ANSWER)))


def unverified_headers(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``request.headers["X-Signature"]`` that is read, looked at, and compared with nothing."""
    told: set[Instr] = set()
    for step in facts.instructions(unit):
        is_get = step.op == "method" and step.extra[0] == "get" and len(step.args) > 1
        if not (is_get or step.op == "sub"):
            continue
        keys = facts.constants(unit, step.args[1])
        holder = facts.reads(unit, step.args[0])
        if "headers" not in holder.attributes or not any(
            isinstance(key, str) and words(key.replace("-", "_")) & SIGNATURE_WORDS for key in keys
        ):
            continue
        if not _is_handed_on(facts, unit, step):
            yield Defect(step, "the signature is read, but not compared with anything")
        elif step not in told and _is_optional(facts, unit, step):
            told |= _alike(facts, unit, step)
            yield Defect(step, "a message without a signature passes, too")


def _is_optional(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``if signature: verify(signature)``: verified where it is there, and the work goes on where it is not."""

    same = _alike(facts, unit, step)

    def is_presence(atom: Atom, reads: Reads) -> bool:
        del reads
        if atom.instr in same:
            return atom.sense is True  # the header itself, as a truth value
        if atom.unit is not unit or same.isdisjoint(facts.definitions(unit, *atom.operands)):
            return False
        if atom.op in ("NotEq", "IsNot"):
            return any(side and not any(side) for side in (facts.constants(unit, arg) for arg in atom.operands))
        return atom.op == "truth" and atom.sense is True

    tests = [
        other
        for other in facts.instructions(unit, "compare", "call", "method")
        if (_answers(facts, unit, other) or (other.op == "compare" and other.extra[0] in ("Eq", "NotEq")))
        and other not in same
        and not same.isdisjoint(facts.definitions(unit, *other.args))
    ]
    found = results(facts, unit)
    return (
        bool(tests and found)
        and every(
            any(is_presence(atom, Reads()) for atom in facts.controlling_tests(unit, test) if atom.necessary)
            for test in tests
            if test.op != "compare" or not any(side and not any(side) for side in _sides(facts, unit, test))
        )
        and not any(facts.is_prevented(unit, result, found, is_presence) for result in found)
    )


def _alike(facts: Facts, unit: Unit, step: Instr) -> set[Instr]:
    """The look-ups of the same header: ``request.headers["X-Sig"]`` beside ``request.headers.get("X-Sig")``."""
    where = place(facts, unit, step.dst)
    others = facts.instructions(unit, "sub", "method") if where is not None and where[1] else ()
    return {step, *(other for other in others if place(facts, unit, other.dst) == where)}


def _sides(facts: Facts, unit: Unit, compare: Instr) -> list[frozenset[Constant]]:
    return [facts.constants(unit, arg) for arg in compare.args]


def _is_handed_on(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a value is compared with another, or given to something that may verify it."""
    same = {step.dst}
    for instr in facts.instructions(unit):
        if same.isdisjoint(instr.args):
            continue
        if instr.op == "compare":
            sides = [facts.constants(unit, arg) for arg in instr.args]
            if not any(side and not any(side) for side in sides):
                return True
        elif instr.op in _KEEPING:
            if instr.op != "setcell" or is_loaded(facts.units, instr):
                return True
        elif instr.op in ("call", "method") and not prepares(facts, unit, instr):
            return True
        elif instr.op not in ("branch", "unary"):
            same.add(instr.dst)
    return False


def unverified_parameters(facts: Facts, unit: Unit) -> Iterator[Defect]:
    params = (*unit.params.positional, *unit.params.kwonly)
    if {name.lower() for name in params} & _OTHERWISE:
        return
    for name in params:
        if _is_signature(facts, name) and len(params) > 1:
            found = results(facts, unit)
            if found and not _is_kept(facts, unit, name) and not _is_verified(facts, unit, name, found):
                # Without cryptography or a request, the signature may be that of a function or under a letter.
                is_vague = not facts.shared(_imports_cryptography) and not _answers_requests(facts, unit)
                yield Defect(found[0], f"{unit.name}() answers whatever `{name}` is", is_disputed=is_vague)
                return


def _imports_cryptography(facts: Facts) -> bool:
    return any(str(instr.extra).partition(".")[0] in _CRYPTOGRAPHY for _, instr in facts.steps("import"))


def _answers_requests(facts: Facts, unit: Unit) -> bool:
    return any(endpoint.unit is unit for endpoint in app_of(facts).endpoints)


def _is_signature(facts: Facts, name: str) -> bool:
    """Whether a name says so; `sig` alone is a signal in a program that sends some."""
    found = words(name) & SIGNATURE_WORDS
    return bool(found) and not (found == {"sig"} and facts.shared(_has_signals))


def _has_signals(facts: Facts) -> bool:
    signals = modules_of(Role.SIGNALS)
    return any(str(instr.extra).partition(".")[0] in signals for _, instr in facts.steps("import"))


def _is_kept(facts: Facts, unit: Unit, name: str) -> bool:
    """Whether the signature is stored, returned, or given to something that may verify it for all we know."""
    tainted: set[int] = set()
    for instr in facts.instructions(unit):
        if instr.op == "param" and instr.extra == name:
            tainted.add(instr.dst)
        elif instr.op == "return" and instr.args[0] in tainted:
            return True
        elif instr.op != "return" and not tainted.isdisjoint(instr.args):
            if instr.op in ("setattr", "setsub", "yield", "setcell"):
                return True
            if instr.op == "add":
                tainted.add(instr.args[0])
            if instr.op in ("call", "method") and not prepares(facts, unit, instr):
                if not facts.called(instr) and not _answers(facts, unit, instr):
                    return True
                continue
            if instr.op not in ("compare", "branch", "unary"):
                tainted.add(instr.dst)
    return False


def _answers(facts: Facts, unit: Unit, instr: Instr) -> bool:
    return bool(facts.library_names(unit, instr) & answering())


def _is_verified(facts: Facts, unit: Unit, name: str, found: list[Instr]) -> bool:
    """Whether a comparison of the signature with something else decides which result there is."""

    def compares(atom: Atom, reads: Reads) -> bool:
        if name not in reads.params or facts.is_existence_test(atom):
            return False
        if atom.op in ("Eq", "NotEq", "In", "NotIn"):
            return _is_comparison(facts, atom, reads)
        return atom.op == "call" and not prepares(facts, atom.unit, atom.instr)

    for result in found:
        same = facts.constants(unit, result.args[0])
        alike = [other for other in found if facts.constants(unit, other.args[0]) == same]
        if facts.is_prevented(unit, result, alike, compares):
            return True
        if any(_compares_value(facts, unit, instr, name) for instr in facts.definitions(unit, result.args[0])):
            return True
    return False


def _compares_value(facts: Facts, unit: Unit, instr: Instr, name: str) -> bool:
    """Whether the result itself is the outcome of a comparison with the signature (``return a == signature``)."""
    if instr.op not in ("compare", "call", "method") or name not in facts.reads(unit, instr.dst).params:
        return False
    return instr.op == "compare" or not prepares(facts, unit, instr)


def _is_comparison(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """Whether the signature itself is compared, with something that is not empty."""
    if reads.calls & {"builtins.len", "builtins.type", "builtins.isinstance"}:
        return False
    sides = [facts.constants(atom.unit, operand) for operand in atom.operands]
    return not any(side and not any(side) for side in sides)
