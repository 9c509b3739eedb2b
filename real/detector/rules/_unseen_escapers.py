"""Escaping functions of files that are not seen: their name is weak evidence that their result may stand in a page.

It counts only where the function is elsewhere, is no function of a known library, is the last step before the page, and
where nothing else of the text comes from outside as it is. Another place than the text of an element or an attribute
with quotes is no place for what it returns (``_contexts``).
"""

from __future__ import annotations

import sys
from functools import lru_cache

from real.detector.analysis.facts import Facts
from real.detector.analysis.witness import every
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import STORES, Instr, Unit
from real.detector.models.catalogue import libraries
from real.detector.models.library import names
from real.detector.vocabulary import HTML_ESCAPING, OTHER_READERS, words

_MAX_DEPTH = 8
_STORING = names("append add extend insert appendleft")


def is_html_escaper(name: str) -> bool:
    """Whether a name promises that the result may stand in the text of a page."""
    said = words(name)
    return bool(said & HTML_ESCAPING) and not said & OTHER_READERS


def is_unseen_escaper(facts: Facts, unit: Unit, made: Instr | None) -> bool:
    """Whether an instruction calls an escaping function of a file that is not seen."""
    if made is None or made.op not in ("call", "method") or facts.called(made):
        return False
    paths = facts.library_names(unit, made)
    if paths:
        return every(_is_unseen(path) and is_html_escaper(path.rpartition(".")[2]) for path in paths)
    callee = definition(unit, made.args[0])
    is_undefined = made.op == "call" and callee is not None and callee.op == "builtin"
    return is_undefined and callee is not None and is_html_escaper(str(callee.extra[1]))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """The top-level modules of which something is known."""
    return sys.stdlib_module_names | {library.name for library in libraries()}


def _is_unseen(path: str) -> bool:
    return "()" not in path and path.partition(".")[0] not in _known()


def is_escaped_elsewhere(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> bool:
    """Whether all that a text has from outside was returned by such functions, and put into it as it is."""
    if not facts.is_untrusted(facts.value(unit, operand)):
        return True
    made = definition(unit, operand)
    if made is None or depth > _MAX_DEPTH:
        return False
    if is_unseen_escaper(facts, unit, made):
        return True
    is_text = made.op == "method" and made.extra[0] in ("format", "join")
    if not is_text and made.op not in ("fstring", "phi", "binop", "inplace", "build"):
        return False
    parts = [*made.args, *(_put_into(facts, unit, made) if made.op == "build" else ())]
    outside = [part for part in parts if facts.is_untrusted(facts.value(unit, part))]
    return every(is_escaped_elsewhere(facts, unit, part, depth + 1) for part in outside)


def _put_into(facts: Facts, unit: Unit, made: Instr) -> list[int]:
    """What is put into a container after it has been made."""
    return [
        arg
        for step in facts.instructions(unit)
        if step.op in STORES or (step.op == "method" and step.extra[0] in _STORING)
        if definition(unit, step.args[0]) is made
        for arg in step.args[1:]
    ]
