"""Where in a page data is put: what is escaped for the text of an element may still do harm elsewhere (CWE-79).

OWASP's cheat sheet names the places: an address that may begin with ``javascript:``, the inside of a script, an
attribute without quotes, and an attribute with quotes that the escaping leaves alone.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.concepts.markup import ESCAPERS, UNQUOTED
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._unseen_escapers import is_unseen_escaper
from real.detector.vocabulary import words

_ADDRESS = re.compile(
    r"<(?:a|area|form|iframe|embed|object|button|input|base)\s[^<>]*\b(?:href|src|action|formaction|data)\s*=\s*[\"']?$",
    re.I,
)
_QUOTED = re.compile(r"<[a-z][^<>]*\s[\w-]+=(?:\"[^\"<>]*|'[^'<>]*)$", re.I)
_PLACES = (
    (
        re.compile(r"<script\b[^<>]*>(?:(?!</script)[^\"'`])*$", re.I),
        "what is escaped for HTML is still code inside a script",
    ),
    (
        re.compile(UNQUOTED, re.I),
        "an attribute without quotes ends at a blank, which is not escaped",
    ),
    (
        re.compile(
            r"<[a-z][^<>]*\s(?:on\w+\s*=\s*(?:\"[^\"<>]*|'[^'<>]*)|[\w-]+\s*=\s*[\"']?\s*javascript:[^<>]*)$", re.I
        ),
        "the browser undoes the escaping before it runs the code in an attribute",
    ),
)
_SCRIPT = re.compile(r"<script\b[^<>]*>((?:(?!</script).)*)$", re.I | re.S)
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`")
_FORMATS = calls_of(Role.FORMATS_HTML).keys()
# What escapes for the text of an element, but for the quotes of an attribute only if the program writes them.
_ESCAPERS = ESCAPERS - calls_of(Role.ENCODES_OTHERWISE).keys() - calls_of(Role.WRITES_QUOTES).keys()
_SITES = names("homepage site website")
_TRIMMING = names("strip lstrip rstrip")
_SCHEMES = ("http", "/", "https", "mailto")
_FIELD = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[sdr]")


def misplaced(facts: Facts) -> Iterator[Defect]:
    """Data that is escaped, but for another place than where it stands."""
    for unit, step in facts.steps():
        for before, operand in _parts(facts, unit, step):
            why = _harm(facts, unit, step, before, operand)
            if why is not None:
                yield Defect(step, why)
                break


def _parts(facts: Facts, unit: Unit, step: Instr) -> Iterator[tuple[str, int]]:
    """The operands of a text with the literal text before each of them."""
    if step.op == "fstring" and step.line:
        operands = iter(step.args)
        before = ""
        for piece in step.extra:
            if piece is None:
                yield before, next(operands)
                before += "x"
            else:
                before += str(piece)
    elif step.op in ("binop", "inplace") and step.extra == "Add":
        yield from _added(facts, unit, step)
    elif step.op == "method" and step.extra[0] == "format":
        yield from _format_fields(facts.constants(unit, step.args[0]), step, 1)
    elif step.op in ("call", "method") and facts.library_names(unit, step) & _FORMATS and len(step.args) > 1:
        yield from _format_fields(facts.constants(unit, step.args[1]), step, 2)
    elif step.op == "binop" and step.extra == "Mod":
        text = next((c for c in facts.constants(unit, step.args[0]) if isinstance(c, str)), None)
        made = definition(unit, step.args[1]) if text is not None else None
        if text is not None and "<" in text:
            many = made is not None and made.op == "build" and made.extra[0] == "tuple"
            operands = iter(made.args if many and made is not None else [step.args[1]])
            for match, operand in zip(_FIELD.finditer(text), operands, strict=False):
                yield text[: match.start()], operand


def _added(facts: Facts, unit: Unit, step: Instr) -> Iterator[tuple[str, int]]:
    """``"<p>" + text + "</p>"``, where this is the last of the additions."""
    if any(other.extra == "Add" and step.dst in other.args for other in facts.instructions(unit, "binop", "inplace")):
        return
    before = ""
    for piece in ordered_pieces(facts, unit, step.dst):
        if isinstance(piece, int):
            yield before, piece
        before += "x" if isinstance(piece, int) else piece


def _format_fields(texts: frozenset[object], step: Instr, first: int) -> Iterator[tuple[str, int]]:
    """The positional fields of a format string."""
    text = next((c for c in texts if isinstance(c, str) and "<" in c), None)
    if text is None:
        return
    before, position = "", 0
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return
    for literal, name, _, _ in fields:
        before += literal
        if name is None:
            continue
        index = int(name) if name.isdigit() else position
        position += 1
        if (
            (name.isdigit() or not name)
            and first + index < len(step.args)
            and isinstance(step.args[first + index], int)
        ):
            yield before, step.args[first + index]
        before += "x"


def _harm(facts: Facts, unit: Unit, step: Instr, before: str, operand: int) -> str | None:
    if "<" not in before:
        return None
    made = definition(unit, operand)
    escaped = made is not None and made.op in ("call", "method") and bool(facts.library_names(unit, made) & _ESCAPERS)
    escaped = escaped or is_unseen_escaper(facts, unit, made)
    is_format = step.op in ("call", "method") and bool(facts.library_names(unit, step) & _FORMATS)
    if not escaped and not is_format:
        return None  # what is not escaped at all is found by its flow
    inner = (
        operand if not escaped or made is None else made.args[-1 if made.op == "call" and len(made.args) == 2 else 1]
    )
    if not isinstance(inner, int) or not facts.is_untrusted(facts.value(unit, inner)):
        return None
    if _ADDRESS.search(before):
        open_to_all = _is_given_address(facts, unit, inner) and not _tests_scheme(facts, unit)
        return "an address from outside may begin with javascript:" if open_to_all else None
    keeps = made is not None and escaped and _keeps_quotes(facts, unit, made)
    return next((why for place, why in _PLACES if place.search(before)), None) or (
        "a quote, which is not escaped, ends the attribute" if keeps and _QUOTED.search(before) else None
    )


def harm_of_place(facts: Facts, unit: Unit, before: str, operand: int | None, key: str) -> str | None:
    """What harm escaped data does behind the text ``before`` of a template; ``key`` is what the data is read from.

    ``operand`` is what is passed to the template, where it is passed as a whole.
    """
    if _ADDRESS.search(before):
        given = _is_given_address(facts, unit, operand) if operand is not None else bool(words(key) & _SITES)
        if given and not _tests_scheme(facts, unit):
            return "an address from outside may begin with javascript:"
    script = _SCRIPT.search(before)
    if script is not None:
        inside = _STRING.sub("", script.group(1))
        return None if set(inside) & set("\"'`") else _PLACES[0][1]
    return next((why for place, why in _PLACES[1:] if place.search(before)), None)


def _keeps_quotes(facts: Facts, unit: Unit, made: Instr) -> bool:
    called = facts.library_names(unit, made)
    quote = [facts.constants(unit, arg) for arg in made.args[2:]]
    if called & calls_of(Role.KEEPS_QUOTES).keys():
        return not quote
    return bool(called & calls_of(Role.TOLD_QUOTES).keys()) and bool(quote) and quote[0] == {False}


def _tests_scheme(facts: Facts, unit: Unit) -> bool:
    """Whether a branch of the function asks how an address begins."""

    def asks(atom: Atom, reads: Reads) -> bool:
        if "scheme" in reads.attributes | reads.keys:
            return True
        texts = {str(text).lower() for text in reads.constants}
        begins = atom.instr.op == "method" and atom.instr.extra[0] == "startswith"
        return begins and any(text.startswith(_SCHEMES) for text in texts)

    return any(
        asks(atom, facts.atom_reads(atom))
        for step in facts.instructions(unit, "branch")
        for atom in facts.atoms(unit, step.args[0])
    )


def _is_given_address(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a text is, as it is, what somebody has entered as the address of a site.

    What a call has made is none, and neither is the attribute ``url``, by which frameworks say where a file is.
    """
    made = definition(unit, operand)
    while made is not None and made.op == "method" and made.extra[0] in _TRIMMING:
        made = definition(unit, made.args[0])
    if made is None:
        return False
    if made.op == "attr":
        return bool(words(str(made.extra)) & _SITES)
    keys = {str(made.extra)} if made.op == "param" else set()
    if made.op == "sub" or (made.op == "method" and made.extra[0] == "get" and len(made.args) > 1):
        keys = {str(key) for key in facts.constants(unit, made.args[1])}
    return any(words(key) & (_SITES | {"url", "uri"}) for key in keys)
