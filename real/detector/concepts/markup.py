"""What is known about markup: the elements of HTML, and what escapes data for it (CWE-79, CWE-74)."""

from __future__ import annotations

import re

from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.concepts.characters import every_character_is_harmless
from real.detector.concepts.removal import is_removed
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

# They replace < and & (and most of them quotes) by entities, or remove the tags that are not allowed.
ESCAPERS = sanitizing(*kinds.MARKUP)


def is_neutral_markup(facts: Facts, flow: Flow) -> bool:
    """Whether tests or replacements keep out of the data what begins a tag or ends the attribute that it is in."""
    if every_character_is_harmless(facts, flow, MARKUP):
        return True
    pieces = [facts.pieces(flow.unit, operand) for operand in flow.operands]
    in_attribute = any(_OPEN_ATTRIBUTE.search(text) for piece in pieces for text in piece.literals)
    characters = MARKUP.dangerous if in_attribute else "<"
    return every(is_removed(facts, flow.unit, operand, characters, at=flow.instr) for operand in flow.operands)
