"""What is asked of a list: the signature, the request in words, and the body in two ways of writing it.

A pattern has several variants (above, below, …), which differ in the ``fields`` that fill its templates. The wrong
answers to a variant are the bodies of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Fields = Mapping[str, str]

COMPARED: Mapping[str, Fields] = {
    "above": {"op": ">", "words": "above"},
    "below": {"op": "<", "words": "below"},
    "at_least": {"op": ">=", "words": "at least as high as"},
    "at_most": {"op": "<=", "words": "at most as high as"},
}
SPELLED: Mapping[str, Fields] = {
    "starting": {"test": "{item}.startswith(text)", "words": "that start with the text"},
    "ending": {"test": "{item}.endswith(text)", "words": "that end with the text"},
    "holding": {"test": "text in {item}", "words": "that contain the text"},
}
NUMBERS, WHOLE, TEXT = ("int", "float"), ("int",), ("str",)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of function.

    Templates may use ``{items}``, ``{item}``, ``{T}`` (the items' type) and a variant's fields. ``parameters`` come
    after the list, as (name, type); ``local`` is the type of the variable that a body fills. ``bodies`` are the lines
    of each idiom.
    """

    name: str
    kinds: tuple[str, ...]
    function: str
    parameters: tuple[tuple[str, str], ...]
    returns: str
    request: str
    variants: Mapping[str, Fields]
    bodies: Mapping[str, tuple[str, ...]]
    local: str = ""


def _listed(item: str, condition: str, source: str = "{item} in {items}") -> dict[str, tuple[str, ...]]:
    """A list of ``item`` for each one that meets the condition: as a comprehension, and in a loop."""
    test = (f"        if {condition}:", f"            found.append({item})")
    return {
        "comprehension": (f"    return [{item} for {source} if {condition}]",),
        "loop": ("    found{local} = []", f"    for {source}:", *test, "    return found"),
    }


def _first(condition: str) -> dict[str, tuple[str, ...]]:
    return {
        "comprehension": (f"    return next(({{item}} for {{item}} in {{items}} if {condition}), None)",),
        "loop": (
            "    for {item} in {items}:",
            f"        if {condition}:",
            "            return {item}",
            "    return None",
        ),
    }


_LIMIT = (("limit", "{T}"),)
_ABOVE = "{item} {op} limit"

