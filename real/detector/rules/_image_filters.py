"""Filters of script addresses that let images pass, which may hold scripts (CWE-74)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.charsets import parse_pattern
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import tables
from real.detector.models.kinds import Kind

MATCHING = tables((Kind.REGEX,)).calls
_IMAGE = "data:image/"


def image_addresses(facts: Facts) -> Iterator[Defect]:
    """A filter of script addresses that lets every `data:image/` pass: an SVG image holds scripts (CVE-2021-43818)."""
    sites = [(site, text) for site in facts.calls(*MATCHING) for text in site.constants(0, "pattern")]
    texts = [text.lower() for _, text in sites if isinstance(text, str)]
    if not any("javascript" in text for text in texts) or any(_excludes_svg(facts, unit) for unit in facts.units):
        return
    for site, text in sites:
        if isinstance(text, str) and _is_any_image(text):
            yield Defect(site.instr, "whatever calls itself an image passes, SVG with scripts too")
            break


def _excludes_svg(facts: Facts, unit: Unit) -> bool:
    return any(
        instr.op == "const" and isinstance(instr.extra, str) and "svg" in instr.extra.lower()
        for instr in facts.instructions(unit)
    )


def _is_any_image(pattern: str) -> bool:
    """Whether a pattern begins with `data:image/` and goes on with a repetition of any characters."""
    items = list(parse_pattern(pattern) or ())
    if items and str(items[0][0]) == "AT":
        del items[0]
    start = "".join(chr(arg) for op, arg in items[: len(_IMAGE)] if str(op) == "LITERAL")
    following = items[len(_IMAGE) :][:1]
    while following and str(following[0][0]) == "SUBPATTERN":
        following = list(following[0][1][3])[:1]
    return (
        start.lower() == _IMAGE
        and bool(following)
        and str(following[0][0]) in ("MAX_REPEAT", "MIN_REPEAT")
        and str(following[0][1][2][0][0]) == "ANY"
    )
