"""What is known about markup: the elements of HTML, and what escapes data for it (CWE-79, CWE-74)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate

from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.concepts.characters import every_character_is_harmless
from real.detector.concepts.removal import is_removed
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.models import kinds
from real.detector.models.catalogue import sanitizing

# Elements of HTML, as the standard lists them, with those that browsers still know.
_ELEMENTS = (
    "a|abbr|acronym|address|area|article|aside|audio|b|base|bdi|bdo|big|blockquote|body|br|button|canvas|caption|center|"
    "cite|code|col|colgroup|datalist|dd|del|details|dfn|dialog|div|dl|dt|em|embed|fieldset|figcaption|figure|font|"
    "footer|form|frame|frameset|h[1-6]|head|header|hgroup|hr|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|"
    "map|mark|marquee|math|menu|meta|meter|nav|noscript|object|ol|optgroup|option|output|p|param|picture|pre|progress|q|"
    "s|samp|script|section|select|slot|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|"
    "template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr"
)
# An opening or closing tag of HTML.
HTML_TAG = rf"(?i)<(?:!doctype\s|/?(?:{_ELEMENTS})(?:[\s>/]|$))"
PAGE = re.compile(HTML_TAG)
# An opening or closing tag of any XML: a name, then attributes or the end of the tag.
ANY_TAG = r"<(?:/?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>|\?xml\s)"
# Text without these opens no tag and ends no quoted attribute.
MARKUP = Charset(dangerous="<\"'")

# An attribute that is still open where a piece of text ends: a quote ends it.
_OPEN_ATTRIBUTE = re.compile(r"<[^<>]*=\s*[\"']?[^<>\"']*$")
# The same of one without quotes: a blank ends it as well (HTML standard, 13.1.2.3).
UNQUOTED = r"<[a-z][^<>]*\s[\w-]+\s*=\s*[^\s<>\"'=]*$"
_UNQUOTED = re.compile(UNQUOTED, re.I)
_BLANKS = " \t\n\f\r>"

# They replace < and & (and most of them quotes) by entities, or remove the tags that are not allowed.
ESCAPERS = sanitizing(*kinds.MARKUP)


def is_neutral_markup(facts: Facts, flow: Flow) -> bool:
    """Whether tests or replacements keep out of the data what begins a tag or ends the attribute that it is in."""
    places = [place for operand in flow.operands for place in _places(facts, flow, operand)]
    meant = Charset(dangerous="".join({*MARKUP.dangerous, *(char for before, _ in places for char in _meant(before))}))
    if every_character_is_harmless(facts, flow, meant):
        return True
    return every(is_removed(facts, flow.unit, part, _meant(before), at=flow.instr) for before, part in places)


def _places(facts: Facts, flow: Flow, operand: int) -> list[tuple[list[str], int]]:
    """The outside parts of a text, each with the text before it; with all literals if their order is not known."""
    pieces = ordered_pieces(facts, flow.unit, operand)
    if len(pieces) < 2:
        return [(facts.pieces(flow.unit, operand).literals, operand)]
    befores = accumulate(piece if isinstance(piece, str) else "x" for piece in pieces)
    return [
        ([before.removesuffix("x")], piece)
        for before, piece in zip(befores, pieces, strict=True)
        if isinstance(piece, int) and facts.is_untrusted(facts.value(flow.unit, piece))
    ]


def _meant(before: Iterable[str]) -> str:
    """The characters that mean something behind such a text."""
    is_unquoted = any(_UNQUOTED.search(text) for text in before)
    in_attribute = is_unquoted or any(_OPEN_ATTRIBUTE.search(text) for text in before)
    return (MARKUP.dangerous if in_attribute else "<") + (_BLANKS if is_unquoted else "")
