"""Tokens that say themselves how they are verified: by which key, by which algorithm, or not at all (RFC 8725, 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import library_words
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.definitions import name_of, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import below, calls_of, last_names, tables
from real.detector.models.kinds import Kind, Role
from real.detector.rules._trust import proves_something
from real.detector.vocabulary import PERSON_KEYS, ROLE_WORDS, words

# Members of a header that are, or lead to, a key (RFC 7515, 4.1).
_KEYS_IN_HEADERS = frozenset({"jwk", "jku", "x5c", "x5u"})
_ALGORITHM = "alg"
# Who somebody is or what they may do, among the fields of a cookie.
_IDENTITY = ROLE_WORDS | PERSON_KEYS - {"id", "member"} | {"email", "owner"}
_DECODINGS = calls_of(Role.JSON_PARSER).keys() | calls_of(Role.PARSER).keys() | tables((Kind.PICKLE,)).calls.keys()


def key_of_token(facts: Facts, site: CallSite) -> str | None:
    """``jwt.decode(token, PyJWK(get_unverified_header(token)["jwk"]).key)``."""
    for operand in site.operands((1,), ("key",)):
        reads = facts.reads(site.unit, operand)
        if reads.calls & calls_of(Role.TOKEN_HEADER).keys() and (reads.keys | reads.constants) & _KEYS_IN_HEADERS:
            return "the token itself brings the key by which it is verified"
    return None


def own_verifications(facts: Facts) -> Iterator[Defect]:
    """Verifications that the program writes itself, as far as they follow what the token says."""
    for unit in facts.functions:
        steps = list(facts.instructions(unit))
        if any(step.op == "const" and step.extra == _ALGORITHM for step in steps):
            yield from _confused(facts, unit, steps)
            yield from _none_accepted(facts, unit, steps)
        yield from _cookies(facts, unit, steps)


def _confused(facts: Facts, unit: Unit, steps: list[Instr]) -> Iterator[Defect]:
    """One key for HMAC and for a public-key signature, and the header says which of them it is to be."""
    macs = {key: step for step in steps for key in _mac_keys(facts, unit, step)}
    shared = [step for key, step in macs.items() if key in {k for s in steps for k in _public_keys(facts, unit, s)}]
    if shared:
        yield Defect(shared[0], "the token chooses HMAC, for which the public key is no secret")
        return
    for step in steps:
        called = facts.called(step) if step.op in ("call", "method") else []
        if len(called) < 2 or not step.line:
            continue
        as_mac, as_public = set(), set()
        for callee in called:
            positions = {name: index for index, name in enumerate(callee.params.positional)}
            inner = list(facts.instructions(callee))
            as_mac |= {positions[key] for s in inner for key in _mac_keys(facts, callee, s) if key in positions}
            as_public |= {positions[key] for s in inner for key in _public_keys(facts, callee, s) if key in positions}
        if as_mac & as_public:
            yield Defect(step, "the token chooses HMAC, for which the public key is no secret")
            return


def _mac_keys(facts: Facts, unit: Unit, step: Instr) -> set[str]:
    if (
        step.op not in ("call", "method")
        or not facts.library_names(unit, step) & calls_of(Role.MAC).keys()
        or len(step.args) < 2
    ):
        return set()
    return _named(unit, step.args[1])


def _public_keys(facts: Facts, unit: Unit, step: Instr) -> set[str]:
    if step.op not in ("call", "method") or len(step.args) < 2 or not isinstance(step.args[1], int):
        return set()
    return (
        _named(unit, step.args[1])
        if library_words(facts, unit, step) & last_names(Role.PUBLIC_KEY, Role.CERTIFICATE)
        else set()
    )


def _named(unit: Unit, operand: int) -> set[str]:
    """The parameter, attribute or name that a key is, also encoded."""
    made = unit.defs[root(unit, operand)]
    while made is not None and made.op == "method" and made.extra[0] in ("encode", "strip"):
        made = unit.defs[root(unit, made.args[0])]
    return {name_of(made)} - {""}


def _none_accepted(facts: Facts, unit: Unit, steps: list[Instr]) -> Iterator[Defect]:
    """``if header["alg"] == "none": return claims``."""
    for step in steps:
        if step.op != "return" or not step.line or not _says_something(facts, unit, step):
            continue
        for atom in facts.controlling_tests(unit, step):
            if atom.op != "Eq" or atom.sense is None:
                continue
            constants = {str(c).lower() for arg in atom.operands for c in facts.constants(atom.unit, arg)}
            if "none" in constants and _ALGORITHM in facts.atom_reads(atom).keys:
                yield Defect(step, 'a token that says "none" is taken without a signature')
                return


def _says_something(facts: Facts, unit: Unit, step: Instr) -> bool:
    constants = facts.constants(unit, step.args[0])
    return not constants or any(constants)


def _cookies(facts: Facts, unit: Unit, steps: list[Instr]) -> Iterator[Defect]:
    """``json.loads(b64decode(request.cookies["session"]))["user"]`` in a program that verifies nothing."""
    for step in steps:
        is_read = step.op == "sub" or (step.op == "method" and step.extra[0] == "get")
        if not is_read or len(step.args) < 2:
            continue
        keys = {str(key) for key in facts.constants(unit, step.args[1])}
        if not any(words(key) & _IDENTITY for key in keys):
            continue
        reads = facts.reads(unit, step.args[0])
        decoded = reads.calls & _DECODINGS or any(call.startswith(below(Role.ENCODING)) for call in reads.calls)
        cookies = reads.attributes & {"cookies", "COOKIES"} or "get_cookie" in reads.calls
        if cookies and decoded and not proves_something(facts):
            yield Defect(step, "the cookie says who somebody is, and nothing verifies that it is ours")
            return
