"""Format strings: which arguments can put text, rather than a number, into the result."""

from __future__ import annotations

import re
import string

NUMERIC_TYPES = frozenset("bdoxXneEfFgG%")
_PERCENT = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?[-#0 +]*(?P<star>\*)?\d*(?:\.(?P<star2>\*|\d+))?[hlL]?(?P<type>.)", re.DOTALL
)


def untrusted_parts(template: object, count: int, names: tuple[str, ...]) -> list[int | str] | None:
    """Which arguments of ``template.format(...)`` may appear as text; ``None``: cannot tell."""
    if not isinstance(template, str):
        return None
    wanted: list[int | str] = []
    automatic = 0
    try:
        for _, name, spec, conversion in string.Formatter().parse(template):
            if name is None:
                continue
            head = re.split(r"[.\[]", name)[0]
            if head == "":
                key: int | str = automatic
                automatic += 1
            else:
                key = int(head) if head.isdigit() else head
            if "{" in (spec or ""):
                return None
            numeric = spec and spec[-1] in NUMERIC_TYPES and not conversion
            known = key < count if isinstance(key, int) else key in names
            if not known:
                return None
            if not numeric:
                wanted.append(key)
    except ValueError:
        return None
    return wanted


def percent_parts(template: object) -> list[int | str] | None:
    """Which arguments of ``template % ...`` may appear as text, by position or key; ``None``: cannot tell."""
    if not isinstance(template, str):
        return None
    wanted: list[int | str] = []
    position = 0
    for match in _PERCENT.finditer(template):
        if match["type"] == "%":
            continue
        if match["star"] or match["star2"] == "*":
            return None
        key: int | str = match["key"] if match["key"] is not None else position
        position += 1
        if match["type"] not in "diouxXeEfFgG":
            wanted.append(key)
    return wanted
