"""Answers by which strangers learn who has an account (CWE-204): a login or a reset that says which part was wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.called_names import called_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import LOG_METHODS, names
from real.detector.vocabulary import STRANGER_WORDS, words

# Words in the names and addresses of functions that anybody may ask who is not known yet.
_STRANGER_PAIRS = [names("log in"), names("sign in"), names("password lost")]
_PERSON = r"(?:user ?names?|users?|accounts?|members?|customers?|(?:e-?)?mail(?: address(?:es)?)?|phone(?: number)?)"
_ABSENT = re.compile(
    rf"(?i)\b(?:no (?:such |known |registered )?{_PERSON}\b"
    rf"|(?:unknown|wrong|invalid|incorrect|unregistered) {_PERSON}\b"
    rf"|{_PERSON}\b[^.]{{0,40}}?\b(?:not found|unknown|(?:does not|doesn't|did not|didn't|not) exist"
    rf"|(?:is not|isn't|not) (?:known|registered|recogni[sz]ed))\b"
    rf"|could(?: not|n't) find [^.]{{0,20}}{_PERSON}\b)"
)
# A text that names both parts, or that holds whether there is an account or not, tells nothing.
_EITHER = re.compile(r"(?i)\b(?:or|and/or|if|whether)\b|/ ?password|password")
_PASSING = frozenset({"assign", "copy", "pi", "pathload", "phi", "build", "fstring", "binop"})
# Errors of HTTP with a text, and the message for the next page.
_HTTP_ERRORS = names("HTTPException HTTPError abort ValidationError AuthenticationFailed NotFound HTTPNotFound flash")


def told_accounts(facts: Facts) -> Iterator[Defect]:
    """``return jsonify(error="no such user"), 404`` in a login."""
    for unit in facts.functions:
        texts = [
            step
            for step in facts.instructions(unit, "const")
            if isinstance(step.extra, str) and _ABSENT.search(step.extra) and not _EITHER.search(step.extra)
        ]
        if not texts or not _is_for_strangers(facts, unit):
            continue
        for text in texts:
            told = _answer(facts, unit, text)
            if told is not None:
                yield Defect(told, "the answer tells strangers whether there is such an account")
                break


def _is_for_strangers(facts: Facts, unit: Unit) -> bool:
    """A login or a reset, by its name, its address or its class."""
    declared = facts.declarations(unit).constants
    found = words(unit.name) | {
        word
        for text in declared
        if isinstance(text, str) and text.startswith("/")
        for word in words(text.replace("-", "_"))
    }
    if unit.is_method and unit.parent is not None:
        found |= words(unit.parent.name)
    if "test" in found or found & {"admin"}:
        return False
    return bool(found & STRANGER_WORDS) or any(pair <= found for pair in _STRANGER_PAIRS)


def _answer(facts: Facts, unit: Unit, text: Instr) -> Instr | None:
    """Where a text is returned, sent or raised as an error of HTTP."""
    same = {text.dst}
    for step in facts.instructions(unit):
        if same.isdisjoint(step.args):
            continue
        if step.op in _PASSING:
            same.add(step.dst)
        elif step.op in ("setsub", "add", "member"):
            same.add(step.args[0])
        elif step.op == "return":
            return step if step.line else text
        elif step.op in ("call", "method"):
            called = called_words(facts, unit, step)
            called |= {callee.name for callee in facts.called(step)} if step.op == "call" else set()
            if called & LOG_METHODS:
                continue
            if called & _HTTP_ERRORS:
                return step
            if facts.library_names(unit, step):
                same.add(step.dst)  # jsonify(), JSONResponse()
    return None
