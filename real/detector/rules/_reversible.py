"""Keys that can be computed from what they make: a secret key as the salt of an encoding of numbers (CWE-327).

Hashids is no cipher: hashids.org says not to use it for what must stay secret, and the salt is found from a few results
(carnage.github.io, "Cryptanalysis of hashids"). Where the salt is the key that signs sessions, these can be forged.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.when import Arg
from real.detector.vocabulary import SECRET_KEYS, words


def reversible_keys(facts: Facts) -> Iterator[Defect]:
    """``Hashids(salt=app.config["SECRET_KEY"])``."""
    for site, row in facts.tabled(calls_of(Role.REVERSIBLE)):
        (salt,) = row.arguments
        if site.argument(salt.position, salt.name) is not None and _is_key(facts, site, salt):
            yield Defect(site.instr, "the key that protects other things can be computed from the results")


def _is_key(facts: Facts, site: CallSite, salt: Arg) -> bool:
    for operand in site.operands(salt.positions, salt.names)[:1]:
        reads = facts.reads(site.unit, operand)
        texts = {str(text) for text in (*reads.keys, *reads.constants) if isinstance(text, str) and text.isidentifier()}
        for name in {*reads.params, *reads.names, *reads.attributes, *texts}:
            if SECRET_KEYS.said_by(words(name)):
                return True
    return False
