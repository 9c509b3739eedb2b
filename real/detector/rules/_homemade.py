"""Encryption that is none: exclusive or with a key that is repeated, and encodings that need no key (CWE-327)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import below, calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import ENCRYPTING_WORDS, KEY_WORDS, words

_ENCODINGS = (*below(Role.ENCODING), *calls_of(Role.ENCODING))
_TEXT = names("encode decode strip rstrip replace translate join hex")


def own_ciphers(facts: Facts) -> Iterator[Defect]:
    """``bytes(b ^ key[i % len(key)] for i, b in enumerate(text))``; ``base64.b64encode(password)`` in encrypt()."""
    for unit in facts.functions:
        if not words(unit.name) & ENCRYPTING_WORDS:
            continue
        steps = list(facts.instructions(unit))
        mixing = next((step for step in steps if _mixes_key(facts, unit, step)), None)
        if mixing is not None:
            yield Defect(_placed(steps, mixing), "exclusive or with a key that is repeated is undone without the key")
        elif "encrypt" in words(unit.name):
            encoding = _only_encoding(facts, unit, steps)
            if encoding is not None:
                yield Defect(encoding, "an encoding is no encryption: everybody can undo it")


def _mixes_key(facts: Facts, unit: Unit, step: Instr) -> bool:
    if step.op not in ("binop", "inplace") or step.extra != "BitXor":
        return False
    reads = [facts.reads(unit, arg) for arg in step.args]
    named = {name for read in reads for name in (*read.params, *read.names, *read.attributes)}
    return any(words(name) & KEY_WORDS for name in named)


def _placed(steps: list[Instr], step: Instr) -> Instr:
    return step if step.line else next(other for other in steps if other.line)


def _only_encoding(facts: Facts, unit: Unit, steps: list[Instr]) -> Instr | None:
    """The encoding in a function that calls nothing else."""
    found = None
    for step in steps:
        if step.op == "method" and step.extra[0] in _TEXT and not facts.library_names(unit, step):
            continue
        if step.op not in ("call", "method"):
            continue
        called = facts.library_names(unit, step)
        if not called or not every(name.startswith((*_ENCODINGS, "builtins.")) for name in called):
            return None
        if any(name.startswith(_ENCODINGS) for name in called):
            found = step
    return found
