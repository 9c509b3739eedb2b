"""Queries to Python programs: the same query written safely, or with user input spliced into the SQL text."""

from __future__ import annotations

from dataclasses import dataclass

from real.datasets.build.mini.query import Input, Piece, Query, Slot, pieces

# How the statement is run. All three read the same; they differ in names and in one or two lines.
IDIOMS = ("direct", "query", "cursor")
# How user input gets into the statement.
BIND, CONVERT = "bind", "convert"
UNSAFE_STYLES = ("fstring", "percent", "concat", "format", "double_quoted")


@dataclass(frozen=True, slots=True)
class Style:
    """``splice``: ``bind`` (parameters), ``convert`` (numbers converted, then formatted) or one of UNSAFE_STYLES.

    ``type_error`` adds a defect that only the type checker sees: the program still runs and prints the same.
    """

    idiom: str = "direct"
    splice: str = BIND
    type_error: bool = False

    @property
    def safe(self) -> bool:
        """Whether no user text can reach the SQL."""
        return self.splice in (BIND, CONVERT)


def program(query: Query, style: Style) -> str:
    """A whole script that answers ``query``; ends with a newline."""
    lines = ["import sqlite3", "", f'conn = sqlite3.connect("{query.table}.db")']
    if style.idiom == "cursor":
        lines.append("cur = conn.cursor()")
    for item in query.inputs:
        lines += _read(item, style)
    parts = pieces(query)
    if query.order_input and style.safe:
        parts = [Slot("order", "column") if isinstance(p, Slot) and p.kind == "column" else p for p in parts]
        allowed = next(item.choices for item in query.inputs if item.name == query.order_input)
        lines.append(f"allowed = {{{', '.join(f'{_quoted(c)}: {_quoted(c)}' for c in allowed)}}}")
        lines.append(f"order = allowed[{query.order_input}]")
    lines += _run(*statement(parts, style.splice), style)
    return "\n".join(lines) + "\n    print(*row)\n"


def _read(item: Input, style: Style) -> list[str]:
    if item.kind not in ("int", "float") or not style.safe:
        return [f"{item.name} = input()"]
    if style.type_error:
        return [f"{item.name} = input()", f"{item.name} = {item.kind}({item.name})"]
    return [f"{item.name} = {item.kind}(input())"]


def _run(sql: str, parameters: str, style: Style) -> list[str]:
    # A list without its item type: what MyPy's strict mode calls a missing type argument.
    listed = style.type_error
    if style.idiom == "cursor":
        rows = ["rows: list = cur.fetchall()", "for row in rows:"] if listed else ["for row in cur.fetchall():"]
        return [f"cur.execute({sql}{parameters})", *rows]
    name = "rows: list" if listed else "rows"
    fetch = ".fetchall()" if listed else ""
    if style.idiom == "query":
        return [f"query = {sql}", f"{name} = conn.execute(query{parameters}){fetch}", "for row in rows:"]
    return [f"{name} = conn.execute({sql}{parameters}){fetch}", "for row in rows:"]


def statement(parts: list[Piece], splice: str) -> tuple[str, str]:
    """The SQL expression and the further argument of ``execute``, either of them Python source."""
    if splice == BIND:
        return _bound(parts)
    if splice == "concat":
        return _concatenated(parts), ""
    if splice in ("percent", "format"):
        return _templated(parts, splice), ""
    quote = '"' if splice == "double_quoted" else "'"
    body = "".join(p if isinstance(p, str) else _literal(p, f"{{{p.name}}}", quote) for p in parts)
    return (f"f'{body}'" if splice == "double_quoted" else f'f"{body}"'), ""


def _bound(parts: list[Piece]) -> tuple[str, str]:
    slots = [p for p in parts if isinstance(p, Slot)]
    bound = [_pattern(p) for p in slots if p.kind != "column"]
    text = "".join(p if isinstance(p, str) else f"{{{p.name}}}" if p.kind == "column" else "?" for p in parts)
    prefix = "f" if any(p.kind == "column" for p in slots) else ""
    return f'{prefix}"{text}"', f", ({', '.join(bound)}{',' if len(bound) == 1 else ''})"


def _pattern(slot: Slot) -> str:
    """The bound value: the variable, with the wildcards of a LIKE pattern around it."""
    return " + ".join(part for part in (slot.before and '"%"', slot.name, slot.after and '"%"') if part)


def _concatenated(parts: list[Piece]) -> str:
    source: list[str] = []
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
        else:
            quote = "'" if part.kind == "text" else ""
            source += [_quoted(text + quote + part.before), part.name]
            text = part.after + quote
    return " + ".join([*source, _quoted(text)] if text else source)


def _templated(parts: list[Piece], splice: str) -> str:
    mark = "%s" if splice == "percent" else "{}"
    text = "".join(p if isinstance(p, str) else _literal(p, mark, "'", percent=splice == "percent") for p in parts)
    names = [p.name for p in parts if isinstance(p, Slot)]
    if splice == "format":
        return f'"{text}".format({", ".join(names)})'
    return f'"{text}" % ' + (names[0] if len(names) == 1 else f"({', '.join(names)})")


def _literal(slot: Slot, mark: str, quote: str, *, percent: bool = False) -> str:
    """An SQL literal with ``mark`` in place of the value; wildcards are doubled where % formats."""
    before, after = (s.replace("%", "%%") if percent else s for s in (slot.before, slot.after))
    return f"{quote}{before}{mark}{after}{quote}" if slot.kind == "text" else mark


def _quoted(text: str) -> str:
    return f'"{text}"'