PATTERNS = (
    Pattern(
        *("filter", NUMBERS, "{items}_{variant}", _LIMIT, "list[{T}]"),
        "Return the {items} {words} the limit, in their order.",
        COMPARED,
        _listed("{item}", _ABOVE),
        "list[{T}]",
    ),
    Pattern(
        *("count", NUMBERS, "count_{items}_{variant}", _LIMIT, "int"),
        "Return how many {items} are {words} the limit.",
        COMPARED,
        {
            "comprehension": (f"    return sum(1 for {{item}} in {{items}} if {_ABOVE})",),
            "loop": (
                *("    count = 0", "    for {item} in {items}:", f"        if {_ABOVE}:"),
                *("            count += 1", "    return count"),
            ),
        },
    ),
    Pattern(
        *("total", WHOLE, "total_{items}_{variant}", _LIMIT, "int"),
        "Return the sum of the {items} {words} the limit.",
        COMPARED,
        {
            "comprehension": (f"    return sum({{item}} for {{item}} in {{items}} if {_ABOVE})",),
            "loop": (
                *("    total = 0", "    for {item} in {items}:", f"        if {_ABOVE}:"),
                *("            total += {item}", "    return total"),
            ),
        },
    ),
    Pattern(
        *("first", NUMBERS, "first_{item}_{variant}", _LIMIT, "{T} | None"),
        "Return the first of the {items} that is {words} the limit, or None where there is none.",
        COMPARED,
        _first(_ABOVE),
    ),
    Pattern(
        *("places", NUMBERS, "places_of_{items}_{variant}", _LIMIT, "list[int]"),
        "Return the places, counted from 0, of the {items} {words} the limit.",
        COMPARED,
        _listed("place", _ABOVE, "place, {item} in enumerate({items})"),
        "list[int]",
    ),
    Pattern(
        *("change", NUMBERS, "{items}_{variant}", (("amount", "{T}"),), "list[{T}]"),
        "Return all {items}, each {words} the amount.",
        {
            "raised": {"op": "+", "words": "plus"},
            "lowered": {"op": "-", "words": "minus"},
            "scaled": {"op": "*", "words": "times"},
        },
        {
            "comprehension": ("    return [{item} {op} amount for {item} in {items}]",),
            "loop": (
                *("    found{local} = []", "    for {item} in {items}:"),
                *("        found.append({item} {op} amount)", "    return found"),
            ),
        },
        "list[{T}]",
    ),
    Pattern(
        *("range", NUMBERS, "{items}_{variant}", (("low", "{T}"), ("high", "{T}")), "list[{T}]"),
        "Return the {items} between low and high, {words}.",
        {
            "within": {"op": "<=", "words": "both included"},
            "between": {"op": "<", "words": "both excluded"},
        },
        _listed("{item}", "low {op} {item} {op} high"),
        "list[{T}]",
    ),
    Pattern(
        *("top", NUMBERS, "{variant}_{items}", (("size", "int"),), "list[{T}]"),
        "Return as many of the {words} {items} as size says, sorted {order}.",
        {
            "largest": {"down": ", reverse=True", "how": "reverse=True", "words": "largest", "order": "downwards"},
            "smallest": {"down": "", "how": "", "words": "smallest", "order": "upwards"},
        },
        {
            "comprehension": ("    return sorted({items}{down})[:size]",),
            "loop": ("    found = list({items})", "    found.sort({how})", "    return found[:size]"),
        },
    ),
    Pattern(
        *("spelled", TEXT, "{items}_{variant}", (("text", "str"),), "list[str]"),
        "Return the {items} {words}, in their order.",
        SPELLED,
        _listed("{item}", "{test}"),
        "list[str]",
    ),
    Pattern(
        *("first_spelled", TEXT, "first_{item}_{variant}", (("text", "str"),), "str | None"),
        "Return the first of the {items} {words}, or None where there is none.",
        SPELLED,
        _first("{test}"),
    ),
    Pattern(
        *("sized", TEXT, "{items}_{variant}", (("size", "int"),), "list[str]"),
        "Return the {items} with {words} as many letters as size says, in their order.",
        {
            "longer": {"op": ">", "words": "more than"},
            "shorter": {"op": "<", "words": "fewer than"},
            "sized": {"op": "==", "words": "exactly"},
        },
        _listed("{item}", "len({item}) {op} size"),
        "list[str]",
    ),
    Pattern(
        *("measured", TEXT, "{variant}_of_{items}", (), "dict[str, int]"),
        "Return a dictionary from each of the {items} to {words}.",
        {
            "lengths": {"value": "len({item})", "words": "its number of letters"},
            "counts": {"value": "{items}.count({item})", "words": "how often it is in the list"},
        },
        {
            "comprehension": ("    return {{{item}: {value} for {item} in {items}}}",),
            "loop": (
                *("    found{local} = {{}}", "    for {item} in {items}:"),
                *("        found[{item}] = {value}", "    return found"),
            ),
        },
        "dict[str, int]",
    ),
    Pattern(
        *("grouped", TEXT, "{items}_by_{variant}", (), "dict[str, list[str]]"),
        "Return a dictionary from each {words} letter to the {items} that have it, in their order.",
        {
            "initial": {"letter": "{item}[0]", "words": "first"},
            "ending": {"letter": "{item}[-1]", "words": "last"},
        },
        {
            "comprehension": (
                *("    found{local} = {{}}", "    for {item} in {items}:"),
                *("        found.setdefault({letter}, []).append({item})", "    return found"),
            ),
            "loop": (
                *("    found{local} = {{}}", "    for {item} in {items}:"),
                *("        found[{letter}] = [*found.get({letter}, []), {item}]", "    return found"),
            ),
        },
        "dict[str, list[str]]",
    ),
    Pattern(
        *("joined", TEXT, "{variant}_{items}", (("mark", "str"),), "str"),
        "Return the {items} {words} as one text, with the mark between them.",
        {
            "joined": {"order": "{items}", "words": "in their order"},
            "sorted": {"order": "sorted({items})", "words": "in alphabetical order"},
            "reversed": {"order": "reversed({items})", "words": "in reverse order"},
        },
        {
            "comprehension": ("    return mark.join({order})",),
            "loop": (
                *("    found{local} = []", "    for {item} in {order}:"),
                *("        found.append({item})", "    return mark.join(found)"),
            ),
        },
        "list[str]",
    ),
    Pattern(
        *("spelling", TEXT, "{variant}_{items}", (), "list[str]"),
        "Return all {items}, each {words}.",
        {
            "upper": {"new": "{item}.upper()", "words": "in capital letters"},
            "doubled": {"new": "{item} * 2", "words": "written twice"},
            "capital": {"new": "{item}.capitalize()", "words": "with a capital first letter"},
        },
        {
            "comprehension": ("    return [{new} for {item} in {items}]",),
            "loop": (
                "    found{local} = []",
                "    for {item} in {items}:",
                "        found.append({new})",
                "    return found",
            ),
        },
        "list[str]",
    ),
)
