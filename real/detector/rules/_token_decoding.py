"""Tokens that are decoded with their verification switched off, or by what they say themselves (CWE-347)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import called_words
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.concepts.removal import PARTS
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._self_verified import key_of_token
from real.detector.rules._trust import (
    is_given_something,
)

_DECODINGS = names("b64decode urlsafe_b64decode standard_b64decode base64url_decode")
_ASYMMETRIC = frozenset({"RS", "ES", "PS", "Ed"})


def is_switched_off(facts: Facts, site: CallSite) -> str | None:
    if site.constants(None, "verify") == {False} or (site.name == "decode" and False in site.constants(2, None)):
        return "verify=False accepts every signature"
    options = site.argument(None, "options")
    for obj in options.objs if options is not None else ():
        for name in ("verify_signature", "verify"):
            value = obj.fields.get(name)
            if value is not None and value.consts and not any(value.consts):
                return f'the option "{name}" accepts every signature'
    return _is_confused(facts, site) or key_of_token(facts, site)


def _is_confused(facts: Facts, site: CallSite) -> str | None:
    """Why the token itself may choose how it is verified."""
    algorithms = site.argument(2, "algorithms")
    if algorithms is not None and any(
        isinstance(name, str) and name.lower() == "none" for name in facts.elements(algorithms)
    ):
        return 'the algorithm "none" needs no signature'
    if algorithms is None and site.args.rest is None and len(site.args.pos) + len(site.args.named) > 1:
        return "no list of algorithms: the token says by which one it is to be verified"
    names_known = (
        {name for name in facts.elements(algorithms) if isinstance(name, str)} if algorithms is not None else set()
    )
    if any(name.startswith("HS") for name in names_known) and any(name[:2] in _ASYMMETRIC for name in names_known):
        return "with HMAC beside public keys, the public key is a secret that everybody knows"
    for operand in site.operands((2,), ("algorithms",)) if algorithms is not None else ():
        if facts.reads(site.unit, operand).calls & calls_of(Role.TOKEN_HEADER).keys():
            return "the token itself says by which algorithm it is to be verified"
    return None


def taken_apart(facts: Facts) -> Iterator[Defect]:
    """``json.loads(base64.urlsafe_b64decode(token.split(".")[1]))``: claims that nobody signed for all we know."""
    sites = facts.calls(*calls_of(Role.JSON_PARSER))
    if not sites or any(_mentions_verification(facts, unit, step) for unit, step in facts.steps()):
        return
    for site in sites:
        reads = facts.reads(site.unit, site.instr.args[-1]) if len(site.instr.args) > 1 else Reads()
        decoded = bool(reads.called & _DECODINGS)
        if decoded and reads.calls & PARTS and "." in reads.constants | reads.keys:
            yield Defect(site.instr, "the claims are read from the token, and nothing verifies its signature")


def _mentions_verification(facts: Facts, unit: Unit, step: Instr) -> bool:
    """A call that verifies what was handed in; a function of the program counts by what it does, not by its name."""
    if step.op not in ("call", "method") or facts.called(step):
        return False
    said = any("verify" in name or "digest" in name for name in called_words(facts, unit, step))
    said = said or bool(facts.library_names(unit, step) & calls_of(Role.MAC).keys())
    return said and is_given_something(facts, unit, step)
