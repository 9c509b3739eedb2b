"""What a hash is for, as far as the names around it tell (CWE-327).

For the name of a file, the key of a cache or an ETag, it does no harm that somebody can find two texts with the same
MD5 or SHA-1 (RFC 6151, 2; RFC 6194, 3): only what protects something needs more. Weak evidence, for the confidence.
"""

from __future__ import annotations

import ast

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.ir.instructions import Unit
from real.detector.vocabulary import (
    AUTHENTICATION_WORDS,
    KEY_WORDS,
    PROVING_WORDS,
    SECRET_WORDS,
    SIGNATURE_WORDS,
    words,
)

# Without what any hash is called, and the keys of caches and mappings.
_PROTECTED = (SECRET_WORDS | KEY_WORDS | SIGNATURE_WORDS | AUTHENTICATION_WORDS | PROVING_WORDS) - {
    *("hash", "digest", "key", "keys")
}


def protects(facts: Facts, site: CallSite) -> bool:
    """Whether a name in the function, of it, or in what is hashed speaks of secrets, signatures or proofs."""
    found = {name for arg in site.instr.args for name in facts.reads(site.unit, arg).words}
    return any(words(name) & _PROTECTED for name in (*found, *_names(site.unit)))


def _names(unit: Unit) -> set[str]:
    found = {unit.name, *unit.params.names}
    if unit.parent is not None and unit.parent.kind == "class":
        found.add(unit.parent.name)
    for node in ast.walk(unit.node) if isinstance(unit.node, ast.AST) else ():
        found.add(getattr(node, "id", "") or getattr(node, "attr", "") or getattr(node, "arg", "") or "")
    return found
