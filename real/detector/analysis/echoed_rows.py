"""Rows that hold what the same program has just bound: ``SELECT ?``, and tables that are made for the moment.

What other users stored counts as trusted (see ``docs/detector.md``). These rows were not stored: a placeholder among
the selected columns comes back as it is, and a temporary table lives as long as the connection.
"""

from __future__ import annotations

import re

from real.detector.analysis.callsites import Args
from real.detector.analysis.heap import Heap
from real.detector.analysis.values import BOTTOM, NO_OBJS, NUMBER, OTHER, Obj, Value, join, join_all, ordered

RUNNERS = frozenset({"execute", "executemany", "execute_sql", "executescript"})
_FIELD = "rows"  # of a cursor or a result: what its rows hold
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_PLACEHOLDER = re.compile(r"\?|%s|%\(\w+\)s|(?<![:\w]):[A-Za-z_]\w*|\$\d")
_SELECTED = re.compile(r"\s*(?:select|values|insert\b.*\breturning)\b(.*?)(?:\bfrom\b|$)", re.I | re.S)
_TEMPORARY = re.compile(r"\s*create\s+(?:temp|temporary)\s+table\s+(?:if\s+not\s+exists\s+)?[\"'`]?(\w+)", re.I)
_WRITTEN = re.compile(r"\s*(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|update)\s+[\"'`]?(\w+)", re.I)
_READ = re.compile(r"\bfrom\s+[\"'`]?(\w+)", re.I)


def rows_of_statement(heap: Heap, args: Args) -> Value:
    """What the rows of a statement that is run hold of the values bound to it or to others before."""
    texts = args.first().consts
    if not texts or len(texts) > 1:
        return BOTTOM
    (text,) = texts
    if not isinstance(text, str):
        return BOTTOM
    text = _LITERAL.sub("''", text)
    bound = heap.part_of([*args.pos[1:], *args.named.values()])
    made = _TEMPORARY.match(text)
    if made is not None:
        heap.put(_table(heap, made[1]), "temporary", NUMBER)
    written = _WRITTEN.match(text)
    if written is not None and bound.mask:
        heap.put_unknown(_table(heap, written[1]), bound)
    selected = _SELECTED.match(text)
    found = bound if selected is not None and bound.mask and _PLACEHOLDER.search(selected[1]) else BOTTOM
    return join_all([found, *(_kept(heap, name) for name in _READ.findall(text))])


def put_rows(heap: Heap, holders: Value, rows: Value) -> None:
    """A cursor, or what ``execute()`` returned, has these rows to give."""
    for obj in ordered(holders.objs) if rows.mask else ():
        heap.put(obj, _FIELD, Value(rows.mask, rows.why, NO_OBJS, None, OTHER))


def rows_in(heap: Heap, holder: Value) -> Value:
    """What the rows hold that are fetched from a cursor or a result."""
    found = BOTTOM
    for obj in ordered(holder.objs):
        heap.touch(obj)
        found = join(found, obj.fields.get(_FIELD, BOTTOM))
    return found


def _table(heap: Heap, name: str) -> Obj:
    return heap.obj(("table", name.lower()), "cell", name)


def _kept(heap: Heap, name: str) -> Value:
    table = _table(heap, name)
    heap.touch(table)
    return table.elements if "temporary" in table.fields else BOTTOM
